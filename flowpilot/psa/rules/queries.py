"""Reading what an account posts by itself."""

import uuid

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.rules.models import PsaRules, default_rules


async def rules_of(db: ReadDb, account_id: uuid.UUID) -> PsaRules:
    """The account's rules, or the defaults."""
    return await db.scalar(select(PsaRules).where(PsaRules.account_id == account_id)) or default_rules(account_id)


async def connection_and_rules(db: ReadDb, account_id: uuid.UUID) -> tuple[PsaConnection | None, PsaRules]:
    """The account's connection, if it has one, and what it posts by itself."""
    row = (
        await db.execute(
            select(PsaConnection, PsaRules)
            .outerjoin(PsaRules, PsaRules.account_id == PsaConnection.account_id)
            .where(PsaConnection.account_id == account_id, PsaConnection.removed_at.is_(None))
        )
    ).one_or_none()
    connection, rules = (None, None) if row is None else row
    return connection, rules or default_rules(account_id)
