"""What notices and events have stored, read so that one that is damaged is shown without what it no longer says.

One of them must not take the list away, in which all others stand. Pure.
"""

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def as_id(stored: Any) -> uuid.UUID | None:
    """An id; None if there is none, or if it is none."""
    try:
        return None if stored is None else uuid.UUID(str(stored))
    except ValueError:
        return None


def as_moment(stored: Any) -> datetime | None:
    """A moment with its offset; None if there is none, or if it is none."""
    try:
        moment = datetime.fromisoformat(str(stored))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def as_zone(stored: Any) -> ZoneInfo:
    """A time zone; UTC if it is none."""
    try:
        return ZoneInfo(str(stored))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
