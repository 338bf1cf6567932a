"""Reads what an account asks of an escalation."""

import uuid

from flowpilot.db.session import ReadDb
from flowpilot.handoffs.models import Priority
from flowpilot.handoffs.rules.models import EscalationSettings
from flowpilot.handoffs.rules.requirements import AVOIDABLE_REASONS, Effect, EscalationRules, Requirement


async def asked_of_escalations(db: ReadDb, account_id: uuid.UUID) -> EscalationRules:
    """What the account asks, in one statement."""
    return as_asked(await db.get(EscalationSettings, account_id))


def as_asked(row: EscalationSettings | None) -> EscalationRules:
    """A row as what it asks."""
    if row is None:
        return EscalationRules()
    rules = {
        Priority[name.upper()]: {Requirement(one): Effect(effect) for one, effect in asked.items()}
        for name, asked in row.rules.items()
    }
    return EscalationRules(rules, row.avoidable_reasons or AVOIDABLE_REASONS)
