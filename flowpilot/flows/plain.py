"""The texts of a flow: plain, trimmed, and of a length that a page can show."""

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from flowpilot.text import with_plain_breaks, without_turns


def _plain(value: Any) -> Any:
    """JSONB and YAML cannot store every control character."""
    if not isinstance(value, str):
        return value
    value = with_plain_breaks(value).strip()
    if any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in value):
        raise ValueError("it contains a control character; remove it")
    return value


PLAIN = BeforeValidator(_plain)
ShortText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(without_turns), PLAIN]
LongText = Annotated[str, Field(min_length=1, max_length=2000), PLAIN]
Help = Annotated[str, Field(max_length=5000), PLAIN]
NodeId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


def folded(label: str) -> str:
    """A label for comparison: without differences of case and spaces."""
    return " ".join(label.split()).casefold()
