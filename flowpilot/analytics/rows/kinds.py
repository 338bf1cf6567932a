"""Drill-down: the rows that a figure counts, by the conditions that it counts them by."""

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic
from uuid import UUID

from sqlalchemy import RowMapping, TextClause

from flowpilot.analytics.period import Window
from flowpilot.analytics.rows import schemas
from flowpilot.analytics.rows.filters import HANDOFF_CTES, Filters
from flowpilot.analytics.rows.schemas import Item, Paging, RowsPage
from flowpilot.analytics.sql import seconds, statement
from flowpilot.db.session import ReadDb
from flowpilot.errors import InvalidError
from flowpilot.identity.queries import names_of

_AT_ONCE = 1000


class BadCursorError(InvalidError):
    """The cursor is not one that these rows gave."""


@dataclass(frozen=True, slots=True)
class RowKind(Generic[Item]):
    """One kind of rows: their table, what of it is shown (`p` is a row), and the moment they are ordered by.

    `people` are the columns with ids of people, which are shown by their names.
    """

    name: str
    item: type[Item]
    table: str
    shown: str
    moment: str = "created_at"
    ctes: str = ""
    people: tuple[str, ...] = ()


def _session(column: str) -> str:
    return f"LEFT JOIN ai_sessions s ON s.account_id = :account_id AND s.id = p.{column}"


SESSIONS = RowKind(
    "sessions",
    schemas.SessionItem,
    "ai_sessions",
    f"""
    SELECT p.id, p.problem_summary, p.problem_domain, p.status, p.confidence_tier, p.matched_flow_id AS flow_id,
           t.name AS flow,
           coalesce(p.owner_id, CASE WHEN p.last_activity_at IS NULL THEN p.user_id END) AS owner,
           p.psa_ticket_id, p.step_count, p.session_rating, p.created_at, p.resolved_at,
           {seconds("p.resolved_at - p.created_at")} / 60 AS minutes_to_resolution
    FROM page p
    LEFT JOIN trees t ON t.account_id = :account_id AND t.id = p.matched_flow_id
    """,
    people=("owner",),
)

HANDOFFS = RowKind(
    "handoffs",
    schemas.HandoffItem,
    "session_handoffs",
    f"""
    SELECT p.id, p.session_id, s.problem_summary, s.problem_domain, p.reason,
           (ARRAY['urgent', 'high', 'normal', 'low'])[p.priority] AS priority,
           p.created_at, p.created_by, p.claimed_at, p.claimed_by, p.first_action_at, p.first_action_by,
           p.closed_at, p.outcome,
           {seconds("p.claimed_at - p.created_at")} AS seconds_to_claim,
           {seconds("p.first_action_at - p.claimed_at")} AS seconds_to_first_action
    FROM page p
    {_session("session_id")}
    """,
    ctes=HANDOFF_CTES,
    people=("created_by", "claimed_by", "first_action_by"),
)

PSA_POSTS = RowKind(
    "psa-posts",
    schemas.PsaPostItem,
    "psa_post_logs",
    f"""
    SELECT p.id, p.ai_session_id AS session_id, s.problem_summary, s.problem_domain, p.ticket_id, p.status,
           p.retry_count, p.external_id, p.posted_at
    FROM page p
    {_session("ai_session_id")}
    """,
    moment="posted_at",
)

TIME_ENTRIES = RowKind(
    "time-entries",
    schemas.TimeEntryItem,
    "psa_activity_logs",
    f"""
    SELECT p.id, p.session_id, s.problem_summary, s.problem_domain, s.psa_ticket_id, p.hours_logged, p.created_at
    FROM page p
    {_session("session_id")}
    """,
)

PROPOSALS = RowKind(
    "proposals",
    schemas.ProposalItem,
    "flow_proposals",
    f"""
    SELECT p.id, p.kind, p.status, p.source_session_id, s.problem_summary, s.problem_domain, p.created_at,
           p.reviewed_at, p.reviewed_by
    FROM page p
    {_session("source_session_id")}
    """,
    people=("reviewed_by",),
)

