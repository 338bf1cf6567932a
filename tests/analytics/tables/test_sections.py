"""Tables: every section of every report, with exactly the report's values."""

import csv
import io
from datetime import date
from urllib.parse import parse_qsl

import pytest
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook

from flowpilot.analytics.metrics import METRICS, definitions
from flowpilot.analytics.reports import REPORTS
from flowpilot.analytics.tables.sections import sections
from flowpilot.identity.actor import Role
from tests.company import Company

BASE = "/api/v1/analytics/flowpilot"
WINDOW = {"from": "2026-01-01", "to": "2026-07-01"}


@pytest.mark.parametrize("name", REPORTS)
def test_every_section_is_a_table(client: TestClient, company: Company, name: str) -> None:
    for section in sections(REPORTS[name].model)[:15]:
        answer = client.get(f"{BASE}/tables/{name}/{section}.csv", params=WINDOW, headers=company.headers())
        assert answer.status_code == 200, answer.text
        assert "," in answer.text.splitlines()[0]


def test_a_list_has_a_line_per_item(client: TestClient, company: Company) -> None:
    moments = {"created_at": "2026-03-01T10:00Z", "resolved_at": "2026-03-01T11:00Z"}
    company.add("ai_sessions", status="resolved", problem_domain="=email", **moments)
    headers = company.headers()
    answer = client.get(f"{BASE}/tables/dashboard/sessions_by_domain.csv", params=WINDOW, headers=headers)
    (item,) = client.get(BASE, params=WINDOW, headers=headers).json()["sessions_by_domain"]
    (row,) = csv.DictReader(answer.text.splitlines())
    low, high = item.pop("resolution_rate_ci95")
    expected = item | {"resolution_rate_ci95_low": low, "resolution_rate_ci95_high": high, "domain": "'=email"}
    assert row == {name: str(value) for name, value in expected.items()}


def test_an_object_has_a_line_per_field(client: TestClient, company: Company) -> None:
    answer = client.get(f"{BASE}/tables/psa-metrics/push_funnel.csv", headers=company.headers())
    assert answer.text.splitlines()[:2] == ["field,value", "total_sessions,0"]


def test_a_table_describes_itself_in_its_headers(client: TestClient, company: Company) -> None:
    answer = client.get(f"{BASE}/tables/dashboard/mttr_trend.csv", params=WINDOW, headers=company.headers())
    name = "flowpilot-dashboard-mttr_trend-2026-01-01-to-2026-07-01.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["link"] == f'<{BASE}/metrics?report=dashboard>; rel="describedby"'
    described = client.get(f"{BASE}/metrics?report=dashboard", headers=company.headers()).json()
    assert [metric["slug"] for metric in described] == definitions("dashboard")
    asked = dict(parse_qsl(answer.headers["flowpilot-window"]))
    assert (asked["from"], asked["to"], asked["tz"]) == (
        "2026-01-01T00:00:00+00:00",
        "2026-07-01T00:00:00+00:00",
        "UTC",
    )


def test_a_table_is_a_spreadsheet_with_its_definitions_on_a_second_sheet(
    client: TestClient, company: Company
) -> None:
    moments = {"created_at": "2026-03-01T10:00Z", "resolved_at": "2026-03-01T11:00Z"}
    company.add("ai_sessions", status="resolved", **moments)
    answer = client.get(f"{BASE}/tables/dashboard/mttr_trend.xlsx", params=WINDOW, headers=company.headers())
    assert answer.headers["content-disposition"].endswith('-2026-01-01-to-2026-07-01.xlsx"')
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    table, about = (book.get_sheet_by_name(name).to_python() for name in ("Table", "About"))
    names, row = table
    assert dict(zip(names, row, strict=True))["date"] == date(2026, 3, 1)
    assert dict(zip(names, row, strict=True))["mttr_minutes"] == 60
    assert ["Time zone", "UTC"] in [line[:2] for line in about]
    assert [line[1] for line in about][-len(definitions("dashboard")) :] == [
        METRICS[slug].definition for slug in definitions("dashboard")
    ]


def test_a_byte_order_mark_is_on_request(client: TestClient, company: Company) -> None:
    path, headers = f"{BASE}/tables/psa-metrics/push_funnel.csv", company.headers()
    assert client.get(path, headers=headers).content.startswith(b"field,value")
    marked = client.get(path, params={"bom": True}, headers=headers)
    assert marked.content.startswith(b"\xef\xbb\xbffield,value")


def test_an_unknown_section_is_404_with_a_list(client: TestClient, company: Company) -> None:
    for path in ("dashboard/window", "dashboard/x", "escalations/x"):
        answer = client.get(f"{BASE}/tables/{path}.csv", headers=company.headers())
        assert (answer.status_code, answer.json()["sections"]) == (
            404,
            sections(REPORTS[path.split("/")[0]].model),
        )
    answer = client.get(f"{BASE}/tables/x/y.csv", headers=company.headers())
    assert (answer.status_code, answer.json()["reports"]) == (404, list(REPORTS))


@pytest.mark.parametrize("role", list(Role))
def test_who_may_call(client: TestClient, company: Company, role: Role) -> None:
    headers, is_admin = company.headers(role), role in {Role.TEAM_ADMIN, Role.OWNER}
    for path, allowed in (
        ("escalations/population", is_admin or role is Role.ENGINEER),
        ("dashboard/mttr_trend", is_admin),
    ):
        for ending in ("csv", "xlsx"):
            answer = client.get(f"{BASE}/tables/{path}.{ending}", headers=headers)
            assert answer.status_code == (200 if allowed else 403)


def test_tables_are_limited_together(client: TestClient, company: Company) -> None:
    paths = ("escalations/population", "coverage/domains", "psa-metrics/push_funnel")
    for number in range(30):
        answer = client.get(f"{BASE}/tables/{paths[number % 3]}.csv", headers=company.headers())
        assert answer.status_code == 200
    assert client.get(f"{BASE}/tables/{paths[0]}.csv", headers=company.headers()).status_code == 429
