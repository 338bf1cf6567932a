"""What a senior asked the engineer back, in the note. Pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flowpilot.sessions.notes.beside import QuestionAndAnswer
from flowpilot.sessions.notes.sections import Section, moment_in


def questions_section(
    asked: Sequence[QuestionAndAnswer], until: datetime, zone: ZoneInfo, since: datetime | None
) -> Section:
    """What was asked until then, each with its answer if there was one, and new since the last note."""
    known = [one for one in asked if one.asked_at <= until]
    new = [one for one in known if since is None or any(since < at <= until for at in one.moments)]
    return Section("Asked back", [], [_line(one, until, zone) for one in new])


def _line(one: QuestionAndAnswer, until: datetime, zone: ZoneInfo) -> str:
    said = f"{one.asked_by or 'A former member'}, {moment_in(zone, one.asked_at)}: {one.question}"
    if one.answer is None or one.answered_at is None or one.answered_at > until:
        return f"{said} (not answered yet)"
    by = f"{one.answered_by or 'A former member'}, {moment_in(zone, one.answered_at)}"
    return f"{said}\n{by}: {one.answer or '(struck)'}"
