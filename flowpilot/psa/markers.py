"""Markers: the short word by which a record is found again in the ticket system."""

import uuid
from base64 import b32encode

_BYTES = 10


def marker_of(step_id: uuid.UUID) -> str:
    """The marker of a posting's step: always the same, and of no other step (its 62 random bits are all in it)."""
    return f"FP-{b32encode(step_id.bytes[-_BYTES:]).decode()}"
