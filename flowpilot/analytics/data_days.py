"""From which day to which an account has sessions."""

import uuid
from datetime import date
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field
from sqlalchemy import text

from flowpilot.db.session import ReadDb

# Each end is one row of an index.
_SQL = text(
    "SELECT min(created_at) AS first, max(created_at) AS last FROM ai_sessions WHERE account_id = :account_id"
)


class DataDays(BaseModel):
    """The first and the last day with a new session, both included; null without any session."""

    first_day: date | None
    last_day: date | None
    timezone: str = Field(description="The IANA zone of these days: the account's.")


async def data_days(db: ReadDb, account_id: uuid.UUID, timezone: str) -> DataDays:
    """The days between which the account has sessions, in this zone."""
    row = (await db.execute(_SQL, {"account_id": account_id})).one()
    first, last = (
        None if moment is None else moment.astimezone(ZoneInfo(timezone)).date()
        for moment in (row.first, row.last)
    )
    return DataDays(first_day=first, last_day=last, timezone=timezone)
