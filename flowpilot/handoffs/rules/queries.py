"""Reads what an account asks of an escalation."""

import uuid

from flowpilot.db.session import ReadDb
from flowpilot.handoffs.models import Priority
from flowpilot.handoffs.rules.models import EscalationSettings
from flowpilot.handoffs.rules.requirements import AVOIDABLE_REASONS, Effect, EscalationRules, Requirement


async def read_escalation_rules(db: ReadDb, account_id: uuid.UUID) -> EscalationRules:
    """What the account asks, in one statement."""
    return rules_of(await db.get(EscalationSettings, account_id))


def rules_of(row: EscalationSettings | None) -> EscalationRules:
    """A row as what it asks."""
    if row is None:
        return EscalationRules()
    rules = {
        Priority[name.upper()]: {Requirement(one): Effect(effect) for one, effect in asked.items()}
        for name, asked in row.rules.items()
    }
    return EscalationRules(rules, row.avoidable_reasons or AVOIDABLE_REASONS)
