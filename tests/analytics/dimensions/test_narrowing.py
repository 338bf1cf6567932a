"""A narrowed report is the report of an account that has nothing else; and its numbers lead to its rows."""

import re
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.analytics.dimensions.narrowing import Dimensions, narrowed
from flowpilot.analytics.period import window
from flowpilot.analytics.reports import REPORTS
from flowpilot.analytics.sql import statement
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.analytics.dimensions.world import PRIORITIES, Desk, live_through
from tests.company import Company, at, found_company

BASE = "/api/v1/analytics/flowpilot"
JANUARY: dict[str, Any] = {"from_": "2026-01-01", "to": "2026-02-01"}
NOW = at("2026-02-01 00:00")
_IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

ASKED: list[dict[str, Any]] = [
    {"client": "Acme"},
    {"person": Role.ENGINEER},
    {"domain": "email"},
    {"flow": "Outlook"},
    {"priority": 2},
    {"client": "Birch", "person": Role.OWNER, "domain": "network"},
]


def _only(company: Company, desk: Desk, asked: dict[str, Any]) -> Dimensions:
    priority = asked.get("priority")
    return Dimensions(
        client_id=desk.clients.get(asked.get("client", "")),
        person_id=company.users.get(asked.get("person", "")),
        domain=asked.get("domain"),
        flow_id=desk.flows.get(asked.get("flow", "")),
        priority=None if priority is None else PRIORITIES[priority - 1],
    )


async def _reports(database: Database, company: Company, only: Dimensions) -> dict[str, Any]:
    """Every report without what differs from account to account."""
    asked = window(company.id, now=NOW, account_timezone="UTC", **JANUARY)
    found = {}
    async with database.read(company.id) as db:
        for name, kind in REPORTS.items():
            report = await kind.run(db, replace(asked, only=only))
            answer = report.model_dump_json(by_alias=True, exclude={"filters"})
            # The address of rows has the filters, too.
            found[name] = re.sub(r'"(path|outcomes)":"[^"]*"', "", _IDS.sub("#", answer))
    return found


@pytest.mark.anyio
@pytest.mark.parametrize("asked", ASKED, ids=str)
async def test_a_narrowed_report_is_that_of_an_account_with_nothing_else(
    database: Database, company: Company, asked: dict[str, Any]
) -> None:
    desk = live_through(company)
    alike = found_company(company.urls)
    live_through(alike, lambda case: case.has(**asked))
    here = await _reports(database, company, _only(company, desk, asked))
    there = await _reports(database, alike, Dimensions())
    if "flow" in asked:  # Only that flow is in it, and in the other account all are.
        del here["flow-quality"], there["flow-quality"]
    assert here == there


def test_narrowed_to_a_flow_no_other_is_judged(client: TestClient, company: Company) -> None:
    desk = live_through(company)
    params = {"from": "2026-01-01", "to": "2026-02-01", "flow_id": str(desk.flows["VPN"])}
    flows = client.get(f"{BASE}/flow-quality", params=params, headers=company.headers()).json()["flows"]
    assert [(flow["name"], flow["usage_count"]) for flow in flows] == [("VPN", 8)]


def test_without_a_filter_the_statement_is_the_same() -> None:
    sql = statement("WITH a AS (SELECT 1) SELECT * FROM a")
    assert narrowed(sql, Dimensions()) is sql


@pytest.mark.parametrize("ending", ["", ".csv"])
def test_rows_are_narrowed_by_the_same_rule(client: TestClient, company: Company, ending: str) -> None:
    desk = live_through(company)
    for params in (
        {"client_id": str(desk.clients["Acme"])},
        {"person_id": str(company.users[Role.ENGINEER])},
        {"domain": "email", "priority": "high"},
        {"flow_id": str(desk.flows["VPN"])},
    ):
        asked = params | {"from": "2026-01-01", "to": "2026-02-01"}
        report = client.get(BASE, params=asked, headers=company.headers()).json()
        assert report["filters"] == params
        rows = client.get(f"{BASE}/rows/sessions{ending}", params=asked, headers=company.headers())
        n = rows.json()["n"] if not ending else len(rows.text.splitlines()) - 1
        assert 0 < report["total_sessions"] == n < 24
        population = client.get(f"{BASE}/escalations", params=asked, headers=company.headers()).json()[
            "population"
        ]
        handoffs = client.get(f"{BASE}/rows/handoffs", params=asked, headers=company.headers()).json()
        assert population["n_created"] == handoffs["n"]


def test_a_table_says_what_it_is_narrowed_to(client: TestClient, company: Company) -> None:
    params = {"domain": "a,b", "priority": "high"}
    answer = client.get(f"{BASE}/tables/dashboard/mttr_trend.csv", params=params, headers=company.headers())
    assert answer.headers["flowpilot-filters"] == "domain=a%2Cb&priority=high"


def test_an_engineer_cannot_ask_for_a_colleague(client: TestClient, company: Company) -> None:
    params = {"person_id": str(company.users[Role.TEAM_ADMIN])}
    for path in ("escalations", "escalations/headline", "rows/handoffs", "tables/escalations/population.csv"):
        answer = client.get(f"{BASE}/{path}", params=params, headers=company.headers(Role.ENGINEER))
        assert (answer.status_code, answer.json()["detail"]) == (
            403,
            "Only team admins and owners see the figures of one person.",
        )


def test_an_account_can_switch_figures_of_one_person_off(client: TestClient, company: Company) -> None:
    params = {"person_id": str(company.users[Role.ENGINEER])}
    assert client.get(BASE, params=params, headers=company.headers()).status_code == 200
    off = client.patch("/api/v1/account", json={"reports_by_person": False}, headers=company.headers())
    assert off.json()["reports_by_person"] is False
    refused = client.get(BASE, params=params, headers=company.headers())
    assert refused.status_code == 403
    assert refused.json()["detail"].startswith("This account shows no figures of one person.")
    assert client.get(BASE, headers=company.headers()).status_code == 200


@pytest.mark.parametrize("params", [{"client_id": "x"}, {"priority": "1"}, {"flow_id": "7"}, {"domain": "\x00"}])
def test_a_filter_that_means_nothing_is_refused(client: TestClient, company: Company, params: Any) -> None:
    assert client.get(BASE, params=params, headers=company.headers()).status_code == 422
