"""Durable resolutions: what was solved and stayed solved, and how long it took to apply what solved it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from flowpilot.analytics.dashboard import lasting
from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.estimates.means import mean
from flowpilot.analytics.period import Window
from flowpilot.analytics.records.reading import (
    Of,
    is_read_from_records,
    over_records,
    read_records,
)
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.schemas import Interval, Report, header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, seconds, statement
from flowpilot.analytics.statistics import Bounds, rate, rate_ci95
from flowpilot.analytics.summed.large import in_thread
from flowpilot.analytics.summed.moments import moment
from flowpilot.db.session import ReadDb
from flowpilot.sessions.reading.tickets import ticket_key

LASTS = timedelta(days=7)
MOST_FLOWS = 20
_MINUTE = 60

# Sessions that were reopened are few, so their first resolution is looked up; it is `resolved_at` for all others.
# A ticket's next session counts from the resolution on: one that was open beside it began nothing again. It counts
# whatever the report is narrowed to.
_SQL = statement(f"""
WITH reopened AS MATERIALIZED (
    SELECT session_id, min(created_at) AS at
    FROM ai_session_status_changes
    WHERE account_id = :account_id AND from_status = 'resolved' AND created_at >= :start AND created_at <= :as_of
    GROUP BY session_id
),
solved AS MATERIALIZED (
    SELECT s.id, s.matched_flow_id AS flow_id, {ticket_key("s.psa_ticket_id")} AS ticket, r.at AS reopened_at,
           CASE WHEN r.at IS NULL THEN s.resolved_at ELSE (
               SELECT max(c.created_at) FROM ai_session_status_changes c
               WHERE c.account_id = :account_id AND c.session_id = s.id AND c.to_status = 'resolved'
                 AND c.created_at < r.at) END AS solved_at
    FROM ai_sessions s
    LEFT JOIN reopened r ON r.session_id = s.id
    WHERE s.account_id = :account_id AND s.created_at >= :start AND s.created_at < :end
      AND (s.status = 'resolved' OR r.at IS NOT NULL)
),
begun_again AS MATERIALIZED (
    SELECT DISTINCT solved.id
    FROM solved
    JOIN (
        SELECT id, {ticket_key("psa_ticket_id")} AS ticket, created_at
        FROM public.ai_sessions
        WHERE account_id = :account_id AND psa_ticket_id IS NOT NULL
          AND created_at > :start AND created_at <= :as_of
    ) o ON o.ticket = solved.ticket AND o.id <> solved.id
       AND o.created_at > solved_at AND o.created_at <= solved_at + CAST(:lasts AS interval)
),
judged AS MATERIALIZED (
    SELECT flow_id, solved_at > :as_of - CAST(:lasts AS interval) AS is_young,
           coalesce(reopened_at <= solved_at + CAST(:lasts AS interval), false)
               OR begun_again.id IS NOT NULL AS came_back
    FROM solved
    LEFT JOIN begun_again USING (id)
    WHERE solved_at <= :as_of
),
flows AS (
    SELECT j.flow_id, t.name AS flow, count(*) FILTER (WHERE NOT is_young) AS n,
           count(*) FILTER (WHERE NOT is_young AND NOT came_back) AS lasting,
           count(*) FILTER (WHERE is_young) AS too_young
    FROM judged j
    LEFT JOIN trees t ON t.account_id = :account_id AND t.id = j.flow_id
    GROUP BY 1, 2
),
fixes AS (
    SELECT count(resolved_at) AS n, count(fix_applied_at) AS waited,
           {seconds("sum(coalesce(fix_applied_at, resolved_at) - created_at)")} AS seconds,
           sum(power({seconds("coalesce(fix_applied_at, resolved_at) - created_at")}, 2)) AS squares,
           sum(power({seconds("coalesce(fix_applied_at, resolved_at) - created_at")}, 3)) AS cubes
    FROM ai_sessions
    WHERE {CREATED_IN_WINDOW} AND status = 'resolved' AND resolved_at IS NOT NULL
)
SELECT (SELECT json_agg(f ORDER BY f.n DESC, f.flow COLLATE "C", f.flow_id) FROM flows f) AS flows, fixes.*
FROM fixes
""")
_NAMES = "(SELECT json_object_agg(id, name) FROM trees WHERE account_id = :account_id)"
_RECORDS = over_records(lasting.PARTS, [("names", "json", _NAMES)])


class Durability(BaseModel):
    """Resolutions that are old enough to judge, and how many of them lasted."""

    n: int = Field(description="Resolved 7 days ago or more.")
    n_durable: int = Field(description="Neither reopened nor begun again on the same ticket within 7 days.")
    durable_rate: float | None = Field(description="0..1; null without cases.")
    durable_rate_ci95: Interval
    n_too_young: int = Field(description="Resolved less than 7 days ago, so nobody knows yet.")


class FlowDurability(Durability):
    """The same of the sessions that ended in one flow; of those without a flow, if it is null."""

    flow_id: UUID | None
    flow: str | None


class TimeToFix(BaseModel):
    """From the start of a session to when its fix was applied, beside MTTR, which ends when it is confirmed."""

    minutes: float | None
    minutes_ci95: Bounds | None
    minutes_no_interval: str | None = Field(description="Why the mean has no interval.")
    n: int
    n_waited: int = Field(description="Those whose fix had to prove itself; of the others, it is the resolution.")


class DurableResolutions(Report):
    """The window's resolutions: how many lasted, and how soon what solved them was applied."""

    all: Durability
    by_flow: list[FlowDurability] = Field(description=f"The most frequent first, at most {MOST_FLOWS}.")
    time_to_fix: TimeToFix


