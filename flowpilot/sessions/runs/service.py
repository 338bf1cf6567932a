"""What is ticked, filled in, waived and undone in a session that this transaction has locked."""

from flowpilot.db.session import Db
from flowpilot.identity.actor import Actor
from flowpilot.sessions import policy
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import AISessionStep
from flowpilot.sessions.runs import decisions
from flowpilot.sessions.runs.decisions import Mark
from flowpilot.sessions.service import add_step
from flowpilot.sessions.transitions import Action


async def mark(db: Db, actor: Actor, loaded: LoadedSession, wanted: Mark) -> AISessionStep | None:
    """Tick, fill in, waive or undo; None if it is so already, because somebody else was faster."""
    policy.check(loaded.session, actor, Action.MARK, is_shared=loaded.followed.is_procedural)
    new = decisions.mark(loaded.run, wanted)
    return None if new is None else await add_step(db, loaded, actor.user_id, new)
