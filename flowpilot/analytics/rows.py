"""Drill-down: the rows that a figure counts, by the conditions that it counts them by."""

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic
from uuid import UUID

from sqlalchemy import RowMapping, TextClause

from flowpilot.analytics import rows_schemas as schemas
from flowpilot.analytics.period import Window
from flowpilot.analytics.rows_filters import HANDOFF_CTES, Filters
from flowpilot.analytics.rows_schemas import Item, Paging, RowsPage
from flowpilot.analytics.sql import seconds, statement
from flowpilot.db.session import ReadDb
from flowpilot.errors import InvalidError

_AT_ONCE = 1000

# What members are called, as elsewhere: their name, or their e-mail where they have given none.
_PEOPLE = """
people AS (
    SELECT m.user_id, coalesce(nullif(u.name, ''), u.email, '') AS name
    FROM memberships m
    JOIN users u ON u.id = m.user_id
    WHERE m.account_id = :account_id
)
"""


class BadCursorError(InvalidError):
    """The cursor is not one that these rows gave."""


@dataclass(frozen=True, slots=True)
class Kind(Generic[Item]):
    """One kind of rows: their table, what of it is shown (`p` is a row), and the moment they are ordered by."""

    name: str
    item: type[Item]
    table: str
    shown: str
    moment: str = "created_at"
    ctes: str = ""


def _session(column: str) -> str:
    return f"LEFT JOIN ai_sessions s ON s.account_id = :account_id AND s.id = p.{column}"


def _wait(start: str, end: str) -> str:
    """As in `waits`: what a log dates before its own start counts as 0 seconds."""
    return f"CASE WHEN {end} IS NOT NULL THEN {seconds(f'greatest({end}, {start}) - {start}')} END"


SESSIONS = Kind(
    "sessions",
    schemas.SessionItem,
    "ai_sessions",
    f"""
    SELECT p.id, p.problem_summary, p.problem_domain, p.status, p.confidence_tier, p.matched_flow_id AS flow_id,
           t.name AS flow, owner.name AS owner, p.psa_ticket_id, p.step_count, p.session_rating, p.created_at,
           p.resolved_at, {seconds("p.resolved_at - p.created_at")} / 60 AS minutes_to_resolution
    FROM page p
    LEFT JOIN trees t ON t.account_id = :account_id AND t.id = p.matched_flow_id
    LEFT JOIN people owner
        ON owner.user_id = coalesce(p.owner_id, CASE WHEN p.last_activity_at IS NULL THEN p.user_id END)
    """,
)

HANDOFFS = Kind(
    "handoffs",
    schemas.HandoffItem,
    "session_handoffs",
    f"""
    SELECT p.id, p.session_id, s.problem_summary, s.problem_domain, p.reason,
           (ARRAY['urgent', 'high', 'normal', 'low'])[p.priority] AS priority,
           p.created_at, creator.name AS created_by, p.claimed_at, claimant.name AS claimed_by,
           p.first_action_at, actor.name AS first_action_by, p.closed_at, p.outcome,
           {_wait("p.created_at", "p.claimed_at")} AS seconds_to_claim,
           {_wait("p.claimed_at", "p.first_action_at")} AS seconds_to_first_action
    FROM page p
    {_session("session_id")}
    LEFT JOIN people creator ON creator.user_id = p.created_by
    LEFT JOIN people claimant ON claimant.user_id = p.claimed_by
    LEFT JOIN people actor ON actor.user_id = p.first_action_by
    """,
    ctes=HANDOFF_CTES,
)

PSA_POSTS = Kind(
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

TIME_ENTRIES = Kind(
    "time-entries",
    schemas.TimeEntryItem,
    "psa_activity_logs",
    f"""
    SELECT p.id, p.session_id, s.problem_summary, s.problem_domain, s.psa_ticket_id, p.hours_logged, p.created_at
    FROM page p
    {_session("session_id")}
    """,
)

PROPOSALS = Kind(
    "proposals",
    schemas.ProposalItem,
    "flow_proposals",
    f"""
    SELECT p.id, p.kind, p.status, p.source_session_id, s.problem_summary, s.problem_domain, p.created_at,
           p.reviewed_at, reviewer.name AS reviewed_by
    FROM page p
    {_session("source_session_id")}
    LEFT JOIN people reviewer ON reviewer.user_id = p.reviewed_by
    """,
)

BASELINES = Kind(
    "baselines",
    schemas.BaselineItem,
    "handoff_baselines",
    """
    SELECT p.id, p.method, p.seconds, measurer.name AS measured_by, p.problem_domain, p.note, p.created_at,
           p.stopped_at, p.excluded_reason, excluder.name AS excluded_by
    FROM page p
    LEFT JOIN people measurer ON measurer.user_id = p.measured_by
    LEFT JOIN people excluder ON excluder.user_id = p.excluded_by
    """,
)

FLOWS = Kind(
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
    db: ReadDb, window: Window, kind: Kind[Item], filters: Filters, paging: Paging
) -> RowsPage[Item]:
    """A page of the rows and how many there are in all, in two statements.

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
        items=_items(kind, found[: paging.limit]),
        next_cursor=_cursor(kind, found[paging.limit - 1]) if len(found) > paging.limit else None,
    )


async def stream_rows(
    db: ReadDb, window: Window, kind: Kind[Item], filters: Filters, most: int
) -> AsyncIterator[list[Item]]:
    """The same rows, up to `most` of them, a thousand at a time, in one statement."""
    parameters = {**window.parameters, **filters.asked(), "most": most}
    found = await db.stream(_page(kind, filters), parameters)
    async for rows in found.mappings().partitions(_AT_ONCE):
        yield _items(kind, rows)


def _items(kind: Kind[Item], rows: Sequence[RowMapping]) -> list[Item]:
    return [kind.item.model_validate(dict(row)) for row in rows]


def _count(kind: Kind[Any], filters: Filters) -> TextClause:
    return statement(
        f"WITH {kind.ctes} counted AS (SELECT FROM {kind.table} WHERE {filters.where()}) "
        "SELECT count(*) FROM counted"
    )


def _page(kind: Kind[Any], filters: Filters, *, is_continued: bool = False) -> TextClause:
    # Only what is on the page is joined to names.
    behind = f"AND ({kind.moment}, id) < (:mark_moment, :mark_id)" if is_continued else ""
    return statement(f"""
    WITH {kind.ctes} {_PEOPLE},
    page AS (
        SELECT * FROM {kind.table} WHERE {filters.where()} {behind}
        ORDER BY {kind.moment} DESC, id DESC LIMIT :most
    )
    {kind.shown}
    ORDER BY p.{kind.moment} DESC, p.id DESC
    """)


def _cursor(kind: Kind[Any], row: RowMapping) -> str:
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
