"""Markers: the short word by which a record is found again in the ticket system, and notes that end with it."""

import uuid
from base64 import b32encode

# What is in the place of what was cut.
SHORTENED = "[Shortened: the whole note is in FlowPilot.]"

_BYTES = 10


def marker_of(step_id: uuid.UUID) -> str:
    """The marker of a posting's step: always the same, and of no other step (its 62 random bits are all in it)."""
    return f"FP-{b32encode(step_id.bytes[-_BYTES:]).decode()}"


def marked(text: str, marker: str, max_chars: int) -> str:
    """A note with its marker as the last line, cut at the end of a line if it would be longer than `max_chars`."""
    room = max_chars - len(marker) - 2
    if len(text) > room:
        kept = text[: room - len(SHORTENED) - 2]
        line_end = kept.rfind("\n")
        text = f"{kept[:line_end] if line_end > len(kept) // 2 else kept}\n\n{SHORTENED}"
    return f"{text}\n\n{marker}"