async def durable_resolutions(db: ReadDb, window: Window) -> DurableResolutions:
    """The report, in one statement; over rows if it is narrowed."""
    read = _of_records if is_read_from_records(window) else _of_rows
    flows, fixed = await read(db, window)
    return DurableResolutions(
        **header(window, "durable-resolutions"),
        all=Durability(**_durability(flows)),
        by_flow=[
            FlowDurability(flow_id=one["flow_id"], flow=one["flow"], **_durability([one]))
            for one in flows[:MOST_FLOWS]
        ],
        time_to_fix=fixed,
    )


async def _of_rows(db: ReadDb, window: Window) -> tuple[list[dict[str, Any]], TimeToFix]:
    row = (await db.execute(narrowed(_SQL, window.only), {**window.parameters, "lasts": LASTS})).one()
    return row.flows or [], _time_to_fix(row.n, row.waited, row.seconds, row.squares, row.cubes)


async def _of_records(db: ReadDb, window: Window) -> tuple[list[dict[str, Any]], TimeToFix]:
    start, end, as_of = moment(window.start), moment(window.end), moment(window.as_of)
    # A session that begins at the very end may be the next of a ticket.
    of = Of((window.account_id, "durability", b""), start, max(end, as_of + 1))
    found = await read_records(db, _RECORDS, lasting.PARTS, of)

    def judged() -> tuple[list[lasting.OfFlow], lasting.Fixes]:
        days = found.made(lambda sessions, _: lasting.solved_of(sessions))
        near = [lasting.solved_of(sessions.within(start, end)) for sessions in days.near]
        return lasting.judged([*days.whole.values(), *near], start, as_of)

    flows, fixes = await in_thread(found.is_large, judged)
    sums = fixes.seconds, fixes.squares, fixes.cubes
    return _named(flows, found.others.names or {}), _time_to_fix(
        fixes.n, fixes.waited, *(sums if fixes.n else [None] * 3)
    )


def _named(flows: Sequence[lasting.OfFlow], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """In their order, with their names."""
    named = [{**asdict(one), "flow": names.get(str(one.flow_id))} for one in flows]
    # As SQL has it: what is null comes last.
    named.sort(
        key=lambda one: (
            -one["n"],
            one["flow"] is None,
            (one["flow"] or "").encode(),
            one["flow_id"] is None,
            one["flow_id"] or UUID(int=0),
        )
    )
    return named


def _time_to_fix(n: int, waited: int, *sums: float | None) -> TimeToFix:
    fixed = mean(n, *sums, unit=_MINUTE)
    return TimeToFix(
        minutes=rounded(fixed.value, 1),
        minutes_ci95=rounded_bounds(fixed.ci95, 1),
        minutes_no_interval=fixed.no_interval,
        n=n,
        n_waited=waited,
    )


def _durability(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    n, lasting = sum(row["n"] for row in rows), sum(row["lasting"] for row in rows)
    return {
        "n": n,
        "n_durable": lasting,
        "durable_rate": rate(lasting, n) if n else None,
        "durable_rate_ci95": rate_ci95(lasting, n),
        "n_too_young": sum(row["too_young"] for row in rows),
    }
