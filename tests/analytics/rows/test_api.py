"""The routes of the rows: who may call, pages, CSV, and other accounts."""

import csv
import io
from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook

from flowpilot.analytics.rows import files as rows_files
from flowpilot.identity.actor import Role
from tests.company import Company

BASE = "/api/v1/analytics/flowpilot/rows"
KINDS = ["sessions", "handoffs", "psa-posts", "time-entries", "proposals", "baselines", "flows"]
WINDOW = {"from": "2026-01-01", "to": "2026-07-01"}
MOMENT = "2026-03-01T10:00Z"


def _one_of_each(company: Company, summary: str = "It is broken") -> None:
    flow = company.add("trees", name="Outlook")
    session = company.add(
        "ai_sessions", problem_summary=summary, problem_domain="email", matched_flow_id=flow, created_at=MOMENT
    )
    company.add("session_handoffs", session_id=session, created_at=MOMENT, reason="Stuck")
    company.add("psa_post_logs", ai_session_id=session, status="success", posted_at=MOMENT)
    entry = {"activity_type": "time_entry_posted", "hours_logged": 1.5, "created_at": MOMENT}
    company.add("psa_activity_logs", session_id=session, **entry)
    company.add("flow_proposals", source_session_id=session)
    who = company.users[Role.ENGINEER]
    company.add("handoff_baselines", method="entered", seconds=60, measured_by=who, created_at=MOMENT)


