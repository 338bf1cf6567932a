"""`flowpilot report`: the API's body, a table, a CSV."""

import csv
import io
import json

import pytest
from fastapi.testclient import TestClient

from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.reports import REPORTS
from flowpilot.identity.actor import Role
from tests.analytics.dimensions.world import Desk, live_through
from tests.analytics.paths import values_in_csv, values_of
from tests.cli.conftest import Run
from tests.company import Company

BASE = "/api/v1/analytics/flowpilot"
PAST = ("--from", "2026-01-01", "--to", "2026-02-01")


@pytest.fixture
def busy(company: Company) -> Company:
    shelf = company.add("tree_categories", name="Email")
    flow = company.add("trees", name="Outlook [classic]", category_id=shelf)
    for hour in range(8, 20):
        session = company.add(
            "ai_sessions",
            status="resolved" if hour % 3 else "escalated",
            problem_domain="email",
            confidence_tier="guided",
            matched_flow_id=flow,
            psa_ticket_id="7",
            created_at=f"2026-01-{hour:02} 08:00Z",
            resolved_at=f"2026-01-{hour:02} 09:00Z" if hour % 3 else None,
        )
        company.add("session_handoffs", session_id=session, created_at=f"2026-01-{hour:02} 08:10Z")
    return company


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("name", REPORTS)
def test_json_is_the_apis_body_byte_for_byte(flowpilot: Run, client: TestClient, busy: Company, name: str) -> None:
    path = "" if name == "dashboard" else f"/{name}"
    params = {"from": "2026-01-01", "to": "2026-02-01"}
    body = client.get(BASE + path, params=params, headers=busy.headers())
    done = flowpilot("report", name, "--account", busy.id, *PAST, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert done.stdout == body.content


@pytest.mark.parametrize("name", REPORTS)
def test_a_table_for_people(flowpilot: Run, busy: Company, name: str) -> None:
    done = flowpilot("report", name, "--account", busy.id, *PAST, "--definitions")
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert REPORTS[name].title in text
    assert "What the figures mean" in text


@pytest.mark.parametrize("name", REPORTS)
def test_an_empty_account_has_reports_too(flowpilot: Run, company: Company, name: str) -> None:
    done = flowpilot("report", name, "--account", company.id)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", REPORTS)
def test_csv_is_the_same_figures(flowpilot: Run, busy: Company, name: str) -> None:
    words = ("report", name, "--account", busy.id, *PAST, "--format")
    body, text = flowpilot(*words, "json").stdout, flowpilot(*words, "csv").stdout.decode()
    figures = {field: value for field, value in json.loads(body).items() if field != "definitions"}
    known, flat = values_of(figures), values_in_csv(text)
    assert {place: flat.get(place) for place in known} == known


def test_csv_has_every_figure(flowpilot: Run, busy: Company) -> None:
    done = flowpilot("report", "dashboard", "--account", busy.id, *PAST, "--format", "csv").stdout.decode()
    rows = _rows(done)
    assert rows[0] == ["section", "row", "field", "value"]
    assert ["", "", "total_sessions", "12"] in rows
    assert ["sessions_by_domain", "email", "resolved", "8"] in rows
    assert ["mttr_trend", "2026-01-08", "mttr_minutes", "60.0"] in rows
    assert ["definitions", "mttr", "definition", METRICS["mttr"].definition] in rows


def test_text_that_people_wrote_is_not_a_formula_in_the_csv(flowpilot: Run, company: Company) -> None:
    formula = '=HYPERLINK("https://evil.example","open")'
    flow = company.add("trees", name=formula)
    session = company.add(
        "ai_sessions",
        status="escalated",
        problem_domain="@SUM(A1)",
        matched_flow_id=flow,
        created_at="2026-01-08 08:00Z",
    )
    company.add("session_handoffs", session_id=session, created_at="2026-01-08 08:10Z", reason=formula)
    for name in ("dashboard", "coverage", "flow-quality", "escalations"):
        text = flowpilot("report", name, "--account", company.id, *PAST, "--format", "csv").stdout.decode()
        written = [cell for row in _rows(text) for cell in row if formula in cell or "@SUM" in cell]
        assert written, name
        assert [cell for cell in written if not cell.startswith("'")] == [], name


def _dimensions(desk: Desk, company: Company) -> list[dict[str, object]]:
    return [
        {"client": desk.clients["Acme"]},
        {"person": company.users[Role.ENGINEER]},
        {"domain": "email", "priority": "high"},
        {"flow": desk.flows["VPN"]},
    ]


def test_a_report_is_narrowed_as_the_api_narrows_it(flowpilot: Run, client: TestClient, company: Company) -> None:
    desk = live_through(company)
    for asked in _dimensions(desk, company):
        ids = ("client", "person", "flow")
        params = {f"{name}_id" if name in ids else name: str(value) for name, value in asked.items()}
        body = client.get(
            BASE, params={"from": "2026-01-01", "to": "2026-02-01"} | params, headers=company.headers()
        )
        options = [word for name, value in asked.items() for word in (f"--{name}", str(value))]
        done = flowpilot("report", "dashboard", "--account", company.id, *PAST, *options, "--format", "json")
        assert done.returncode == 0, done.stderr
        assert done.stdout == body.content
        assert 0 < json.loads(done.stdout)["total_sessions"] < 24


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_can_be_narrowed(flowpilot: Run, company: Company, name: str) -> None:
    live_through(company)
    done = flowpilot("report", name, "--account", company.id, *PAST, "--domain", "email", "--priority", "urgent")
    assert done.returncode == 0, done.stderr


def test_an_account_without_figures_of_one_person_has_none_here(flowpilot: Run, company: Company) -> None:
    company.query("UPDATE accounts SET reports_by_person = false WHERE id = %s RETURNING id", company.id)
    words = ("report", "dashboard", "--account", company.id)
    done = flowpilot(*words, "--person", company.users[Role.ENGINEER])
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"This account shows no figures of one person." in done.stderr
    assert flowpilot(*words).returncode == 0


def test_sort_is_passed_on(flowpilot: Run, busy: Company) -> None:
    words = ("report", "flow-quality", "--account", busy.id, *PAST, "--format", "json", "--sort")
    assert json.loads(flowpilot(*words, "usage").stdout)["flows"][0]["usage_count"] == 12
    assert flowpilot(*words, "name").returncode == 2


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("dashboard", "--from", "2026-01-01"), 1),
        (("dashboard", "--period", "8d"), 2),
        (("dashboard", "--client", "Acme"), 2),
        (("dashboard", "--priority", "1"), 2),
        (("mystery",), 2),
    ],
)
def test_nonsense_is_refused(flowpilot: Run, company: Company, words: tuple[str, ...], status: int) -> None:
    done = flowpilot("report", *words, "--account", company.id)
    assert (done.returncode, done.stdout) == (status, b"")
