"""What has failed, or waited for a connection that was removed, is tried again at once."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.psa.postings import retrying
from tests.company import Company
from tests.sessions.postings.connected import POSTINGS, Connected

RETRY = f"{POSTINGS}/retry"


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    return Connected(client, company)


def _resolved(desk: Connected, *tickets: str) -> list[str]:
    """The postings of sessions that have ended, one on each ticket."""
    sessions = [desk.session(psa_ticket_id=ticket) for ticket in tickets]
    for session in sessions:
        desk.resolve(session)
    return [desk.postings(session)[0]["id"] for session in sessions]


def _fail(desk: Connected, posting: str) -> None:
    for change in (
        "psa_posting_steps SET state = 'failed', reason = 'No.', looks = 5 WHERE posting_id",
        "psa_post_logs SET status = 'failed', posted_at = now() WHERE posting_id",
        "psa_postings SET state = 'failed', reason = 'No.', ended_at = now() WHERE id",
    ):
        desk.company.query(f"UPDATE {change} = %s RETURNING 1", posting)


def _states(desk: Connected) -> list[tuple[str, str]]:
    return desk.company.query("SELECT ticket_id, state FROM psa_postings ORDER BY ticket_id")


def test_a_posting_that_failed_begins_again(desk: Connected) -> None:
    desk.connect()
    (failed,) = _resolved(desk, "1")
    _fail(desk, failed)
    assert desk.ask("POST", RETRY, role=Role.TEAM_ADMIN) == {"n": 1, "has_more": False}
    posting = desk.ask("GET", f"{POSTINGS}/{failed}")
    assert (posting["state"], posting["reason"], posting["ended_at"]) == ("queued", None, None)
    assert {(step["state"], step["reason"]) for step in posting["steps"]} == {("queued", None)}
    assert desk.company.query("SELECT status, posted_at FROM psa_post_logs") == [("pending", None)]
    assert desk.ask("POST", RETRY, role=Role.TEAM_ADMIN) == {"n": 0, "has_more": False}


def test_what_waited_for_a_removed_connection_goes_over_the_new_one_to_the_same_ticket_system(
    desk: Connected,
) -> None:
    old = desk.connect()
    _resolved(desk, "1", "2")
    desk.ask("DELETE", f"/api/v1/psa/connections/{old}", role=Role.OWNER, expect=204)
    desk.ask("POST", RETRY, role=Role.TEAM_ADMIN, expect=404)
    elsewhere = desk.connect(base_url="https://other.example")
    assert desk.ask("POST", RETRY, role=Role.TEAM_ADMIN)["n"] == 0
    desk.ask("DELETE", f"/api/v1/psa/connections/{elsewhere}", role=Role.OWNER, expect=204)
    new = desk.connect()
    assert desk.ask("POST", RETRY, role=Role.TEAM_ADMIN)["n"] == 2
    assert desk.company.query("SELECT DISTINCT connection_id, reason FROM psa_postings") == [(new, None)]
    assert desk.company.query("SELECT count(*) FROM psa_postings WHERE due_at IS NULL") == [(0,)]


def test_only_what_the_list_shows_is_tried_again_and_nothing_that_has_ended(desk: Connected) -> None:
    desk.connect()
    for posting in _resolved(desk, "1", "2", "3"):
        _fail(desk, posting)
    ((given_up,),) = desk.company.query("SELECT id FROM psa_postings WHERE ticket_id = '3'")
    desk.ask("POST", f"{POSTINGS}/{given_up}/abandon")
    assert desk.ask("POST", f"{RETRY}?state=failed&ticket_id=2", role=Role.TEAM_ADMIN)["n"] == 1
    assert _states(desk) == [("1", "failed"), ("2", "queued"), ("3", "abandoned")]


def test_more_than_go_at_once_are_said_to_be_left(desk: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrying, "MOST", 1)
    desk.connect()
    for posting in _resolved(desk, "1", "2"):
        _fail(desk, posting)
    assert desk.ask("POST", RETRY, role=Role.TEAM_ADMIN) == {"n": 1, "has_more": True}
    assert desk.ask("POST", RETRY, role=Role.TEAM_ADMIN) == {"n": 1, "has_more": False}


def test_those_who_manage_the_connection_try_all_again(desk: Connected) -> None:
    desk.connect()
    desk.ask("POST", RETRY, role=Role.ENGINEER, expect=403)
