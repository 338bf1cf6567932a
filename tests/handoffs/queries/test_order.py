"""The queue: its order, who sees it, and what a page of it costs."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.handoffs import queries
from flowpilot.handoffs.queries import HandoffFilter
from flowpilot.handoffs.schemas.responses import handoff_row
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import QUEUE, actor, done, minutes, put_handoff, queue_ids


def _every_kind(company: Company) -> dict[str, str]:
    return {
        "waiting": put_handoff(company),
        "claimed": put_handoff(company, claimed_at=minutes(1)),
        "acted": put_handoff(company, claimed_at=minutes(1), claimant_action_at=minutes(2)),
        "closed": put_handoff(company, claimed_at=minutes(1), closed_at=minutes(2)),
    }


def test_waiting_handoffs_come_first_by_priority_and_wait(client: TestClient, company: Company) -> None:
    """Then claimed handoffs without an action, in the same order."""
    expected = [
        put_handoff(company, 9, priority=1),
        put_handoff(company, 1, priority=2),
        put_handoff(company, 2, priority=2),
        put_handoff(company, 0, priority=3),
        put_handoff(company, 0, priority=4),
        put_handoff(company, 9, priority=1, claimed_at=minutes(10)),
        put_handoff(company, 0, priority=3, claimed_at=minutes(11)),
        put_handoff(company, 1, priority=3, claimed_at=minutes(10)),
    ]
    put_handoff(company, -9, priority=1, claimed_at=minutes(10), claimant_action_at=minutes(11))
    put_handoff(company, -9, priority=1, closed_at=minutes(11))
    assert queue_ids(client, company) == expected


@pytest.mark.parametrize("state", ["waiting", "claimed", "acted", "closed"])
def test_a_state_shows_its_own(client: TestClient, company: Company, state: str) -> None:
    kinds = _every_kind(company)
    assert queue_ids(client, company, state=state) == [kinds[state]]


def test_the_queue_is_what_nothing_has_happened_to(client: TestClient, company: Company) -> None:
    kinds = _every_kind(company)
    assert (
        queue_ids(client, company)
        == queue_ids(client, company, state="queue")
        == [kinds["waiting"], kinds["claimed"]]
    )


def test_history_has_the_newest_first(client: TestClient, company: Company) -> None:
    old, new = (put_handoff(company, age, closed_at=minutes(9)) for age in (1, 2))
    newest = put_handoff(company, 3)
    assert queue_ids(client, company, state="closed") == [new, old]
    assert queue_ids(client, company, state="all") == [newest, new, old]


def test_filters_narrow_it(client: TestClient, company: Company) -> None:
    kim, lou = new_id(), new_id()
    urgent = put_handoff(company, 1, priority=1, domain="Printing", created_by=kim)
    low = put_handoff(company, 2, priority=4, domain="vpn", created_by=lou)
    claimed = put_handoff(company, 3, claimed_at=minutes(4), claimed_by=kim)
    assert queue_ids(client, company, priority="urgent") == [urgent]
    assert queue_ids(client, company, priority=["low", "urgent"]) == [urgent, low]
    assert queue_ids(client, company, domain="printing ") == [urgent]
    assert queue_ids(client, company, created_by=str(lou)) == [low]
    assert queue_ids(client, company, claimed_by=str(kim)) == [claimed]
    assert queue_ids(client, company, priority="urgent", created_by=str(lou)) == []
    [(session_id,)] = company.query("SELECT session_id FROM session_handoffs WHERE id = %s", low)
    assert queue_ids(client, company, session_id=str(session_id)) == [low]


def test_for_me_is_what_is_assigned_to_the_caller(client: TestClient, company: Company) -> None:
    mine = put_handoff(company, target_user_id=company.users[Role.VIEWER])
    put_handoff(company, target_user_id=company.users[Role.OWNER])
    put_handoff(company)
    assert queue_ids(client, company, for_me=True) == [mine]


@pytest.mark.parametrize(
    "wrong",
    [{"state": "open"}, {"priority": "1"}, {"limit": 0}, {"limit": 201}, {"claimed_by": "me"}, {"domain": "a\0b"}],
)
def test_malformed_filters_are_422(client: TestClient, company: Company, wrong: dict[str, Any]) -> None:
    assert client.get(QUEUE, params=wrong, headers=company.headers()).status_code == 422


def test_the_counts_are_of_all_that_is_open(client: TestClient, company: Company) -> None:
    for _ in range(2):
        _every_kind(company)
    put_handoff(company, priority=1)
    page = done(client.get(QUEUE, params={"limit": 1, "priority": "urgent"}, headers=company.headers()))
    assert (page["n_waiting"], page["n_claimed_without_action"]) == (3, 2)


def test_a_neighbours_handoffs_are_never_seen(client: TestClient, company: Company, neighbour: Company) -> None:
    theirs = _every_kind(neighbour)
    mine = put_handoff(company)
    assert queue_ids(client, company, state="all") == [mine]
    page = done(client.get(QUEUE, headers=company.headers()))
    assert (page["n_waiting"], page["n_claimed_without_action"]) == (1, 0)
    asked = [client.get(f"{QUEUE}/{id_}", headers=company.headers()) for id_ in (theirs["waiting"], new_id())]
    assert [answer.status_code for answer in asked] == [404, 404]
    assert asked[0].json()["detail"] == asked[1].json()["detail"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("values", "waiting", "acting"),
    [
        ({}, 600.5, None),
        ({"claimed_at": minutes(2)}, 120.0, None),
        ({"claimed_at": minutes(2), "first_action_at": minutes(3.25)}, 120.0, 75.0),
        ({"closed_at": minutes(4)}, 240.0, None),
        ({"claimed_at": minutes(2), "closed_at": minutes(4)}, 120.0, None),
    ],
)
async def test_waiting_ends_with_the_claim_or_the_end(
    database: Database, company: Company, values: dict[str, Any], waiting: float, acting: float | None
) -> None:
    put_handoff(company, **values)
    async with database.read(company.id) as db:
        [row], _ = await queries.handoffs(db, company.id, HandoffFilter(state="all"), 10, None)
    shown = handoff_row(row, actor(company), minutes(10) + timedelta(milliseconds=500))
    assert (shown["waiting_seconds"], shown["seconds_to_first_action"]) == (waiting, acting)


def test_each_reads_what_they_may_do(client: TestClient, company: Company) -> None:
    kinds = _every_kind(company)

    def allowed(role: Role) -> dict[str, list[str]]:
        items = done(client.get(QUEUE, params={"state": "all"}, headers=company.headers(role)))["items"]
        by_id = {item["id"]: item["allowed"] for item in items}
        return {kind: by_id[id_] for kind, id_ in kinds.items()}

    of_a_claim = ["release", "reassign", "close", "give_back", "ask"]
    assert allowed(Role.VIEWER) == {"waiting": [], "claimed": [], "acted": [], "closed": []}
    assert allowed(Role.ENGINEER) == {
        "waiting": ["reassign", "close", "give_back"],
        "claimed": ["reassign"],
        "acted": ["reassign"],
        "closed": [],
    }
    assert allowed(Role.TEAM_ADMIN) == {
        "waiting": ["claim", "reassign", "close", "give_back", "ask"],
        "claimed": of_a_claim,
        "acted": of_a_claim,
        "closed": [],
    }
