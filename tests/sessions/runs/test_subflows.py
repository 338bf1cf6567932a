"""A checklist in a sub-flow: its ticks name the flow, and the outer flow does not end without it."""

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.flows.nested import publish, through
from tests.sessions.flows import post, read, start, take
from tests.sessions.runs.procedure import do_all, publish_procedure


@pytest.fixture
def inner(client: TestClient, company: Company) -> str:
    """The flow with the checklist."""
    return publish_procedure(client, company)


@pytest.fixture
def session_id(client: TestClient, company: Company, inner: str) -> str:
    """A session at the checklist, in a flow that leads into it."""
    outer = publish(client, company, "A new branch", through(inner))
    about = "A new branch needs its computers"
    session_id: str = start(client, company, problem_summary=about, flow_id=str(outer))["id"]
    return session_id


def test_it_is_ticked_there_and_its_values_go_along(
    client: TestClient, company: Company, session_id: str, inner: str
) -> None:
    state = do_all(client, company, session_id)
    assert {step["content"]["flow"] for step in state["steps"] if step["kind"] in {"tick", "fill"}} == {inner}
    assert take(client, company, session_id, outcome="Done")["current"]["text"] == "PC-12 is ready."
    take(client, company, session_id, outcome="Through")
    assert post(client, company, f"{session_id}/resolve", summary="All set up.").json()["status"] == "resolved"


def test_the_outer_flow_does_not_end_while_it_is_open(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, outcome="It is broken")
    assert take(client, company, session_id, outcome="Through")["current"]["id"] == "done"
    answer = post(client, company, f"{session_id}/resolve", summary="All set up.")
    assert (answer.status_code, len(answer.json()["missing"])) == (409, 3)
    assert len(read(client, company, session_id)["missing"]) == 3
