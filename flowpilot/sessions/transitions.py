"""The one table of what can be done to a session, by its status, and where that leads."""

from enum import StrEnum

from flowpilot.errors import OutdatedError
from flowpilot.sessions.models import SessionStatus


class Action(StrEnum):
    """Something that can be done to a session."""

    STEP = "step"
    PAUSE = "pause"
    RESUME = "resume"
    RESOLVE = "resolve"
    ABANDON = "abandon"
    REOPEN = "reopen"
    RATE = "rate"
    ESCALATE = "escalate"
    CLAIM = "claim"
    RELEASE = "release"
    RETURN = "return"
    PARK = "park"
    TAKE = "take"  # Changes who works on it, so the table below does not have it.
    VERIFY = "verify"  # A fix is applied, and has to prove itself.
    POSTPONE = "postpone"
    CONFIRM = "confirm"
    FAIL = "fail"
    HOLD_AGAIN = "hold_again"  # The same, or taking it back, where it had set aside what a senior holds.
    TAKE_BACK = "take_back"  # The step with the fix that waits, which ends the waiting.
    WAIT_AGAIN = "wait_again"  # It was taken back that a fix did not help.
    MARK = "mark"  # A step with an item or a field, which more people may take.
    NOTE = "note"  # A step with words alone, which more people may take, too.


# Done to a session's handoff, through the handoff's own routes.
_OF_HANDOFFS = frozenset({Action.CLAIM, Action.RELEASE, Action.RETURN, Action.PARK, Action.HOLD_AGAIN})

# Done to a step, through the step's own route.
_OF_STEPS = frozenset({Action.TAKE_BACK, Action.WAIT_AGAIN})

# What can be done once a fix was applied that has to prove itself, and not before.
OF_WAITING = (Action.CONFIRM, Action.FAIL, Action.POSTPONE)

_END = {Action.RESOLVE: SessionStatus.RESOLVED, Action.ABANDON: SessionStatus.ABANDONED}

TRANSITIONS: dict[SessionStatus, dict[Action, SessionStatus]] = {
    SessionStatus.ACTIVE: {
        Action.STEP: SessionStatus.ACTIVE,
        Action.PAUSE: SessionStatus.PAUSED,
        Action.VERIFY: SessionStatus.PAUSED,
        Action.WAIT_AGAIN: SessionStatus.PAUSED,
        Action.ESCALATE: SessionStatus.REQUESTING_ESCALATION,
        **_END,
    },
    SessionStatus.PAUSED: {
        Action.RESUME: SessionStatus.ACTIVE,
        Action.VERIFY: SessionStatus.PAUSED,
        Action.POSTPONE: SessionStatus.PAUSED,
        Action.CONFIRM: SessionStatus.RESOLVED,
        Action.FAIL: SessionStatus.ACTIVE,
        Action.HOLD_AGAIN: SessionStatus.ESCALATED,
        Action.TAKE_BACK: SessionStatus.ACTIVE,
        Action.ESCALATE: SessionStatus.REQUESTING_ESCALATION,
        **_END,
    },
    # Engineers who wait for a senior may go on working, and take the escalation back.
    SessionStatus.REQUESTING_ESCALATION: {
        Action.STEP: SessionStatus.REQUESTING_ESCALATION,
        Action.CLAIM: SessionStatus.ESCALATED,
        Action.RETURN: SessionStatus.ACTIVE,
        Action.PARK: SessionStatus.PAUSED,
        Action.VERIFY: SessionStatus.PAUSED,
        **_END,
    },
    SessionStatus.ESCALATED: {
        Action.STEP: SessionStatus.ESCALATED,
        Action.RELEASE: SessionStatus.REQUESTING_ESCALATION,
        Action.RETURN: SessionStatus.ACTIVE,
        Action.PARK: SessionStatus.PAUSED,
        Action.VERIFY: SessionStatus.PAUSED,
        Action.WAIT_AGAIN: SessionStatus.PAUSED,
        **_END,
    },
    SessionStatus.RESOLVED: {Action.REOPEN: SessionStatus.ACTIVE, Action.RATE: SessionStatus.RESOLVED},
    SessionStatus.ABANDONED: {Action.RESUME: SessionStatus.ACTIVE, Action.RATE: SessionStatus.ABANDONED},
}

ENDED = frozenset({SessionStatus.RESOLVED, SessionStatus.ABANDONED})
OPEN = frozenset(TRANSITIONS) - ENDED


class NotAllowedNowError(OutdatedError):
    """The session's status does not allow it; `allowed` says what it does allow."""


def allowed(status: SessionStatus) -> list[Action]:
    """What can be done to a session of that status, through the session's own routes, if no fix waits."""
    elsewhere = _OF_HANDOFFS | _OF_STEPS | frozenset(OF_WAITING)
    return [action for action in TRANSITIONS[status] if action not in elsewhere]


def refusal(status: SessionStatus, action: Action) -> NotAllowedNowError | None:
    """Why this cannot be done to a session of that status; None if it can."""
    if action in TRANSITIONS[status]:
        return None
    actions = allowed(status)
    return NotAllowedNowError(
        f"The session is {status}, which does not allow: {action}. Allowed now: {', '.join(actions)}.",
        session_status=status,
        allowed=actions,
    )


def next_status(status: SessionStatus, action: Action) -> SessionStatus:
    """The status that the action leads to.

    Raises:
        NotAllowedNowError: a session of that status does not allow it.
    """
    refused = refusal(status, action)
    if refused is not None:
        raise refused
    return TRANSITIONS[status][action]
