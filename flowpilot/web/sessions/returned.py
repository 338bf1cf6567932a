"""Why a session goes on that a senior gave back, or that was resolved: its page says so before all else. Pure."""

from flowpilot.sessions.models import EDITS, MARKS, SessionStatus, StepKind
from flowpilot.sessions.schemas import SessionOut, StatusChangeOut

WITH_A_HANDOFF = frozenset({SessionStatus.REQUESTING_ESCALATION, SessionStatus.ESCALATED})

# Steps that say nothing of what became of it.
SAYS_NOTHING_OF_IT = frozenset({StepKind.NOTE, *MARKS, *EDITS})

# An engineer goes from one to the other as they work: with either, the session is where it came back to.
_IN_WORK = frozenset({SessionStatus.ACTIVE, SessionStatus.PAUSED})


def came_back(session: SessionOut) -> StatusChangeOut | None:
    """How the session came back from a senior or out of the queue, if it is worked on since."""
    return _last_into_work(session, WITH_A_HANDOFF)


def reopened(session: SessionOut) -> StatusChangeOut | None:
    """How the session was reopened, if it is worked on since."""
    return _last_into_work(session, frozenset({SessionStatus.RESOLVED}))


def is_taken_up(session: SessionOut, change: StatusChangeOut) -> bool:
    """Whether something was done after a change that still counts: a note is not enough."""
    kept = set(session.standing)
    done = (one for one in session.steps if one.id in kept and one.kind not in SAYS_NOTHING_OF_IT)
    return any(one.created_at > change.created_at for one in done)


def comes_first(session: SessionOut) -> StatusChangeOut | None:
    """What a senior asked for or was not solved, with a reason, as long as nothing was done about it.

    What the flow advises where it is was known before, so it comes second.
    """
    back = came_back(session)
    asked = back if back is not None and back.from_status == SessionStatus.ESCALATED else reopened(session)
    return asked if asked is not None and asked.reason and not is_taken_up(session, asked) else None


def _last_into_work(session: SessionOut, before: frozenset[SessionStatus]) -> StatusChangeOut | None:
    for change in reversed(session.status_changes):
        if change.from_status not in _IN_WORK or change.to_status not in _IN_WORK:
            is_back = change.from_status in before and change.to_status == SessionStatus.ACTIVE
            return change if is_back else None
    return None
