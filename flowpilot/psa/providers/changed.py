"""Changes of tickets that a system tells in a sentence, such as: Status changed from "New" to "Done"."""

import re
from collections.abc import Iterator

from flowpilot.psa.history import ChangeKind

_CHANGE = re.compile(
    r"\bfrom\s+(?P<before>\"[^\"]*\"|.*?)\s+to\s+(?P<after>\"[^\"]*\"|.*?)\s*\.?\s*$", re.IGNORECASE
)
_FIELDS = (
    (re.compile(r"\bstatus\b", re.IGNORECASE), ChangeKind.STATUS),
    (re.compile(r"\b(?:owner|primary resource|assigned resource)\b", re.IGNORECASE), ChangeKind.OWNER),
    (re.compile(r"\b(?:board|queue)\b", re.IGNORECASE), ChangeKind.BOARD),
)

StatedChange = tuple[ChangeKind, str | None, str | None]


def changes_told(text: str, about: str = "") -> Iterator[StatedChange]:
    """The changes of status, owner and board that a text tells, one a line: what, before and after.

    `about` names the field, if the text itself does not. A sentence of another form tells nothing.
    """
    for line in text.splitlines():
        found = _CHANGE.search(line)
        if found is not None:
            field = f"{about} {line[: found.start()]}"
            kind = next((kind for pattern, kind in _FIELDS if pattern.search(field)), None)
            if kind is not None:
                yield kind, _bare(found["before"]), _bare(found["after"])


def _bare(value: str) -> str | None:
    return value.strip().strip('"').strip() or None
