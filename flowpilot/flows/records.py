"""Changes of flows in the audit log."""

from datetime import datetime
from typing import Any

from flowpilot.db.session import Db
from flowpilot.flows.author import Author
from flowpilot.flows.models import Flow
from flowpilot.identity.audit.log import record


async def record_flow(db: Db, author: Author, action: str, flow: Flow, now: datetime, **facts: Any) -> None:
    """Record what was done with a flow, under the name that it has then."""
    target = ("flow", flow.id)
    after = {"name": flow.name, **facts}
    await record(db, author.account_id, author.user_id, action, target, at=now, after=after)
