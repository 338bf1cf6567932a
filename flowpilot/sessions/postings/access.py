"""Who may change what a session has posted: those who may change the session."""

import uuid
from collections.abc import Collection, Mapping

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor, ForbiddenError
from flowpilot.sessions import policy
from flowpilot.sessions.models import AISession


async def refusals_to_change(
    db: ReadDb, actor: Actor, session_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, ForbiddenError]:
    """Why the actor may not change what these sessions have posted, for each that is not theirs."""
    if policy.may_work_on_all(actor):
        return {}
    query = select(AISession).where(AISession.account_id == actor.account_id, AISession.id.in_(session_ids))
    refusals = {session.id: policy.refusal_to_work(session, actor) for session in await db.scalars(query)}
    return {session_id: refused for session_id, refused in refusals.items() if refused is not None}
