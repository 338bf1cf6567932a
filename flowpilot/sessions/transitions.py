"""The one table of what may be done to a session, by its status, and where that leads."""

from enum import StrEnum

from flowpilot.errors import OutdatedError
from flowpilot.sessions.models import SessionStatus


class Verb(StrEnum):
    """Something that may be done to a session."""

    STEP = "step"
    PAUSE = "pause"
    RESUME = "resume"
    RESOLVE = "resolve"
    ABANDON = "abandon"
    RATE = "rate"
    ESCALATE = "escalate"
    CLAIM = "claim"
    RELEASE = "release"
    RETURN = "return"
    PARK = "park"
    TAKE = "take"  # Changes who works on it, so the table below does not have it.


# Done to a session's handoff, through the handoff's own routes.
_OF_HANDOFFS = frozenset({Verb.CLAIM, Verb.RELEASE, Verb.RETURN, Verb.PARK})

_END = {Verb.RESOLVE: SessionStatus.RESOLVED, Verb.ABANDON: SessionStatus.ABANDONED}

MOVES: dict[SessionStatus, dict[Verb, SessionStatus]] = {
    SessionStatus.ACTIVE: {
        Verb.STEP: SessionStatus.ACTIVE,
        Verb.PAUSE: SessionStatus.PAUSED,
        Verb.ESCALATE: SessionStatus.REQUESTING_ESCALATION,
        **_END,
    },
    SessionStatus.PAUSED: {
        Verb.RESUME: SessionStatus.ACTIVE,
        Verb.ESCALATE: SessionStatus.REQUESTING_ESCALATION,
        **_END,
    },
    # Who waits for a senior may go on working, and give the escalation up.
    SessionStatus.REQUESTING_ESCALATION: {
        Verb.STEP: SessionStatus.REQUESTING_ESCALATION,
        Verb.CLAIM: SessionStatus.ESCALATED,
        Verb.RETURN: SessionStatus.ACTIVE,
        Verb.PARK: SessionStatus.PAUSED,
        **_END,
    },
    SessionStatus.ESCALATED: {
        Verb.STEP: SessionStatus.ESCALATED,
        Verb.RELEASE: SessionStatus.REQUESTING_ESCALATION,
        Verb.RETURN: SessionStatus.ACTIVE,
        Verb.PARK: SessionStatus.PAUSED,
        **_END,
    },
    SessionStatus.RESOLVED: {Verb.RATE: SessionStatus.RESOLVED},
    SessionStatus.ABANDONED: {Verb.RESUME: SessionStatus.ACTIVE, Verb.RATE: SessionStatus.ABANDONED},
}

OPEN = frozenset(MOVES) - {SessionStatus.RESOLVED, SessionStatus.ABANDONED}


class NotAllowedNowError(OutdatedError):
    """The session's status does not allow it; `allowed` says what it does allow."""


def allowed(status: SessionStatus) -> list[Verb]:
    """What may be done to a session of that status, through the session's own routes."""
    return [verb for verb in MOVES[status] if verb not in _OF_HANDOFFS]


def after(status: SessionStatus, verb: Verb) -> SessionStatus:
    """The status that the verb leads to.

    Raises:
        NotAllowedNowError: a session of that status can not be treated so.
    """
    if verb not in MOVES[status]:
        verbs = allowed(status)
        raise NotAllowedNowError(
            f"The session is {status}, which does not allow: {verb}. Allowed now: {', '.join(verbs)}.",
            session_status=status,
            allowed=verbs,
        )
    return MOVES[status][verb]
