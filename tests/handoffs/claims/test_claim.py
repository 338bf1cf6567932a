"""Claims: one senior gets a handoff, and may work on it from then on."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url, text

from flowpilot.app import create_app
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls, libpq_url
from flowpilot.db.session import Database
from flowpilot.flows.locking import lock_library
from flowpilot.handoffs.claims import claim
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import Company
from tests.handoffs.helpers import (
    act,
    actor,
    check_laws,
    done,
    hand_over,
    jobs_of,
    join,
    put_handoff,
    read,
    status_of,
)


def _step(client: TestClient, session_id: str, who: dict[str, str]) -> int:
    path = f"/api/v1/ai-sessions/{session_id}/steps"
    return client.post(path, headers=who, json={"free_text": "I looked at it."}).status_code


def test_the_winner_gets_it(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    claimed = done(act(client, handoff, "claim", senior.headers))
    assert claimed["claimed_by"] == {"id": str(senior.id), "name": "Kim"}
    assert abs(datetime.fromisoformat(claimed["claimed_at"]) - now()) < timedelta(minutes=1)
    assert (claimed["session_status"], claimed["first_action_at"], claimed["closed_at"]) == (
        "escalated",
        None,
        None,
    )
    assert [event["kind"] for event in claimed["events"]] == ["created", "claimed"]
    assert claimed["allowed"] == ["release", "reassign", "close", "give_back", "ask"]
    check_laws(company)


def test_a_claim_is_stored_with_its_event(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    done(act(client, handoff, "claim", senior.headers))
    [(claimed_by, claimed_at)] = company.query("SELECT claimed_by, claimed_at FROM session_handoffs")
    [event] = company.query("SELECT actor_id, created_at, number FROM handoff_events WHERE kind = 'claimed'")
    [change] = company.query(
        "SELECT actor_id, created_at, from_status FROM ai_session_status_changes WHERE to_status = 'escalated'"
    )
    assert claimed_by == senior.id
    assert event == (senior.id, claimed_at, 2)
    assert change == (senior.id, claimed_at, "requesting_escalation")


def test_the_loser_learns_who_was_faster_and_when(client: TestClient, company: Company) -> None:
    handoff, winner, loser = hand_over(client, company), join(client, company, "Kim"), join(client, company, "Lou")
    claimed = done(act(client, handoff, "claim", winner.headers))
    refused = act(client, handoff, "claim", loser.headers)
    body = refused.json()
    assert refused.status_code == 409
    assert body["type"] == "urn:flowpilot:problem:already-claimed"
    assert body["holder"] == {"id": str(winner.id), "name": "Kim"}
    since = datetime.fromisoformat(claimed["claimed_at"])
    assert datetime.fromisoformat(body["claimed_at"]) == since
    assert body["detail"] == f"Kim was faster and has held this handoff since {since:%-d %b %Y, %H:%M} UTC."


def test_since_when_is_said_in_utc_wherever_the_database_is(
    settings: Settings, urls: DatabaseUrls, company: Company
) -> None:
    there = make_url(urls.runtime).update_query_dict({"options": "-c timezone=Asia/Tokyo"})
    with AppClient(create_app(settings, libpq_url(there))) as client:
        handoff, winner = hand_over(client, company), join(client, company, "Kim")
        claimed = done(act(client, handoff, "claim", winner.headers))
        refused = act(client, handoff, "claim", company.headers(Role.TEAM_ADMIN)).json()
    since = datetime.fromisoformat(claimed["claimed_at"]).astimezone(UTC)
    assert f"since {since:%-d %b %Y, %H:%M} UTC." in refused["detail"]


def test_a_loser_changes_nothing(client: TestClient, company: Company) -> None:
    handoff, winner, loser = hand_over(client, company), join(client, company, "Kim"), join(client, company, "Lou")
    claimed = done(act(client, handoff, "claim", winner.headers))
    act(client, handoff, "claim", loser.headers)
    read = client.get(f"/api/v1/handoffs/{handoff['id']}", headers=winner.headers)
    assert done(read) == claimed
    check_laws(company)


def test_the_holders_repeat_is_the_same_answer(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    answers = [act(client, handoff, "claim", senior.headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].content == answers[1].content == answers[2].content
    assert len(jobs_of(company, "handoffs.expire")) == 1


def test_a_former_members_claim_can_be_claimed(client: TestClient, company: Company) -> None:
    handoff, winner = hand_over(client, company), join(client, company, "Kim")
    done(act(client, handoff, "claim", winner.headers))
    left = client.delete(f"/api/v1/members/{winner.id}", headers=company.headers())
    assert left.status_code == 204
    body = done(act(client, handoff, "claim", company.headers(Role.TEAM_ADMIN)))
    assert body["claimed_by"]["id"] == str(company.users[Role.TEAM_ADMIN])


def test_the_escalating_engineer_cannot_claim(client: TestClient, company: Company) -> None:
    handoff = hand_over(client, company)
    refused = act(client, handoff, "claim", company.headers(Role.ENGINEER))
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:own-handoff")
    assert status_of(client, company, handoff["session_id"]) == "requesting_escalation"


def test_not_even_as_an_admin(client: TestClient, company: Company) -> None:
    handoff = hand_over(client, company, headers=company.headers(Role.TEAM_ADMIN))
    refused = act(client, handoff, "claim", company.headers(Role.TEAM_ADMIN))
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:own-handoff")


def test_the_escalating_engineer_learns_who_has_taken_it(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    done(act(client, handoff, "claim", senior.headers))
    refused = act(client, handoff, "claim", company.headers(Role.ENGINEER))
    assert (refused.status_code, refused.json()["holder"]["name"]) == (409, "Kim")


def test_a_viewer_cannot_claim(client: TestClient, company: Company) -> None:
    assert act(client, hand_over(client, company), "claim", company.headers(Role.VIEWER)).status_code == 403


def test_a_neighbours_handoff_and_nobodys_are_the_same_404(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    handoff = hand_over(client, company)
    answers = [
        act(client, what, "claim", neighbour.headers(Role.ENGINEER)) for what in (handoff, {"id": new_id()})
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    assert company.query("SELECT claimed_by FROM session_handoffs") == [(None,)]


@pytest.mark.parametrize("outcome", ["returned", "parked", "abandoned", "resolved"])
def test_a_closed_one_cannot_be_claimed(client: TestClient, company: Company, outcome: str) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    creator = company.headers(Role.ENGINEER)
    done(act(client, handoff, "close", creator, outcome=outcome, note="It was a fuse."))
    refused = act(client, handoff, "claim", senior.headers)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:handoff-closed")


def test_one_that_is_assigned_to_somebody_may_be_claimed_by_another(client: TestClient, company: Company) -> None:
    kim, lou = join(client, company, "Kim"), join(client, company, "Lou")
    handoff = hand_over(client, company, target_user_id=str(kim.id))
    assert done(act(client, handoff, "claim", lou.headers))["claimed_by"]["name"] == "Lou"


def test_the_session_is_the_claimants(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    assert _step(client, handoff["session_id"], senior.headers) == 403
    done(act(client, handoff, "claim", senior.headers))
    assert company.query("SELECT owner_id, status FROM ai_sessions") == [(senior.id, "escalated")]
    assert _step(client, handoff["session_id"], senior.headers) == 201


def test_a_stranger_still_may_not_work_on_it(client: TestClient, company: Company) -> None:
    handoff, senior, stranger = (
        hand_over(client, company),
        join(client, company, "Kim"),
        join(client, company, "Lou"),
    )
    done(act(client, handoff, "claim", senior.headers))
    assert _step(client, handoff["session_id"], stranger.headers) == 403


def test_the_escalating_engineer_may_still_add_to_it(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    engineer = company.headers(Role.ENGINEER)
    assert _step(client, handoff["session_id"], engineer) == 201
    done(act(client, handoff, "claim", senior.headers))
    assert _step(client, handoff["session_id"], engineer) == 201


def test_a_step_before_the_claim_is_no_action(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    _step(client, handoff["session_id"], company.headers(Role.ENGINEER))
    assert done(act(client, handoff, "claim", senior.headers))["first_action_at"] is None


def test_the_first_step_after_a_claim_is_its_first_action(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    done(act(client, handoff, "claim", senior.headers))
    for _ in range(2):
        _step(client, handoff["session_id"], senior.headers)
    found = read(client, company, handoff)
    [(first,), _] = company.query("SELECT created_at FROM ai_session_steps ORDER BY position")
    waited = (first - datetime.fromisoformat(found["claimed_at"])).total_seconds()
    assert (datetime.fromisoformat(found["first_action_at"]), found["first_action_by"]["name"]) == (first, "Kim")
    assert found["claimant_action_at"] == found["first_action_at"]
    assert found["seconds_to_first_action"] == found["seconds_to_claimant_action"] == round(waited, 2)
    assert [event["kind"] for event in found["events"]] == ["created", "claimed", "first_action"]
    assert found["events"][2]["content"] == {"seconds": round(waited, 3), "by_claimant": True}
    assert (found["events"][2]["actor_id"], found["lease_expires_at"]) == (str(senior.id), None)


def test_a_step_by_anybody_is_the_first_action(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    done(act(client, handoff, "claim", senior.headers))
    _step(client, handoff["session_id"], company.headers(Role.ENGINEER))
    found = company.query("SELECT first_action_by, claimant_action_at FROM session_handoffs")
    assert found == [(company.users[Role.ENGINEER], None)]


def test_the_waiting_ends_with_the_claim(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    claimed = done(act(client, handoff, "claim", senior.headers))
    [(waited,)] = company.query("SELECT extract(epoch FROM claimed_at - created_at)::float FROM session_handoffs")
    assert claimed["waiting_seconds"] == round(waited, 2)
    assert uuid.UUID(claimed["id"]) == uuid.UUID(handoff["id"])


@pytest.mark.anyio
async def test_a_claim_does_not_wait_while_flows_are_brought_in(database: Database, company: Company) -> None:
    """A folder of flows, or the whole library, comes in one transaction, which may take its time."""
    handoff_id, senior = uuid.UUID(put_handoff(company)), actor(company, Role.OWNER)
    async with database.write(company.id) as importing, database.write(company.id) as db:
        await lock_library(importing, company.id)
        await db.execute(text("SET LOCAL lock_timeout = '3s'"))
        assert (await claim(db, senior, handoff_id, now())).claimed_by == senior.user_id
