"""What somebody may do to a session. What is offered and what is refused come from the same rule, `refusal`.

While a senior holds it, what happens next is their decision: the others who work on it add notes
(docs/decisions/0052-whose-action.md). So it is while somebody's fix has to prove itself, and nothing else happens
before they have said whether it did (docs/decisions/0060-waiting-to-verify.md).
"""

import uuid
from collections.abc import Collection

from flowpilot.errors import FlowPilotError, OutdatedError
from flowpilot.identity.actor import Actor, ForbiddenError, Permission, Role, missing_permission
from flowpilot.sessions import transitions
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.transitions import Action

# Sessions that wait for a senior or are with one are in the queue, where nobody forgets them.
CAN_BE_UNASSIGNED = frozenset({SessionStatus.ACTIVE, SessionStatus.PAUSED})

# A fix that waits is resolved once it is confirmed, so its session must be able to end.
_ENDS_SOLVED = frozenset({Action.RESOLVE, Action.VERIFY, Action.CONFIRM})

_ANSWERS_FOR_A_FIX = frozenset({*transitions.OF_WAITING, Action.TAKE_BACK, Action.HOLD_AGAIN})


class NotYourSessionError(ForbiddenError):
    """Somebody else works on the session."""


class HeldBySeniorError(OutdatedError):
    """A senior holds the session, or somebody's fix waits; `holder` says whose, `since` since when."""


class SessionTakenError(OutdatedError):
    """Somebody works on the session."""


class NotWaitingError(OutdatedError):
    """No fix of the session has to prove itself."""


class FixWaitsError(OutdatedError):
    """A fix of the session has to prove itself, and nobody has said yet whether it did."""


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
    by_status = transitions.allowed(SessionStatus(session.status))
    actions = [Action.TAKE, *by_status, *transitions.OF_WAITING, Action.NOTE, *[Action.MARK] * asks]
    actions = [action for action in actions if may_end or action not in _ENDS_SOLVED]
    return [action for action in actions if refusal(session, actor, action, is_shared=is_shared) is None]


def check(session: AISession, actor: Actor, action: Action, *, is_shared: bool = False) -> None:
    """Make sure that the actor may do this to the session as it is.

    Raises:
        ForbiddenError: the actor's role does not include it.
        NotYourSessionError: somebody else works on the session.
        HeldBySeniorError: a senior holds it.
        NotAllowedNowError: the session's status does not allow it.
        FixWaitsError: first it has to be said whether the fix that waits has worked.
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
    status = SessionStatus(session.status)
    if action == Action.TAKE:
        return missing_permission(actor, Permission.WORK) or _refusal_to_take(session)
    if action == Action.NOTE:
        return refusal_to_work(session, actor) or _refusal_of_notes(status)
    if action == Action.MARK:
        of_theirs = missing_permission(actor, Permission.WORK) if is_shared else _refusal_to_act(session, actor)
        return of_theirs or transitions.refusal(status, Action.STEP)
    refused = _refusal_to_act(session, actor) or transitions.refusal(status, action)
    return refused or refusal_by_fix(session, action)


def may_correct(offered: Collection[Action]) -> bool:
    """Whether somebody who is offered these actions may also correct what the session is about.

    Those who may work on a session may do so whatever its status, and every status offers them something.
    """
    return any(action not in {Action.TAKE, Action.MARK} for action in offered)


def waits(session: AISession) -> bool:
    """Whether a fix of the session has to prove itself."""
    return session.look_again_at is not None


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


def holder_of(session: AISession) -> uuid.UUID | None:
    """Who alone decides what happens next: the senior who holds the session, or whoever's fix waits.

    None if nobody does, or a log does not say who.
    """
    return session.owner_id if session.status == SessionStatus.ESCALATED or waits(session) else None


def may_work_on_all(actor: Actor) -> bool:
    """Whether the actor may change every session, whose ever it is."""
    return actor.role.rank >= Role.TEAM_ADMIN.rank


def _refusal_to_act(session: AISession, actor: Actor) -> FlowPilotError | None:
    """Why the actor may not decide what happens next; None if they may."""
    refused = refusal_to_work(session, actor)
    if refused is not None or holder_of(session) in {None, actor.user_id} or may_work_on_all(actor):
        return refused
    has_it = "Somebody else's fix has to prove itself." if waits(session) else "A senior holds this session."
    return HeldBySeniorError(
        f"{has_it} You can add notes, and answer what they ask.", holder={"id": str(session.owner_id)}
    )


def refusal_by_fix(session: AISession, action: Action) -> OutdatedError | None:
    """A fix is answered for before anything else happens, so none is forgotten."""
    if not waits(session):
        is_about_it = action in transitions.OF_WAITING
        return NotWaitingError("No fix waits to be confirmed.") if is_about_it else None
    if action in _ANSWERS_FOR_A_FIX:
        return None
    return FixWaitsError("A fix waits to be looked at. Say first whether it worked; if it did not, go on then.")


def _refusal_of_notes(status: SessionStatus) -> FlowPilotError | None:
    """What is learnt while a session is paused is written down without resuming it."""
    return None if status == SessionStatus.PAUSED else transitions.refusal(status, Action.STEP)


def _refusal_to_take(session: AISession) -> OutdatedError | None:
    if is_unassigned(session):
        return None
    if session.status in CAN_BE_UNASSIGNED:
        return SessionTakenError("Somebody works on this session now.")
    is_open = session.status in transitions.OPEN
    what_to_do = "It is in the queue: claim its handoff." if is_open else "It has ended."
    return NotUnassignedError(f"This session cannot be taken. {what_to_do}")
