"""What somebody may do to a session: one answer for what is offered and for what is enforced."""

from flowpilot.identity.actor import Actor, Permission, Role
from flowpilot.sessions import moves
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.moves import Verb


def may_work(session: AISession, actor: Actor) -> bool:
    """Whether the actor may change the session: whoever began it, whoever works on it now, and team admins."""
    is_theirs = actor.user_id in {session.user_id, session.owner_id}
    return actor.may(Permission.WORK) and (is_theirs or actor.role.rank >= Role.TEAM_ADMIN.rank)


def allowed(session: AISession, actor: Actor) -> list[Verb]:
    """What the actor may do to the session as it stands, through the session's own routes."""
    return moves.allowed(SessionStatus(session.status)) if may_work(session, actor) else []
