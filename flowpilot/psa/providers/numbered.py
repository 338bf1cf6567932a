"""What ticket systems share whose records have numbers: numbers in settings, and ids and times in answers."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field

RecordNumber = Annotated[int, Field(ge=1, le=2_000_000_000)]

ClosedStatusIds = Annotated[
    str,
    Field(
        pattern=r"^\s*\d+(\s*,\s*\d+)*\s*$",
        max_length=200,
        title="Closed statuses",
        description="The numbers of the statuses that count as closed, separated by commas.",
    ),
]


def split_ids(text: str) -> set[str]:
    """The ids that a setting lists."""
    return {part.strip() for part in text.split(",")}


def read_id(value: Any) -> str | None:
    """An id as text; None if there is none, for which 0 and -1 stand, too."""
    return None if value in {None, 0, -1, ""} else str(value)


def read_moment(value: str | None) -> datetime | None:
    """A time, which is UTC whether or not it says so; None for the year 1, which means none."""
    if not value or value.startswith("0001-"):
        return None
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