def _lines(client: TestClient, company: Company, kind: str, **params: Any) -> list[list[str]]:
    answer = client.get(f"{BASE}/{kind}.csv", params=WINDOW | params, headers=company.headers())
    assert answer.status_code == 200, answer.text
    return list(csv.reader(answer.text.splitlines()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("ending", ["", ".csv", ".xlsx"])
def test_who_may_call(client: TestClient, company: Company, kind: str, role: Role, ending: str) -> None:
    is_open = kind in {"handoffs", "baselines"} and role is Role.ENGINEER
    allowed = role in {Role.TEAM_ADMIN, Role.OWNER} or is_open
    answer = client.get(f"{BASE}/{kind}{ending}", headers=company.headers(role))
    assert answer.status_code == (200 if allowed else 403)


@pytest.mark.parametrize("kind", KINDS)
def test_only_ones_own_rows(client: TestClient, company: Company, neighbour: Company, kind: str) -> None:
    _one_of_each(neighbour)
    empty = client.get(f"{BASE}/{kind}", params=WINDOW, headers=company.headers()).json()
    assert empty == {"n": 0, "items": [], "next_cursor": None}
    assert len(_lines(client, company, kind)) == 1
    theirs = client.get(f"{BASE}/{kind}", params=WINDOW, headers=neighbour.headers()).json()
    assert (theirs["n"], len(theirs["items"])) == (1, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_csv_has_what_the_json_has(client: TestClient, company: Company, kind: str) -> None:
    _one_of_each(company)
    (item,) = client.get(f"{BASE}/{kind}", params=WINDOW, headers=company.headers()).json()["items"]
    header, row = _lines(client, company, kind)
    assert header == list(item)
    expected = [
        "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for value in item.values()
    ]
    assert row == expected


@pytest.mark.parametrize("kind", KINDS)
def test_the_spreadsheet_has_the_same_rows_and_says_how_they_are_filtered(
    client: TestClient, company: Company, kind: str
) -> None:
    _one_of_each(company)
    (item,) = client.get(f"{BASE}/{kind}", params=WINDOW, headers=company.headers()).json()["items"]
    answer = client.get(f"{BASE}/{kind}.xlsx", params=WINDOW, headers=company.headers())
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    (names, row), about = (sheet.to_python() for sheet in map(book.get_sheet_by_index, (0, 1)))
    assert names == list(item)
    assert row[names.index("id")] == item["id"]
    assert [line[:2] for line in about if line[0] == "Time zone"] == [["Time zone", "UTC"]]
    filters = {line[0]: line[1] for line in about if str(line[0]).startswith("Filter: ")}
    assert filters == ({"Filter: by": "created"} if kind in {"sessions", "handoffs"} else filters)


def test_a_spreadsheets_times_are_true_ones(client: TestClient, company: Company) -> None:
    _one_of_each(company, "=1+1")
    params = {**WINDOW, "tz": "Europe/Berlin"}
    answer = client.get(f"{BASE}/sessions.xlsx", params=params, headers=company.headers())
    names, row = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    found = dict(zip(names, row, strict=True))
    assert found["created_at"] == datetime(2026, 3, 1, 11)  # noqa: DTZ001 - A spreadsheet's times have no zone.
    assert (found["problem_summary"], found["step_count"]) == ("=1+1", 0)


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_pages_give_each_row_once_and_in_order(client: TestClient, company: Company, limit: int) -> None:
    for number in range(7):
        company.add("ai_sessions", created_at=f"2026-03-0{number // 3 + 1}T10:00Z")
    params: dict[str, Any] = {**WINDOW, "limit": limit}
    found = []
    while True:
        page = client.get(f"{BASE}/sessions", params=params, headers=company.headers()).json()
        assert page["n"] == 7
        found += [(item["created_at"], item["id"]) for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert len(set(found)) == 7
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "ü", "", "W10=", "WzEsIDJd", "bnVsbA=="])
def test_a_foreign_cursor_is_422(client: TestClient, company: Company, cursor: str) -> None:
    answer = client.get(f"{BASE}/sessions", params={"cursor": cursor}, headers=company.headers())
    assert answer.status_code == 422


@pytest.mark.parametrize("summary", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_is_a_formula(client: TestClient, company: Company, summary: str) -> None:
    _one_of_each(company, summary)
    answer = client.get(f"{BASE}/sessions.csv", params=WINDOW, headers=company.headers())
    assert f"'{summary}" in answer.text


def test_the_csv_is_a_file_with_a_name(client: TestClient, company: Company) -> None:
    answer = client.get(f"{BASE}/sessions.csv", params={**WINDOW, "domain": "a,=b\nc"}, headers=company.headers())
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    name = "flowpilot-sessions-2026-01-01-to-2026-07-01.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["flowpilot-filters"] == "by=created&domain=a%2C%3Db%0Ac"
    assert answer.headers["flowpilot-truncated"] == "false"


def test_filters_are_left_out_of_the_header_if_a_proxy_would_refuse_it(
    client: TestClient, company: Company
) -> None:
    for domain, header in (("x", "by=created&domain=x&rated=true"), ("é" * 2000, None)):
        params = {**WINDOW, "domain": domain, "rated": "true"}
        answer = client.get(f"{BASE}/sessions.csv", params=params, headers=company.headers())
        assert answer.status_code == 200
        assert answer.headers.get("flowpilot-filters") == header


def test_a_csv_without_all_rows_says_so_in_its_name(
    client: TestClient, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_files, "MOST_ROWS", 2)
    for day in range(1, 4):
        company.add("ai_sessions", created_at=f"2026-03-0{day}T10:00Z")
    answer = client.get(f"{BASE}/sessions.csv", params=WINDOW, headers=company.headers())
    created = [row["created_at"] for row in csv.DictReader(answer.text.splitlines())]
    assert created == ["2026-03-03T10:00:00Z", "2026-03-02T10:00:00Z"]
    assert answer.headers["flowpilot-truncated"] == "true"
    assert "-newest-2.csv" in answer.headers["content-disposition"]


def test_rows_share_a_limit_that_refused_requests_do_not_use(client: TestClient, company: Company) -> None:
    headers = company.headers()
    for _ in range(61):
        assert client.get(f"{BASE}/sessions?tz=Mars", headers=headers).status_code == 422
    for number in range(60):
        ending = ".csv" if number % 2 else ""
        assert client.get(f"{BASE}/{KINDS[number % 7]}{ending}", headers=headers).status_code == 200
    assert client.get(f"{BASE}/sessions", headers=headers).status_code == 429
    assert client.get(f"{BASE}/handoffs", headers=company.headers(Role.ENGINEER)).status_code == 200
