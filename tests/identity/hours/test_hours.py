"""An account's working hours: their history, who changes them, and what follows from them."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from flowpilot.db.bulk import account_transaction
from flowpilot.identity.actor import Role
from flowpilot.identity.hours.jobs import count_again
from flowpilot.sessions import derived as sessions
from flowpilot.working_hours import work_seconds
from tests.company import Company

HOURS = "/api/v1/account/hours"
ACCOUNT = "/api/v1/account"
WEEK = [{"weekday": day, "start": "08:00", "end": "17:00"} for day in range(1, 6)]


def _set(client: TestClient, company: Company, role: Role = Role.OWNER, **body: Any) -> Response:
    return client.post(
        HOURS, headers=company.headers(role), json={"valid_from": "2026-01-01", "spans": WEEK} | body
    )


def _list(client: TestClient, company: Company) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(HOURS, headers=company.headers(Role.VIEWER)).json()
    return found


def _working(client: TestClient, company: Company, start: str, end: str) -> float:
    asked = {"start": f"{start}Z", "end": f"{end}Z"}
    answer = client.get(f"{HOURS}/working-time", params=asked, headers=company.headers(Role.VIEWER))
    assert answer.status_code == 200, answer.text
    seconds: float = answer.json()["working_seconds"]
    return seconds


def test_hours_have_a_history(client: TestClient, company: Company, neighbour: Company) -> None:
    assert _list(client, company) == []
    night = [{"weekday": 5, "start": "22:00", "end": "6:00"}, {"weekday": 6, "start": "00:00", "end": "24:00"}]
    assert _set(client, company, valid_from="2026-06-01", spans=night).status_code == 200
    assert _set(client, company, holidays=[{"date": "2026-01-06", "name": "Epiphany"}]).status_code == 200
    assert [(one["valid_from"], len(one["spans"]), one["holidays"]) for one in _list(client, company)] == [
        ("2026-01-01", 5, [{"date": "2026-01-06", "name": "Epiphany"}]),
        ("2026-06-01", 2, []),
    ]
    assert _list(client, company)[1]["spans"][0] == {"weekday": 5, "start": "22:00", "end": "06:00"}
    assert _list(client, neighbour) == []


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2025-12-30T00:00", "2025-12-31T00:00", 24),  # Before the first hours.
        ("2026-01-05T00:00", "2026-01-08T00:00", 18),  # Three days, of which one is a holiday.
        ("2026-06-05T12:00", "2026-06-08T12:00", 26),  # A night, and the whole Saturday beside it.
    ],
)
def test_time_is_counted_by_the_hours_of_then(
    client: TestClient, company: Company, start: str, end: str, hours: int
) -> None:
    night = [{"weekday": 5, "start": "22:00", "end": "06:00"}, {"weekday": 6, "start": "00:00", "end": "24:00"}]
    _set(client, company, valid_from="2026-06-01", spans=night)
    _set(client, company, holidays=[{"date": "2026-01-06"}])
    assert _working(client, company, start, end) == 3600 * hours


def test_the_accounts_own_columns_are_the_simple_case(client: TestClient, company: Company) -> None:
    simple = {"work_days": [1, 2, 3, 4, 5], "work_start": "08:00", "work_end": "17:00"}
    assert _set(client, company).status_code == 200
    account = client.get(ACCOUNT, headers=company.headers()).json()
    assert simple.items() <= account.items()
    _set(client, company, spans=[*WEEK, {"weekday": 6, "start": "10:00", "end": "12:00"}])
    assert client.get(ACCOUNT, headers=company.headers()).json()["work_days"] is None
    client.patch(ACCOUNT, headers=company.headers(), json=simple)
    assert [one["spans"] for one in _list(client, company)][-1] == WEEK
    assert len(_list(client, company)) == 2


def test_hours_follow_the_accounts_time_zone(client: TestClient, company: Company) -> None:
    _set(client, company)
    client.patch(ACCOUNT, headers=company.headers(), json={"timezone": "Asia/Tokyo"})
    assert [one["timezone"] for one in _list(client, company)] == ["UTC", "Asia/Tokyo"]
    assert _list(client, company)[1]["spans"] == WEEK


def test_hours_of_one_day_are_replaced_and_taken_back(client: TestClient, company: Company) -> None:
    _set(client, company)
    _set(client, company, spans=None)
    assert [one["spans"] for one in _list(client, company)] == [None]
    gone = client.delete(f"{HOURS}/2026-01-01", headers=company.headers())
    assert (gone.status_code, _list(client, company)) == (204, [])
    again = client.delete(f"{HOURS}/2026-01-01", headers=company.headers())
    assert (again.status_code, again.json()["detail"][:31]) == (404, "No working hours begin on that ")
    log = client.get("/api/v1/audit-log?action=account.hours_changed", headers=company.headers()).json()["items"]
    assert len(log) == 3


@pytest.mark.parametrize("role", list(Role))
def test_who_may_change_them(client: TestClient, company: Company, role: Role) -> None:
    allowed = role in {Role.TEAM_ADMIN, Role.OWNER}
    assert _set(client, company, role).status_code == (200 if allowed else 403)
    gone = client.delete(f"{HOURS}/2026-01-01", headers=company.headers(role))
    assert gone.status_code == (204 if allowed else 403)


@pytest.mark.parametrize(
    "body",
    [
        {"spans": []},
        {"spans": [{"weekday": 8, "start": "08:00", "end": "17:00"}]},
        {"spans": [{"weekday": 1, "start": "08:00", "end": "24:30"}]},
        {"spans": [{"weekday": 1, "start": "08:00", "end": "08:00"}]},
        {"spans": [{"weekday": 1, "start": "24:00", "end": "08:00"}]},
        {"holidays": [{"date": "x"}]},
        {"zone": "UTC"},
    ],
)
def test_hours_that_mean_nothing_are_refused(client: TestClient, company: Company, body: dict[str, Any]) -> None:
    assert _set(client, company, **body).status_code == 422
    assert _list(client, company) == []


def test_reconcile_counts_what_has_happened_by_new_hours(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    row = {"status": "resolved", "created_at": "2026-03-02 16:00Z", "resolved_at": "2026-03-03 09:00Z"}
    for account in (company, neighbour):
        account.add("ai_sessions", **row)
    neighbour.add("ai_sessions", **row, work_seconds=7.0)
    _set(client, company)
    for account, corrected in ((company, 1), (company, 0), (neighbour, 1)):
        with account_transaction(account.urls.runtime, account.id) as connection:
            assert sessions.reconcile(connection, account.id) == corrected
    query = "SELECT DISTINCT work_seconds FROM ai_sessions WHERE account_id = %s"
    assert company.query(query, company.id) == [(7200.0,)]
    assert neighbour.query(query, neighbour.id) == [(None,)]


def test_hours_for_the_past_are_followed_by_what_was_counted(client: TestClient, company: Company) -> None:
    row = {"status": "resolved", "created_at": "2026-03-02 16:00Z", "resolved_at": "2026-03-03 09:00Z"}
    session = company.add("ai_sessions", **row)
    claim = {"created_at": "2026-03-02 16:00Z", "claimed_at": "2026-03-03 08:30Z"}
    company.add("session_handoffs", session_id=session, **claim)
    _set(client, company)
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'hours.recount' AND args->>'account_id' = %s"
    assert company.query(jobs, str(company.id)) == [(1,)]
    count_again(company.urls.runtime, company.id)
    assert company.query("SELECT work_seconds FROM ai_sessions") == [(7200.0,)]
    assert company.query("SELECT claim_work_seconds FROM session_handoffs") == [(5400.0,)]
    assert _set(client, company, valid_from="2999-01-01").status_code == 200
    assert company.query(jobs, str(company.id)) == [(1,)]


def test_what_changes_while_it_is_counted_keeps_what_the_change_stored(
    client: TestClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"status": "resolved", "created_at": "2026-03-02 16:00Z", "resolved_at": "2026-03-03 09:00Z"}
    company.add("ai_sessions", **row)
    _set(client, company)
    change = "UPDATE ai_sessions SET resolved_at = '2026-03-03 08:30Z', work_seconds = 5400 RETURNING 1"

    def meanwhile(*stretch: Any) -> float | None:
        company.query(change)
        return work_seconds(*stretch)

    monkeypatch.setattr("flowpilot.identity.hours.recount.work_seconds", meanwhile)
    with account_transaction(company.urls.runtime, company.id) as connection:
        sessions.recount_times(connection, company.id)
    assert company.query("SELECT work_seconds FROM ai_sessions") == [(5400.0,)]
