"""Changes what an account asks of an escalation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert as upsert

from flowpilot.db.session import Db
from flowpilot.handoffs.rules.models import EscalationSettings
from flowpilot.handoffs.rules.requirements import AVOIDABLE_REASONS, Rules
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record


async def change_escalation_rules(
    db: Db, actor: Actor, rules: Rules, avoidable_reasons: Sequence[str], now: datetime
) -> EscalationSettings:
    """Replace what the account asks, and record it in the audit log."""
    before = await db.get(EscalationSettings, actor.account_id)
    was = {} if before is None else _facts(before)
    values = {
        "rules": {
            priority.name.lower(): {one.value: effect.value for one, effect in asked.items()}
            for priority, asked in rules.items()
            if asked
        },
        "avoidable_reasons": None if tuple(avoidable_reasons) == AVOIDABLE_REASONS else list(avoidable_reasons),
    }
    statement = upsert(EscalationSettings).values(account_id=actor.account_id, **values)
    changed = statement.on_conflict_do_update(index_elements=[EscalationSettings.account_id], set_=values)
    returning = changed.returning(EscalationSettings).execution_options(populate_existing=True)
    row = (await db.scalars(returning)).one()
    if _facts(row) != was:
        target = ("account", actor.account_id)
        action = "escalation_settings.changed"
        await record(
            db, actor.account_id, actor.user_id, action, target, at=now, before=was or None, after=_facts(row)
        )
    return row


def _facts(row: EscalationSettings) -> dict[str, Any]:
    return {"rules": row.rules, "avoidable_reasons": row.avoidable_reasons}
