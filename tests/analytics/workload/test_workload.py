"""When work begins, in the window's own hours, and what is open at the end of each day."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.company import Company

BASE = "/api/v1/analytics/flowpilot"
WINDOW = {"from": "2026-03-27", "to": "2026-03-31", "tz": "Europe/Berlin"}


def _report(client: TestClient, company: Company, name: str, **asked: str) -> Any:
    answer = client.get(f"{BASE}/{name}", params=WINDOW | asked, headers=company.headers())
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_load_is_counted_in_local_hours(client: TestClient, company: Company, neighbour: Company) -> None:
    for account in (company, neighbour):
        for moment in ("2026-03-28 23:30Z", "2026-03-29 01:30Z", "2026-03-30 22:30Z"):
            session = account.add("ai_sessions", created_at=moment)  # On the 29th the clocks go forward at 1:00Z.
        account.add("session_handoffs", session_id=session, created_at="2026-03-29 01:30Z")
    report = _report(client, company, "load")
    assert (report["n_sessions"], report["n_handoffs"], len(report["hours"])) == (2, 1, 168)
    found = [
        (cell["weekday"], cell["hour"], cell["sessions"], cell["handoffs"])
        for cell in report["hours"]
        if cell["sessions"] or cell["handoffs"]
    ]
    assert found == [(7, 0, 1, 0), (7, 3, 1, 1)]


def test_what_is_open_follows_from_beginnings_and_ends(client: TestClient, company: Company) -> None:
    for row in (
        {"created_at": "2026-03-01 10:00Z"},
        {"created_at": "2026-03-01 10:00Z", "status": "resolved", "resolved_at": "2026-03-02 10:00Z"},
        {"created_at": "2026-03-01 10:00Z", "status": "resolved", "resolved_at": "2026-03-28 10:00Z"},
        {"created_at": "2026-03-27 10:00Z", "status": "abandoned", "last_activity_at": "2026-03-28 10:00Z"},
        {"created_at": "2026-03-28 22:59Z"},  # 23:59 in Berlin.
        {"created_at": "2026-03-28 23:00Z"},
        {"created_at": "2026-03-28 10:00Z", "status": "resolved"},  # Imported, at an unknown time.
        {"created_at": "2026-03-30 22:00Z"},  # After the window.
    ):
        session = company.add("ai_sessions", **row)
    company.add(
        "session_handoffs",
        session_id=session,
        created_at="2026-03-27 10:00Z",
        closed_at="2026-03-29 10:00Z",
        outcome="resolved",
    )
    report = _report(client, company, "backlog")
    assert (report["sessions_open_before"], report["handoffs_open_before"], report["n_unknown"]) == (2, 0, 1)
    assert [
        (
            day["date"][-2:],
            day["sessions_opened"],
            day["sessions_ended"],
            day["sessions_open"],
            day["handoffs_open"],
        )
        for day in report["days"]
    ] == [("27", 1, 0, 3, 1), ("28", 1, 2, 2, 1), ("29", 1, 0, 3, 0), ("30", 0, 0, 3, 0)]
    assert all(day["complete"] for day in report["days"][:3])


def test_a_day_that_is_not_over_is_marked_and_the_future_is_left_out(client: TestClient, company: Company) -> None:
    company.add("ai_sessions")
    answer = client.get(f"{BASE}/backlog", params={"period": "7d"}, headers=company.headers()).json()
    assert [day["complete"] for day in answer["days"]] == [True] * (len(answer["days"]) - 1) + [False]
    assert answer["days"][-1]["sessions_open"] == 1


def test_a_huge_window_begins_with_the_first_day_with_something(client: TestClient, company: Company) -> None:
    company.add("ai_sessions", created_at="2026-03-29 10:00Z")
    huge = {"from": "0001-01-01", "to": "2026-04-01", "tz": "UTC"}
    days = _report(client, company, "backlog", **huge)["days"]
    assert [day["date"] for day in days] == ["2026-03-29", "2026-03-30", "2026-03-31"]
    nothing = _report(client, company, "backlog", **huge | {"to": "2026-03-01"})
    assert [(day["date"], day["sessions_open"]) for day in nothing["days"]] == [("2026-02-28", 0)]


@pytest.mark.parametrize("report", ["", "/backlog", "/load", "/psa-metrics", "/follow-up", "/savings"])
def test_reports_answer_for_all_time_with_a_session_of_year_one(
    client: TestClient, company: Company, report: str
) -> None:
    company.add("ai_sessions", created_at="0001-01-01 10:00Z", resolved_at="0001-01-01 11:00Z", status="resolved")
    company.add("ai_sessions", created_at="2026-03-01 10:00Z", resolved_at="9999-12-31 23:00Z", status="resolved")
    for asked in ({"from": "0001-01-01", "to": "2026-06-02"}, {"from": "0001-01-01", "to": "9999-12-31"}):
        answer = client.get(f"{BASE}{report}", params={**asked, "tz": "UTC"}, headers=company.headers())
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "0001-01-01", "to": "2026-01-01", "tz": "Europe/Berlin"}, "from"),
        ({"from": "0001-01-01T00:00Z", "to": "2026-01-01", "tz": "America/New_York"}, "from"),
        ({"from": "2026-01-01", "to": "9999-12-31T23:00Z", "tz": "Asia/Tokyo"}, "to"),
    ],
)
def test_an_end_that_no_calendar_has_is_named(
    client: TestClient, company: Company, asked: dict[str, str], field: str
) -> None:
    answer = client.get(f"{BASE}/backlog", params=asked, headers=company.headers())
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"{field}: '{asked[field]}' is outside the years 1 to 9999")
