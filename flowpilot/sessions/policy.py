"""What somebody may do to a session: one answer for what is offered and for what is enforced."""

from flowpilot.identity.actor import Actor, Permission, Role
from flowpilot.sessions import transitions
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.transitions import Action

# What waits for a senior or is with one is in the queue, where nobody forgets it.
CAN_BE_UNASSIGNED = frozenset({SessionStatus.ACTIVE, SessionStatus.PAUSED})


def may_work(session: AISession, actor: Actor) -> bool:
    """Whether the actor may change the session: whoever began it, whoever works on it now, and team admins."""
    is_theirs = actor.user_id in {session.user_id, session.owner_id}
    return actor.may(Permission.WORK) and (is_theirs or actor.role.rank >= Role.TEAM_ADMIN.rank)


def is_unassigned(session: AISession) -> bool:
    """Whether nobody works on the session, so that whoever can work may take it."""
    is_from_a_log = session.last_activity_at is None
    return session.owner_id is None and not is_from_a_log and session.status in CAN_BE_UNASSIGNED


def allowed(session: AISession, actor: Actor) -> list[Action]:
    """What the actor may do to the session as it stands, through the session's own routes."""
    actions = [Action.TAKE] if is_unassigned(session) and actor.may(Permission.WORK) else []
    return actions + (transitions.allowed(SessionStatus(session.status)) if may_work(session, actor) else [])
