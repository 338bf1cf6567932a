"""How the tables of notifications are joined to each other, and to events and their handoffs."""

from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_
from sqlalchemy.orm import InstrumentedAttribute

from flowpilot.db.base import Tenant
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.notifications.models import Notification

T = TypeVarTuple("T")


def belongs(
    table: type[Tenant], other: type[Tenant], reference: InstrumentedAttribute[Any]
) -> ColumnElement[bool]:
    """The condition that joins a table to the rows that a reference points to, within the account."""
    return and_(table.account_id == other.account_id, table.id == reference)


def with_handoff(query: Select[*T]) -> Select[*T]:
    """A query of notifications, joined to their events and handoffs, if any."""
    return (
        query.select_from(Notification)
        .outerjoin(HandoffEvent, belongs(HandoffEvent, Notification, Notification.event_id))
        .outerjoin(SessionHandoff, belongs(SessionHandoff, HandoffEvent, HandoffEvent.handoff_id))
    )
