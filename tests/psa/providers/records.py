"""Records to write to tickets, each with a marker of its own."""

import itertools
from datetime import UTC, datetime, timedelta

from flowpilot.psa.provider import Audience, Record, WorkTime

STARTED = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
TEXT = 'Checked and found\n- Is it on? Yes\n- Häkchen gesetzt, O\'Brien & <b>Söhne</b> \\ "Büro" 🖨\n\nResolved.'

_numbers = itertools.count(1)


def marker() -> str:
    """A marker that no other record has, in the form that postings use."""
    return f"FP-TEST{next(_numbers):06}"


def note(text: str = TEXT, audience: Audience = Audience.INTERNAL) -> Record:
    """A note with a marker of its own."""
    return Record(marker(), audience, text)


def time(member: str | None, minutes: int = 17) -> Record:
    """Time of one person, with a marker of its own."""
    work = WorkTime(minutes, STARTED, STARTED + timedelta(minutes=minutes), member)
    return Record(marker(), Audience.INTERNAL, time=work)
