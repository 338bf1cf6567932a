"""Two parts of the dashboard alone, for pages that show them beside another report."""

from typing import Any

from sqlalchemy import TextClause

from flowpilot.analytics.dashboard.schemas import DashboardPsa, KnowledgeCounts
from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Report, header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, IS_MADE_BY_AI, REVIEWED_IN_WINDOW, statement
from flowpilot.analytics.statistics import percent, percent_ci95
from flowpilot.analytics.summed.psa import PUSHES, PUSHES_OF_DAYS, TIME_ENTRIES, TIME_ENTRIES_OF_DAYS
from flowpilot.analytics.summed.sources import GAPS, PSA_GAPS, read, summed
from flowpilot.db.session import ReadDb

# CTEs, each of one row.
FLOWS = f"""
    SELECT count(*) AS total_flows,
           count(*) FILTER (WHERE {IS_MADE_BY_AI}) AS ai_generated_flows
    FROM trees WHERE account_id = :account_id
"""
PROPOSALS = f"""
    SELECT count(*) FILTER (WHERE status = 'pending') AS pending,
           count(*) FILTER (WHERE status IN ('approved', 'modified') AND in_window) AS approved,
           count(*) FILTER (WHERE status = 'rejected' AND in_window) AS rejected
    FROM (
        SELECT status, {REVIEWED_IN_WINDOW} AS in_window
        FROM flow_proposals WHERE account_id = :account_id
    ) reviewed
"""


def _psa_sql(totals: str, pushes: str, time_entries: str, before: str = "") -> TextClause:
    return statement(f"""
WITH {before} totals AS ({totals}),
pushes AS ({pushes}),
time_entries AS ({time_entries})
SELECT * FROM totals, pushes, time_entries
""")


_TOTALS = f"SELECT count(*) AS total, count(psa_ticket_id) AS tickets FROM ai_sessions WHERE {CREATED_IN_WINDOW}"
_TOTALS_OF_DAYS = f"""
    SELECT sum(total)::bigint AS total, sum(tickets)::bigint AS tickets
    FROM ({_TOTALS} {summed("kind", "n", "tickets")}) parts
"""
_PSA_ROWS_SQL = _psa_sql(_TOTALS, PUSHES, TIME_ENTRIES)
_PSA_DAYS_SQL = _psa_sql(_TOTALS_OF_DAYS, PUSHES_OF_DAYS, TIME_ENTRIES_OF_DAYS, f"{GAPS}, {PSA_GAPS},")

_KNOWLEDGE_SQL = statement(f"WITH flows AS ({FLOWS}), proposals AS ({PROPOSALS}) SELECT * FROM flows, proposals")


class PsaGlance(Report):
    """The dashboard's `psa_metrics`, and the number of sessions behind its first share."""

    total_sessions: int
    psa_metrics: DashboardPsa | None


class KnowledgeGlance(Report):
    """The dashboard's `knowledge_coverage`, without its domains."""

    knowledge_coverage: KnowledgeCounts


async def psa_glance(db: ReadDb, window: Window) -> PsaGlance:
    """How the window's pushes to the ticket system went, in one statement."""
    row = (await read(db, _PSA_DAYS_SQL, _PSA_ROWS_SQL, window)).mappings().one()
    return PsaGlance(**header(window, "dashboard"), total_sessions=row["total"], psa_metrics=psa_of(row))


async def knowledge_glance(db: ReadDb, window: Window) -> KnowledgeGlance:
    """The account's flows, and the window's proposals for more, in one statement."""
    row = (await db.execute(narrowed(_KNOWLEDGE_SQL, window.only), window.parameters)).mappings().one()
    return KnowledgeGlance(**header(window, "dashboard"), knowledge_coverage=KnowledgeCounts(**knowledge_of(row)))


def psa_of(row: Any) -> DashboardPsa | None:
    """The ticket system in short, from a row of totals, pushes and time entries; None without any ticket."""
    if not row["tickets"]:
        return None
    return DashboardPsa(
        ticket_link_rate=percent(row["tickets"], row["total"]),
        ticket_link_rate_ci95=percent_ci95(row["tickets"], row["total"]),
        n_pushes=row["pushes"],
        auto_push_success_rate=percent(row["pushed"], row["pushes"]),
        auto_push_success_rate_ci95=percent_ci95(row["pushed"], row["pushes"]),
        auto_push_retry_success_rate=percent(row["pushed_by_retry"], row["pushes"]),
        auto_push_retry_success_rate_ci95=percent_ci95(row["pushed_by_retry"], row["pushes"]),
        total_time_entries_logged=row["entries"],
        total_hours_logged=round(row["hours"], 2),
    )


def knowledge_of(row: Any) -> dict[str, int]:
    """The fields of `KnowledgeCounts`, from a row of flows and proposals."""
    return {
        "total_flows": row["total_flows"],
        "ai_generated_flows": row["ai_generated_flows"],
        "total_proposals_pending": row["pending"],
        "proposals_approved_this_period": row["approved"],
        "proposals_rejected_this_period": row["rejected"],
    }
