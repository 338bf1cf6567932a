"""Flows as rows."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from flowpilot.analytics.rows.base import Conditions, FilterText, RowFilter, RowKind
from flowpilot.analytics.sql import IS_MADE_BY_AI


class FlowRowFilter(RowFilter):
    """Flows as they are now, whatever the window."""

    usable: bool | None = Field(default=None, description="Active and not deleted.")
    made_by_ai: bool | None = Field(default=None, description="An AI made or improved it.")
    domain: FilterText | None = Field(default=None, description="Its category has this name, ignoring case.")

    sql: ClassVar[Conditions] = {
        "usable": "is_active AND deleted_at IS NULL",
        "made_by_ai": IS_MADE_BY_AI,
        "domain": "category_id IN (SELECT id FROM tree_categories"
        " WHERE account_id = :account_id AND lower(name) = lower(:domain))",
    }


class FlowItem(BaseModel):
    """A flow."""

    id: UUID
    name: str
    tree_type: str
    origin: str
    category: str | None
    is_active: bool
    created_at: datetime
    deleted_at: datetime | None


FLOWS = RowKind(
    name="flows",
    description="Flows as they are now, newest first.",
    filter=FlowRowFilter,
    item=FlowItem,
    table="trees",
    shown="""
    SELECT p.id, p.name, p.tree_type, p.origin, c.name AS category, p.is_active, p.created_at, p.deleted_at
    FROM page p
    LEFT JOIN tree_categories c ON c.account_id = :account_id AND c.id = p.category_id
    """,
)
