"""What a flow is from the moment at which somebody says that it is right."""

import uuid
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.flows.models import Flow
from flowpilot.identity.models import Account


class TrustRule(NamedTuple):
    """For how many days a confirmation lasts, None for always, and the account's present day."""

    days: int | None
    today: date

    @property
    def until(self) -> date | None:
        """The last day of what is confirmed now."""
        return None if self.days is None else self.today + timedelta(days=self.days)


async def trust_rule(db: ReadDb, account_id: uuid.UUID, now: datetime) -> TrustRule:
    """The account's rule."""
    query = select(Account.verified_days, Account.timezone).where(Account.id == account_id)
    days, timezone = (await db.execute(query)).one()
    return TrustRule(days, now.astimezone(ZoneInfo(timezone)).date())


def verify(flow: Flow, by: uuid.UUID | None, now: datetime, until: date | None) -> None:
    """Trust the flow from now on. Its sessions from then on are new evidence."""
    flow.verified_at, flow.verified_by, flow.verified_until = now, by, until
    flow.doubted_since, flow.doubts = None, []
