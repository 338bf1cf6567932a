"""What an account posts to its ticket system by itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.session import Db
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.psa.rules.models import PsaRules
from flowpilot.psa.rules.queries import rules_of


async def change_rules(db: Db, actor: Actor, changes: Mapping[str, Any], now: datetime) -> PsaRules:
    """Change some rules. What is already enqueued stays as it is."""
    before = await rules_of(db, actor.account_id)
    changed = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not changed:
        return before
    old = {name: getattr(before, name) for name in changed}
    upsert = insert(PsaRules).values(account_id=actor.account_id, **changed)
    await db.execute(upsert.on_conflict_do_update(index_elements=[PsaRules.account_id], set_=changed))
    target = ("account", actor.account_id)
    await record(
        db, actor.account_id, actor.user_id, "psa_rules.changed", target, at=now, before=old, after=changed
    )
    query = select(PsaRules).where(PsaRules.account_id == actor.account_id)
    return (await db.scalars(query.execution_options(populate_existing=True))).one()
