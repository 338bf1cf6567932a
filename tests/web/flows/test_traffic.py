"""The traffic of a flow on its page: at each choice, and where sessions ended."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import send_escalation
from tests.sessions.flows import publish_printer_flow, start, take
from tests.web.conftest import SignedIn


@pytest.fixture
def page_path(client: TestClient, company: Company) -> str:
    """A flow with three sessions at its question, two of which answered; one of them was handed over."""
    flow_id = publish_printer_flow(client, company)
    ids = [start(client, company, flow_id=str(flow_id))["id"] for _ in range(3)]
    take(client, company, ids[0], choice="No")
    take(client, company, ids[1], choice="Yes")
    assert send_escalation(client, company, ids[1]).status_code == 201
    return f"/flows/{flow_id}"


def test_choices_and_nodes_say_how_many_sessions_they_had(page_path: str, signed_in: SignedIn) -> None:
    drawn, written = signed_in(Role.TEAM_ADMIN).get(page_path).text.split('class="flow-outline"')
    assert "Figures are of 3 sessions that began in the last 30 days." in drawn
    for text in ("1 of 3</tspan>", "1 of 1 ended here</text>"):
        assert text in drawn
    for text in ('Yes</span> <span class="flow-traffic">1 of 3</span>', "1 of 1 ended here: 1 escalated"):
        assert text in written


def test_traffic_is_not_for_those_who_may_not_see_reports(page_path: str, signed_in: SignedIn) -> None:
    assert "ended here" not in signed_in(Role.ENGINEER).get(page_path).text
