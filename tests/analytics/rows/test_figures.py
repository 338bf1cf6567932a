"""Every figure of the reports is the number of its rows, also with other accounts in the database."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from flowpilot.analytics.period import Period, Window, window
from flowpilot.analytics.reports import REPORTS, to_json
from flowpilot.analytics.rows.base import RowFilter, RowKind
from flowpilot.analytics.rows.baselines import BASELINES, BaselineRowFilter
from flowpilot.analytics.rows.flows import FLOWS, FlowRowFilter
from flowpilot.analytics.rows.handoffs import HANDOFFS, HandoffRowFilter
from flowpilot.analytics.rows.proposals import PROPOSALS, ProposalRowFilter
from flowpilot.analytics.rows.psa_posts import PSA_POSTS, PsaPostRowFilter
from flowpilot.analytics.rows.reading import Paging, read_rows
from flowpilot.analytics.rows.sessions import SESSIONS, SessionRowFilter
from flowpilot.analytics.rows.time_entries import TIME_ENTRIES, TimeEntryRowFilter
from flowpilot.db.session import Database, ReadDb

pytestmark = pytest.mark.anyio

Figure = tuple[str, int, RowKind[Any], RowFilter]
DECIDED = ["resolved", "escalated"]


async def _reports(db: ReadDb, asked: Window) -> dict[str, Any]:
    return {name: json.loads(to_json(await kind.run(db, asked))) for name, kind in REPORTS.items()}


def _sessions(name: str, n: int, **filters: Any) -> Figure:
    return name, n, SESSIONS, SessionRowFilter(**filters)


def _handoffs(name: str, n: int, **filters: Any) -> Figure:
    return name, n, HANDOFFS, HandoffRowFilter(**filters)


def _dashboard(report: Any) -> Iterator[Figure]:
    yield _sessions("total", report["total_sessions"])
    for status in ("resolved", "escalated", "abandoned"):
        yield _sessions(status, report[f"{status}_sessions"], status=[status])
    yield _sessions("guided", report["n_guided"], tier="guided")
    yield _sessions("rated", report["n_rated"], rated=True)
    yield _sessions("mttr", report["n_mttr"], status=["resolved"], timed=True)
    yield _sessions("unknown", report["n_unknown"], status=["resolved"], timed=False)
    for day in report["mttr_trend"]:
        yield _sessions("trend", day["session_count"], resolved_on=day["date"])
    for row in report["sessions_by_domain"]:
        yield _sessions("domain", row["total"], domain=row["domain"])
        yield _sessions("domain", row["resolved"], domain=row["domain"], status=["resolved"])
        yield _sessions("domain", row["escalated"], domain=row["domain"], status=["escalated"])
    for tier in ("guided", "exploring", "discovery"):
        yield _sessions(tier, report["confidence_breakdown"][f"{tier}_sessions"], tier=tier, status=DECIDED)
    known = report["knowledge_coverage"]
    yield "flows", known["total_flows"], FLOWS, FlowRowFilter()
    yield "ai flows", known["ai_generated_flows"], FLOWS, FlowRowFilter(made_by_ai=True)
    for name, outcome in (("total_proposals_pending", "pending"), ("proposals_approved_this_period", "approved")):
        yield name, known[name], PROPOSALS, ProposalRowFilter(outcome=outcome)
    rejected = known["proposals_rejected_this_period"]
    yield "rejected", rejected, PROPOSALS, ProposalRowFilter(outcome="rejected")
    for row in known["coverage_by_domain"]:
        yield _sessions("coverage", row["session_count"], domain=row["domain"])
        yield "flows", row["flow_count"], FLOWS, FlowRowFilter(usable=True, domain=row["domain"])
    if (psa := report["psa_metrics"]) is not None:
        yield "pushes", psa["n_pushes"], PSA_POSTS, PsaPostRowFilter()
        entries = psa["total_time_entries_logged"]
        yield "entries", entries, TIME_ENTRIES, TimeEntryRowFilter()


def _other(reports: dict[str, Any]) -> Iterator[Figure]:
    covered = reports["coverage"]
    yield _sessions("unmapped", covered["unmapped_session_count"], without_domain=True)
    for row in covered["domains"]:
        yield _sessions("coverage", row["session_count"], domain=row["domain"])
        yield _sessions("timed", row["n_timed"], domain=row["domain"], status=["resolved"], timed=True)
        yield _sessions("unknown", row["n_unknown"], domain=row["domain"], status=["resolved"], timed=False)
    quality = reports["flow-quality"]["flows"]
    yield "usable flows", len(quality), FLOWS, FlowRowFilter(usable=True)
    for flow in quality:
        yield _sessions("usage", flow["usage_count"], flow_id=flow["flow_id"])
    for gap in reports["knowledge-gaps"]["gaps"]:
        yield _sessions(gap["title"], gap["sessions"]["n"], **gap["sessions"]["filters"])
        evidence, of = gap["evidence"], {"domain": gap["domain"]} if gap["domain"] else {"without_domain": True}
        if gap["gap_type"] == "high_escalation":
            yield _sessions("cases of a gap", evidence["n"], **of)
        if gap["gap_type"] == "uncharted_territory":
            yield _sessions("cases of a gap", evidence["n"], status=["resolved"], **of)
    for node in reports["flow-endings"]["nodes"]:
        place = f"{node['flow_id']}/{node['node']}"
        yield _sessions(place, node["n_sessions"], by="handed_over", handed_over_at=place)
    psa = reports["psa-metrics"]
    funnel = psa["push_funnel"]
    yield _sessions("funnel", funnel["total_sessions"])
    yield _sessions("linked", funnel["linked_to_ticket"], has_ticket=True)
    yield _sessions("pushed", funnel["doc_pushed"], by="doc_pushed")
    yield _sessions("logged", funnel["time_entry_logged"], by="time_entry_logged")
    yield "entries", psa["total_time_entries"], TIME_ENTRIES, TimeEntryRowFilter()
    for day in psa["daily_trend"]:
        filters = TimeEntryRowFilter(day=day["date"])
        yield "entries of a day", day["entries"], TIME_ENTRIES, filters


def _escalations(report: Any) -> Iterator[Figure]:
    for state in ("unclaimed", "waiting", "claimed", "acted", "pending"):
        yield _handoffs(state, report["population"][f"n_{state}"], state=state)
    yield _handoffs("created", report["population"]["n_created"])
    yield _handoffs("all claimed", report["n_handoffs_claimed"], by="claimed")
    yield _handoffs("with action", report["n_handoffs_with_action"], by="claimed", state="acted_ever")
    yield _handoffs("to claim", report["time_to_claim"]["n_censored"], state="unclaimed")
    yield _handoffs("claims", report["time_to_claim"]["n"], claim_time_unknown=False)
    whole = report["quality"]["created_to_first_action"]
    yield _handoffs("without action", whole["n_censored"], state="not_acted")
    for unknown in (report["population"], report["time_to_claim"], report["time_to_first_action"], whole):
        yield _handoffs("unknown", unknown["n_unknown"], claim_time_unknown=True)
    action = report["time_to_first_action"]
    yield _handoffs("to action", action["n"], by="claimed")
    yield _handoffs("still waiting", action["n_censored"], by="claimed", state="not_acted")
    claimant = report["time_to_claimant_action"]
    yield _handoffs("claimant", claimant["n"], by="claimed")
    yield _handoffs("claimant waits", claimant["n_censored"], by="claimed", state="claimant_not_acted")
    n_acted = claimant["n"] - claimant["n_censored"]
    yield _handoffs("claimant acted", n_acted, by="claimed", state="claimant_acted")
    for bucket in report["distribution"]:
        edges = {"from_seconds": bucket["from_seconds"], "to_seconds": bucket["to_seconds"]}
        yield _handoffs("bucket", bucket["n"], by="claimed", **edges)
    quality = report["quality"]
    yield _handoffs("bounced of", quality["bounce_back_rate"]["n"], by="claimed")
    yield _handoffs("released of", quality["release_rate"]["n"], by="claim_event")
    yield _handoffs("snapshots", quality["snapshot_completeness"]["n"], completeness_known=True)
    for name, filters in (
        ("bounce_back_rate", {"by": "claimed", "bounced_back": True}),
        ("release_rate", {"by": "claim_event", "released": True}),
    ):
        yield _handoffs(name, quality[name]["count"], **filters)
    yield from _groups(report)


def _groups(report: Any) -> Iterator[Figure]:
    named = [row["reason"] or "" for row in report["by_reason"] if row["reason"] != "(other)"]
    for key, groups in (("reason", report["by_reason"]), ("domain", report["by_domain"])):
        for group in groups:
            name = group[key]
            filters: dict[str, Any] = {f"without_{key}": True} if name is None else {key: name}
            if key == "reason" and name == "(other)":
                filters = {"not_reason": named}
            yield _handoffs(f"{key} {name}", group["n"], **filters)
            yield _handoffs(f"{key} {name} acted", group["n_acted"], state="acted", **filters)
            yield _handoffs(f"{key} {name} unknown", group["n_unknown"], claim_time_unknown=True, **filters)
            yield _handoffs(f"{key} {name} claimed", group["bounce_back_rate_n"], by="claimed", **filters)
            yield _handoffs(f"{key} {name} claims", group["release_rate_n"], by="claim_event", **filters)


def _savings(report: Any) -> Iterator[Figure]:
    measured = {"running": False, "excluded": False}
    yield "timed", report["baseline"]["n"], BASELINES, BaselineRowFilter(method="stopwatch", **measured)
    yield "entered", report["entered"]["n"], BASELINES, BaselineRowFilter(method="entered", **measured)
    yield "running", report["n_running"], BASELINES, BaselineRowFilter(running=True)
    yield "excluded", report["excluded"]["n"], BASELINES, BaselineRowFilter(running=False, excluded=True)
    for reason in report["excluded"]["reasons"]:
        asked = BaselineRowFilter(running=False, excluded_reason=reason["reason"])
        yield "excluded for", reason["n"], BASELINES, asked
    yield _handoffs("product", report["product"]["n"], by="claimed")
    by_clock: dict[str, dict[str, Any]] = {"creation": {"claim_time_unknown": False}, "claim": {"by": "claimed"}}
    for one in report["comparisons"]:
        yield _handoffs(f"product by {one['clock']}", one["product"]["n"], **by_clock[one["clock"]])
    yield _handoffs("product unknown", report["product"]["n_unknown"], claim_time_unknown=True)


def _workload(reports: Any) -> Iterator[Figure]:
    for cell in reports["load"]["hours"]:
        when = {"created_weekday": cell["weekday"], "created_hour": cell["hour"]}
        if cell["sessions"]:
            yield _sessions("load", cell["sessions"], **when)
        if cell["handoffs"]:
            yield _handoffs("load", cell["handoffs"], **when)
    for day in reports["backlog"]["days"][::7]:
        yield _sessions("open", day["sessions_open"], by="any_time", open_on=day["date"])
        yield _handoffs("open", day["handoffs_open"], by="any_time", open_on=day["date"])


def _follow_up(report: Any) -> Iterator[Figure]:
    yield _sessions("followed", report["total_sessions"])
    yield _sessions("ever escalated", report["n_ever_escalated"], ever_escalated=True)


def figures(reports: dict[str, Any]) -> list[Figure]:
    """Every figure that is a number of rows, with the filter that finds them."""
    return [
        *_dashboard(reports["dashboard"]),
        *_other(reports),
        *_escalations(reports["escalations"]),
        *_savings(reports["savings"]),
        *_workload(reports),
        *_follow_up(reports["follow-up"]),
    ]


async def differences(db: ReadDb, asked: Window) -> list[tuple[str, int, int]]:
    """The figures that are not the number of their rows."""
    found = []
    for name, expected, kind, filters in figures(await _reports(db, asked)):
        page = await read_rows(db, asked, kind, filters, Paging(limit=200))
        assert len(page.items) == min(page.n, 200), name
        if page.n != expected:
            found.append((f"{name} {filters.parameters}", expected, page.n))
    return found


@pytest.mark.parametrize("account", ["busy", "small", "empty"])
@pytest.mark.parametrize("period", list(Period))
async def test_the_contracts_world(
    world: dict[str, Any], database: Database, account: str, period: Period
) -> None:
    account_id, now = uuid.UUID(world["accounts"][account]["account_id"]), datetime.fromisoformat(world["now"])
    asked = window(account_id, now=now, account_timezone="UTC", period=period)
    async with database.read(account_id) as db:
        assert await differences(db, asked) == []
