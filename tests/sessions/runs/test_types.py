"""A run is one as long as it runs, whatever becomes of the type of its flow."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.flows.samples import post, save
from tests.sessions.flows import SESSIONS, read, start
from tests.sessions.runs.procedure import NEW_PC, mark, publish_procedure

FLOW: dict[str, Any] = {"name": "New PC", "category": "Hardware", "keywords": ["new pc"], "tree": NEW_PC}


def _progress(client: TestClient, company: Company, run_id: str) -> list[Any]:
    """How far the run is, on its page and in the list."""
    rows = client.get(SESSIONS, headers=company.headers()).json()["items"]
    in_list = [row["progress"] for row in rows if row["id"] == run_id]
    return [
        found and (found["done"], found["total"])
        for found in (read(client, company, run_id)["progress"], *in_list)
    ]


@pytest.mark.parametrize("is_published", [False, True])
def test_a_run_keeps_its_progress_if_its_flow_becomes_another_type(
    client: TestClient, company: Company, *, is_published: bool
) -> None:
    flow_id = publish_procedure(client, company)
    run_id = start(client, company, flow_id=flow_id, problem_summary="A new PC for Anna")["id"]
    mark(client, company, run_id, do="tick", item="join")
    assert save(client, company, flow_id, **FLOW, type="troubleshooting").status_code == 200
    if is_published:
        assert post(client, company, f"/{flow_id}/publish").status_code == 200
    assert _progress(client, company, run_id) == [(1, 5), (1, 5)]


def test_a_session_goes_by_the_type_that_was_published_when_it_began(client: TestClient, company: Company) -> None:
    flow_id = publish_procedure(client, company, type="troubleshooting")
    save(client, company, flow_id, **FLOW, type="procedural")
    before = start(client, company, flow_id=flow_id, problem_summary="A new PC for Anna")["id"]
    post(client, company, f"/{flow_id}/publish")
    after = start(client, company, flow_id=flow_id, problem_summary="A new PC for Ben")["id"]
    assert _progress(client, company, before) == [None, None]
    assert _progress(client, company, after) == [(0, 5), (0, 5)]
