"""Every statement goes to the one machine that has its account: a case with its reports, and the whole demo."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from flowpilot.analytics.reports import REPORTS
from flowpilot.app import create_app
from flowpilot.clock import now
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.demo.seed import seed_demo
from flowpilot.demo.world import ACCOUNTS
from flowpilot.handoffs import derived as handoffs
from flowpilot.repair import repair_jobs
from flowpilot.sessions import derived as sessions
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import Company
from tests.handoffs.helpers import claimed_by_kim

pytestmark = [pytest.mark.cluster, pytest.mark.anyio]

# Citus then refuses a statement that would ask more than one machine.
_ONE_MACHINE = "?options=-c%20citus.multi_task_query_log_level%3Derror"


@pytest.fixture(scope="module")
def routed(settings: Settings, urls: DatabaseUrls) -> Iterator[TestClient]:
    with AppClient(create_app(settings, f"{urls.runtime}{_ONE_MACHINE}"), raise_server_exceptions=False) as client:
        yield client


def test_a_case_and_its_reports_ask_one_machine(routed: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(routed, company)
    session = f"/api/v1/ai-sessions/{handoff['session_id']}"
    assert routed.post(f"{session}/steps", headers=kim.headers, json={"free_text": "Looked"}).status_code == 201
    lists = ["/api/v1/handoffs", "/api/v1/ai-sessions", session, "/api/v1/flows", "/api/v1/notifications"]
    reports = ["/api/v1/analytics/flowpilot" + ("" if name == "dashboard" else f"/{name}") for name in REPORTS]
    answers = {path: routed.get(path, headers=company.headers()) for path in [*lists, *reports]}
    assert {path: one.text for path, one in answers.items() if one.status_code != 200} == {}


def test_the_demo_has_nothing_to_repair(urls: DatabaseUrls) -> None:
    seed_demo(urls.runtime, now=now())
    for account in ACCOUNTS:
        with account_transaction(urls.runtime, account.id) as connection:
            assert sessions.reconcile(connection, account.id) == 0
            assert handoffs.reconcile(connection, account.id) == 0
        repair_jobs(urls.runtime, account.id, now())
        assert repair_jobs(urls.runtime, account.id, now()) == 0