BASELINES = RowKind(
    "baselines",
    schemas.BaselineItem,
    "handoff_baselines",
    """
    SELECT p.id, p.method, p.seconds, p.measured_by, p.problem_domain, p.note, p.created_at, p.stopped_at,
           p.excluded_reason, p.excluded_by
    FROM page p
    """,
    people=("measured_by", "excluded_by"),
)

FLOWS = RowKind(
    "flows",
    schemas.FlowItem,
    "trees",
    """
    SELECT p.id, p.name, p.tree_type, p.origin, c.name AS category, p.is_active, p.created_at, p.deleted_at
    FROM page p
    LEFT JOIN tree_categories c ON c.account_id = :account_id AND c.id = p.category_id
    """,
)


async def read_rows(
    db: ReadDb, window: Window, kind: RowKind[Item], filters: Filters, paging: Paging
) -> RowsPage[Item]:
    """A page of the rows and how many there are in all, in two statements; in a third, who their people are.

    Raises:
        BadCursorError: the cursor is not one of these rows.
    """
    parameters = window.parameters | filters.asked()
    n = (await db.execute(_count(kind, filters), parameters)).scalar_one()
    mark = _mark(paging.cursor)
    query = _page(kind, filters, is_continued=bool(mark))
    found = (await db.execute(query, {**parameters, **mark, "most": paging.limit + 1})).mappings().all()
    return RowsPage(
        n=n,
        items=await _items(db, window, kind, found[: paging.limit]),
        next_cursor=_cursor(kind, found[paging.limit - 1]) if len(found) > paging.limit else None,
    )


async def stream_rows(
    db: ReadDb, window: Window, kind: RowKind[Item], filters: Filters, most: int
) -> AsyncIterator[list[Item]]:
    """The same rows, up to `most` of them, in one statement; a thousand at a time, and then their people."""
    parameters = {**window.parameters, **filters.asked(), "most": most}
    found = await db.stream(_page(kind, filters), parameters)
    async for rows in found.mappings().partitions(_AT_ONCE):
        yield await _items(db, window, kind, rows)


async def _items(db: ReadDb, window: Window, kind: RowKind[Item], rows: Sequence[RowMapping]) -> list[Item]:
    ids = {row[column] for row in rows for column in kind.people} - {None}
    names = await names_of(db, window.account_id, ids) if ids else {}
    return [
        kind.item.model_validate({**row, **{column: names.get(row[column]) for column in kind.people}})
        for row in rows
    ]


def _count(kind: RowKind[Any], filters: Filters) -> TextClause:
    return statement(
        f"WITH {kind.ctes} counted AS (SELECT FROM {kind.table} WHERE {filters.where()}) "
        "SELECT count(*) FROM counted"
    )


def _page(kind: RowKind[Any], filters: Filters, *, is_continued: bool = False) -> TextClause:
    # Only what is on the page is joined to anything.
    behind = f"AND ({kind.moment}, id) < (:mark_moment, :mark_id)" if is_continued else ""
    return statement(f"""
    WITH {kind.ctes} page AS (
        SELECT * FROM {kind.table} WHERE {filters.where()} {behind}
        ORDER BY {kind.moment} DESC, id DESC LIMIT :most
    )
    {kind.shown}
    ORDER BY p.{kind.moment} DESC, p.id DESC
    """)


def _cursor(kind: RowKind[Any], row: RowMapping) -> str:
    """Where a page ends: ids of imported rows are in no order of time, so the moment says where."""
    words = json.dumps([row[kind.moment].isoformat(), str(row["id"])])
    return base64.urlsafe_b64encode(words.encode()).decode()


def _mark(cursor: str | None) -> Mapping[str, Any]:
    if cursor is None:
        return {}
    try:
        moment, id_ = json.loads(base64.urlsafe_b64decode(cursor))
        return {"mark_moment": datetime.fromisoformat(moment), "mark_id": UUID(id_)}
    except (ValueError, TypeError, AttributeError) as error:
        raise BadCursorError("This is not a cursor of these rows. Start again without one.") from error
