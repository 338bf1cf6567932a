"""The steps of a handoff's session since it was sent."""

import uuid
from collections.abc import Sequence

from flowpilot.db.session import ReadDb
from flowpilot.handoffs import policy
from flowpilot.handoffs.queries import Row
from flowpilot.identity.queries import names_of
from flowpilot.sessions import path
from flowpilot.sessions.locking import steps_of
from flowpilot.sessions.models import AISessionStep

Later = tuple[Sequence[AISessionStep], dict[uuid.UUID, str]]
"""Steps as they read now, and what their people are called."""


async def steps_since(db: ReadDb, account_id: uuid.UUID, row: Row) -> Later:
    """Those that count, until the handoff ended: one that a fix has set aside has not. None of a log."""
    handoff, session = row.handoff, row.session
    if "facts" not in handoff.snapshot or not row.has_later:
        return (), row.names
    all_steps = await steps_of(db, account_id, session.id)
    steps = path.standing([step for step in all_steps if step.created_at > handoff.created_at])
    if handoff.closed_at is not None and not policy.waits_for_fix(handoff, session):
        steps = [step for step in steps if step.created_at <= handoff.closed_at]
    strangers = {step.actor_id for step in steps if step.actor_id is not None} - row.names.keys()
    names = await names_of(db, account_id, strangers) if strangers else {}
    return steps, row.names | names
