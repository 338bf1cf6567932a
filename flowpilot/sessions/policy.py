"""What somebody may do to a session. What is offered and what is refused come from the same rule, `refusal`."""

from collections.abc import Collection

from flowpilot.errors import FlowPilotError, OutdatedError
from flowpilot.identity.actor import Actor, ForbiddenError, Permission, Role, missing_permission
from flowpilot.sessions import transitions
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.transitions import Action

# Sessions that wait for a senior or are with one are in the queue, where nobody forgets them.
CAN_BE_UNASSIGNED = frozenset({SessionStatus.ACTIVE, SessionStatus.PAUSED})


class NotYourSessionError(ForbiddenError):
    """Somebody else works on the session."""


class SessionTakenError(OutdatedError):
    """Somebody works on the session."""


class NotUnassignedError(OutdatedError):
    """The session cannot be taken: it is in the queue, or has ended."""


def allowed(
    session: AISession, actor: Actor, *, asks: bool = False, is_shared: bool = False, may_end: bool = True
) -> list[Action]:
    """What the actor may do to the session as it is, through the session's own routes.

    Args:
        session: as it is.
        actor: who asks.
        asks: whether its flow asks for anything to be done or filled in where it is.
        may_end: whether nothing that its flow requires holds up its resolution.
        is_shared: whether it is a run of a procedure, on which several people work.
    """
    actions = [Action.TAKE, *transitions.allowed(SessionStatus(session.status)), *[Action.MARK] * asks]
    actions = [action for action in actions if may_end or action != Action.RESOLVE]
    return [action for action in actions if refusal(session, actor, action, is_shared=is_shared) is None]


def check(session: AISession, actor: Actor, action: Action, *, is_shared: bool = False) -> None:
    """Make sure that the actor may do this to the session as it is.

    Raises:
        ForbiddenError: the actor's role does not include it.
        NotYourSessionError: somebody else works on the session.
        NotAllowedNowError: the session's status does not allow it.
        SessionTakenError, NotUnassignedError: the session cannot be taken.
    """
    refused = refusal(session, actor, action, is_shared=is_shared)
    if refused is not None:
        raise refused


def check_may_work(session: AISession, actor: Actor) -> None:
    """Make sure that the actor may change the session, whatever its status.

    Raises:
        ForbiddenError: the actor's role does not include it.
        NotYourSessionError: somebody else works on the session.
    """
    refused = refusal_to_work(session, actor)
    if refused is not None:
        raise refused


def refusal(session: AISession, actor: Actor, action: Action, *, is_shared: bool = False) -> FlowPilotError | None:
    """Why the actor may not do this to the session now; None if they may."""
    if action == Action.MARK:
        of_theirs = missing_permission(actor, Permission.WORK) if is_shared else refusal_to_work(session, actor)
        return of_theirs or transitions.refusal(SessionStatus(session.status), Action.STEP)
    if action == Action.TAKE:
        return missing_permission(actor, Permission.WORK) or _refusal_to_take(session)
    return refusal_to_work(session, actor) or transitions.refusal(SessionStatus(session.status), action)


def may_correct(offered: Collection[Action]) -> bool:
    """Whether somebody who is offered these actions may also correct what the session is about.

    Those who may work on a session may do so whatever its status, and every status offers them something.
    """
    return any(action not in {Action.TAKE, Action.MARK} for action in offered)


def is_unassigned(session: AISession) -> bool:
    """Whether nobody works on the session, so that anybody who can work may take it."""
    is_from_a_log = session.last_activity_at is None
    return session.owner_id is None and not is_from_a_log and session.status in CAN_BE_UNASSIGNED


def refusal_to_work(session: AISession, actor: Actor) -> ForbiddenError | None:
    """Why the actor may not change the session: it is not theirs, and they are no team admin; None if they may."""
    is_theirs = actor.user_id in {session.user_id, session.owner_id} or may_work_on_all(actor)
    lacking = missing_permission(actor, Permission.WORK)
    if lacking is not None or is_theirs:
        return lacking
    return NotYourSessionError("Somebody else works on this session. Claim its handoff, or ask a team admin.")


def may_work_on_all(actor: Actor) -> bool:
    """Whether the actor may change every session, whose ever it is."""
    return actor.role.rank >= Role.TEAM_ADMIN.rank


def _refusal_to_take(session: AISession) -> OutdatedError | None:
    if is_unassigned(session):
        return None
    if session.status in CAN_BE_UNASSIGNED:
        return SessionTakenError("Somebody works on this session now.")
    is_open = session.status in transitions.OPEN
    what_to_do = "It is in the queue: claim its handoff." if is_open else "It has ended."
    return NotUnassignedError(f"This session cannot be taken. {what_to_do}")
