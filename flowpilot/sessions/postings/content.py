"""What is posted of a session by itself. Pure; a preview shows the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flowpilot.psa.postings.context import PostingContext
from flowpilot.psa.postings.days import zones_of
from flowpilot.psa.postings.planning import Worked
from flowpilot.sessions.models import SessionStatus, StepKind
from flowpilot.sessions.notes.documentation import Booked, document
from flowpilot.sessions.postings.worked import worked
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.transitions import OPEN

_ONLY_OPEN = frozenset({SessionStatus.ACTIVE, SessionStatus.PAUSED, SessionStatus.ABANDONED})
# Steps that come with a flow, without anybody's doing.
_BY_ITSELF = frozenset({StepKind.FLOW, StepKind.ENTER})


@dataclass(frozen=True, slots=True)
class Content:
    """A note and the time of people, as far as they are new and the account wants them."""

    text: str | None
    worked: Sequence[Worked]


def content(history: SessionHistory, context: PostingContext, until: datetime, timezone: str) -> Content:
    """What is posted at `until`, with the moments in the note as clocks show them in the zone."""
    if _is_untouched(history):
        return Content(text=None, worked=())
    rules, before, zones = context.rules, context.posted, zones_of(context.connection, timezone)
    pieces = worked(history, until, before.seconds, zones) if rules.posts_time else None
    note = _note(history, until, timezone, before.noted_until, pieces) if rules.posts_note else None
    return Content(text=note, worked=pieces or ())


def _is_untouched(history: SessionHistory) -> bool:
    """Whether the session was given up before anybody did anything in it: to have it open is no work."""
    was_only_open = {SessionStatus(change.to_status) for change in history.changes} <= _ONLY_OPEN
    has_steps = any(step.kind not in _BY_ITSELF for step in history.steps)
    return history.session.status == SessionStatus.ABANDONED and was_only_open and not has_steps


def _note(
    history: SessionHistory,
    until: datetime,
    timezone: str,
    noted_until: datetime | None,
    pieces: Sequence[Worked] | None,
) -> str | None:
    """What is new since the last note; None if nothing is. The end of a session that is open would be new."""
    happened = [step.created_at for step in history.steps] + [change.created_at for change in history.changes]
    happened += history.beside.moments
    happened += [until] if history.session.status in OPEN else []
    if noted_until is not None and all(moment <= noted_until for moment in happened):
        return None
    booked = None if pieces is None else [_booked(history, one) for one in pieces]
    return document(history, until, timezone, since=noted_until, booked=booked).text


def _booked(history: SessionHistory, piece: Worked) -> Booked:
    name = None if piece.user_id is None else history.names.get(piece.user_id)
    return Booked(name, piece.minutes, piece.booked[0])
