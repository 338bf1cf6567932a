"""When the texts of a handoff, or of a question, were last said later, corrected or struck. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any


def last_edit(edits: Sequence[Mapping[str, Any]]) -> datetime | None:
    """The moment of the last of what the column `edits` holds; None if nothing was edited."""
    return max((datetime.fromisoformat(one["at"]) for one in edits), default=None)
