"""Statuses are chosen for each board by a person, among those that its tickets can have."""

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import Connect

BOARDS = "/api/v1/psa/boards"
DESK = {
    "id": "1",
    "name": "Service desk",
    "statuses": [{"id": "10", "name": "New"}, {"id": "20", "name": "Closed", "is_closed": True}],
}


@pytest.fixture(autouse=True)
def connected(connect: Connect, desk: Desk) -> None:
    desk.shows["boards"] = [DESK, {"id": "2", "name": "Projects", "statuses": []}]
    connect()


def test_a_status_is_chosen_and_shown(open_client: TestClient, company: Company) -> None:
    chosen = open_client.put(f"{BOARDS}/1/statuses", json={"resolved": "20"}, headers=company.headers())
    assert chosen.status_code == 204
    shown = open_client.get(BOARDS, headers=company.headers()).json()
    assert [(board["name"], board["chosen"]) for board in shown["items"]] == [
        ("Projects", {}),
        ("Service desk", {"resolved": "20"}),
    ]
    assert shown["items"][1]["statuses"][1] == {
        "id": "20",
        "name": "Closed",
        "is_closed": True,
        "allows_time": True,
    }


def test_null_leaves_the_tickets_status_and_what_is_left_out_stays(
    open_client: TestClient, company: Company
) -> None:
    both = {"resolved": "20", "escalated": "10"}
    for said in (both, {"resolved": None}):
        open_client.put(f"{BOARDS}/1/statuses", json=said, headers=company.headers())
    assert open_client.get(BOARDS, headers=company.headers()).json()["items"][1]["chosen"] == {
        "resolved": None,
        "escalated": "10",
    }


def test_a_status_of_another_board_is_refused_at_its_field(open_client: TestClient, company: Company) -> None:
    refused = open_client.put(f"{BOARDS}/2/statuses", json={"resolved": "20"}, headers=company.headers())
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["body.resolved"]
    assert open_client.put(f"{BOARDS}/99/statuses", json={}, headers=company.headers()).status_code == 404


def test_an_id_that_cannot_be_stored_is_refused(open_client: TestClient, company: Company) -> None:
    refused = open_client.put(f"{BOARDS}/%00/statuses", json={"resolved": "20"}, headers=company.headers())
    assert refused.status_code == 422
