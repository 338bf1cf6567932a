"""The SQL that our reports are measured against answers the contract's worked world as they do.

Rounding is not its subject: a figure is right if it rounds to the contract's, give or take half of its last digit.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from benchmarks.naive import STATEMENTS, Row, answer
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls

Found = dict[str, list[Row]]

# The contract's decimals: of percents and minutes, of rates, of seconds, hours and ratings.
PERCENT, RATE, SECONDS = 0.051, 0.00051, 0.0051


def near(expected: float | None, digit: float) -> Any:
    return None if expected is None else pytest.approx(expected, abs=digit)


def one(found: Found, figure: str) -> Any:
    rows = found[figure]
    value = rows[0][0] if rows else None
    return value if value is None else float(value)


def by_key(found: Found, figure: str) -> dict[str, float]:
    return {str(key): float(value) for key, value, *_ in found[figure] if value is not None}


def share(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def check_dashboard(found: Found, expected: dict[str, Any]) -> None:
    for figure in ("total_sessions", "resolved_sessions", "escalated_sessions", "abandoned_sessions"):
        assert one(found, figure) == expected[figure]
    assert one(found, "mttr_minutes") == near(expected["mttr_minutes"], PERCENT)
    assert one(found, "avg_rating") == near(expected["avg_rating"], SECONDS)
    for figure in ("avg_steps_to_resolution", "avg_session_duration_minutes"):
        assert (one(found, figure) or 0.0) == near(expected[figure], PERCENT)
    days = {day.isoformat(): (float(minutes), n) for day, minutes, n in found["mttr_trend"]}
    trend = {
        day["date"]: (near(day["mttr_minutes"], PERCENT), day["session_count"]) for day in expected["mttr_trend"]
    }
    assert days == trend
    domains = {
        (row["domain"], row["total"], row["resolved"], row["escalated"]) for row in expected["sessions_by_domain"]
    }
    assert set(found["sessions_by_domain"]) == domains
    for tier in ("guided", "exploring", "discovery"):
        [(n, resolved)] = found[tier]
        assert n == expected["confidence_breakdown"][f"{tier}_sessions"]
        rate = expected["confidence_breakdown"][f"{tier}_resolution_rate"]
        assert share(resolved, n) == near(rate, PERCENT)
    check_knowledge(found, expected["knowledge_coverage"])
    check_psa(found, expected)


def check_knowledge(found: Found, expected: dict[str, Any]) -> None:
    for figure in expected.keys() - {"coverage_by_domain"}:
        assert one(found, figure) == expected[figure]
    flows = by_key(found, "flow_count")
    guided = {domain: (n, share(guided, n)) for domain, n, guided in found["guided_by_domain"]}
    assert {(domain, flows.get(domain.lower(), 0), n) for domain, (n, _) in guided.items()} == {
        (row["domain"], row["flow_count"], row["session_count"]) for row in expected["coverage_by_domain"]
    }
    for row in expected["coverage_by_domain"]:
        assert guided[row["domain"]][1] == near(row["guided_rate"], PERCENT)


def check_psa(found: Found, expected: dict[str, Any]) -> None:
    psa = expected["psa_metrics"]
    if psa is None:
        assert one(found, "linked") == 0
        return
    assert share(one(found, "linked"), one(found, "total_sessions")) == near(psa["ticket_link_rate"], PERCENT)
    pushes = one(found, "pushes")
    assert share(one(found, "pushed"), pushes) == near(psa["auto_push_success_rate"], PERCENT)
    retried = share(one(found, "pushed_after_retries"), pushes)
    assert retried == near(psa["auto_push_retry_success_rate"], PERCENT)
    assert one(found, "total_time_entries_logged") == psa["total_time_entries_logged"]
    assert one(found, "total_hours_logged") == near(psa["total_hours_logged"], SECONDS)


def check_coverage(found: Found, expected: dict[str, Any]) -> None:
    assert one(found, "unmapped_session_count") == expected["unmapped_session_count"]
    assert len(found["session_count"]) == expected["total_domains"]
    flows = by_key(found, "flow_count")
    for row in expected["domains"]:
        domain = row["domain"]
        assert by_key(found, "session_count")[domain] == row["session_count"]
        assert flows.get(domain.lower(), 0) == row["flow_count"]
        for figure in ("resolution_rate", "escalation_rate", "guided_rate"):
            assert by_key(found, figure)[domain] == near(row[figure], RATE)
        minutes = by_key(found, "avg_resolution_minutes").get(domain)
        assert minutes == near(row["avg_resolution_minutes"], PERCENT)


def check_flows(found: Found, expected: dict[str, Any], now: datetime) -> None:
    assert {str(id_) for id_, *_ in found["flows"]} == {row["flow_id"] for row in expected["flows"]}
    ever = {str(flow): moment for flow, moment in found["last_matched_ever"]}
    for row in expected["flows"]:
        flow = row["flow_id"]
        assert by_key(found, "usage_count").get(flow, 0) == row["usage_count"]
        success, guided = by_key(found, "success_rate").get(flow), by_key(found, "avg_confidence").get(flow)
        assert (success, guided) == (near(row["success_rate"], RATE), near(row["avg_confidence"], RATE))
        last = ever.get(flow)
        shown = row["last_matched_at"]
        assert last == (None if shown is None else datetime.fromisoformat(shown))
        if success is not None and guided is not None and last is not None:
            recency = min(1.0, max(0.0, 1 - (now - last) / timedelta(days=90)))
            assert 0.5 * success + 0.3 * guided + 0.2 * recency == near(row["quality_score"], RATE)


def check_psa_metrics(found: Found, expected: dict[str, Any]) -> None:
    assert one(found, "total_time_entries") == expected["total_time_entries"]
    assert one(found, "total_hours_logged") == near(expected["total_hours_logged"], SECONDS)
    for figure, value in expected["push_funnel"].items():
        assert one(found, figure) == value
    days = [(day.isoformat(), n, float(hours)) for day, n, hours in found["daily_trend"]]
    assert days == [(day["date"], day["entries"], near(day["hours"], SECONDS)) for day in expected["daily_trend"]]


def check_escalations(found: Found, expected: dict[str, Any]) -> None:
    for figure in STATEMENTS["escalations"]:
        assert one(found, figure) == near(expected[figure], SECONDS)


@pytest.mark.parametrize("account", ["busy", "small", "empty"])
@pytest.mark.parametrize("days", [7, 30, 90])
@pytest.mark.one_server
def test_it_answers_the_worked_world(world: dict[str, Any], urls: DatabaseUrls, account: str, days: int) -> None:
    now, of_account = datetime.fromisoformat(world["now"]), world["accounts"][account]
    expected, account_id = of_account[f"{days}d"], uuid.UUID(of_account["account_id"])
    with account_transaction(urls.runtime, account_id) as connection:
        found = {
            report: answer(connection, report, account_id, now - timedelta(days=days), now)
            for report in STATEMENTS
        }
    check_dashboard(found["dashboard"], expected["dashboard"])
    check_coverage(found["coverage"], expected["coverage"])
    check_flows(found["flow-quality"], expected["flow-quality?sort=quality"], now)
    check_psa_metrics(found["psa-metrics"], expected["psa-metrics"])
    check_escalations(found["escalations"], expected["escalations"])
