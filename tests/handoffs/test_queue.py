"""The queue: in what order a handoff waits, who sees it, and what a page of it costs."""

import base64
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event

from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.handoffs import queries
from flowpilot.handoffs.queries import Wanted
from flowpilot.handoffs.schemas import handoff_row
from flowpilot.identity.actor import Role
from tests.company import Company, at
from tests.handoffs.helpers import act, actor, done, join

QUEUE = "/api/v1/handoffs"
NOON = at("2026-06-15 12:00")


def _add(company: Company, created_at: datetime = NOON, domain: str | None = None, **values: Any) -> str:
    """A handoff, put straight into the tables."""
    is_claimed, is_closed = "claimed_at" in values, "closed_at" in values
    if is_claimed:
        values = {"claimed_by": company.users[Role.TEAM_ADMIN], **values}
    if is_closed:
        values = {"outcome": "parked", **values}
    status = "paused" if is_closed else "escalated" if is_claimed else "requesting_escalation"
    session_id = company.add("ai_sessions", status=status, problem_domain=domain)
    values = {"created_by": company.users[Role.ENGINEER], **values}
    return str(company.add("session_handoffs", session_id=session_id, created_at=created_at, **values))


def _minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def _ids(client: TestClient, company: Company, **params: Any) -> list[str]:
    page = done(client.get(QUEUE, params=params, headers=company.headers(Role.VIEWER)))
    assert page["next_cursor"] is None
    return [item["id"] for item in page["items"]]


def _every_kind(company: Company) -> dict[str, str]:
    return {
        "waiting": _add(company),
        "claimed": _add(company, claimed_at=_minutes(1)),
        "acted": _add(company, claimed_at=_minutes(1), first_action_at=_minutes(2)),
        "closed": _add(company, claimed_at=_minutes(1), closed_at=_minutes(2)),
    }


def test_what_waits_comes_first_by_priority_and_wait(client: TestClient, company: Company) -> None:
    """Then what is claimed and nothing has happened to, in the same order."""
    expected = [
        _add(company, _minutes(9), priority=1),
        _add(company, _minutes(1), priority=2),
        _add(company, _minutes(2), priority=2),
        _add(company, _minutes(0), priority=3),
        _add(company, _minutes(0), priority=4),
        _add(company, _minutes(9), priority=1, claimed_at=_minutes(10)),
        _add(company, _minutes(0), priority=3, claimed_at=_minutes(11)),
        _add(company, _minutes(1), priority=3, claimed_at=_minutes(10)),
    ]
    _add(company, _minutes(-9), priority=1, claimed_at=_minutes(10), first_action_at=_minutes(11))
    _add(company, _minutes(-9), priority=1, closed_at=_minutes(11))
    assert _ids(client, company) == expected


@pytest.mark.parametrize("state", ["waiting", "claimed", "acted", "closed"])
def test_a_state_shows_its_own(client: TestClient, company: Company, state: str) -> None:
    kinds = _every_kind(company)
    assert _ids(client, company, state=state) == [kinds[state]]


def test_the_queue_is_what_nothing_has_happened_to(client: TestClient, company: Company) -> None:
    kinds = _every_kind(company)
    assert _ids(client, company) == _ids(client, company, state="queue") == [kinds["waiting"], kinds["claimed"]]


def test_history_has_the_newest_first(client: TestClient, company: Company) -> None:
    old, new = (_add(company, _minutes(age), closed_at=_minutes(9)) for age in (1, 2))
    newest = _add(company, _minutes(3))
    assert _ids(client, company, state="closed") == [new, old]
    assert _ids(client, company, state="all") == [newest, new, old]


def test_filters_narrow_it(client: TestClient, company: Company) -> None:
    kim, lou = new_id(), new_id()
    urgent = _add(company, _minutes(1), priority=1, domain="Printing", created_by=kim)
    low = _add(company, _minutes(2), priority=4, domain="vpn", created_by=lou)
    claimed = _add(company, _minutes(3), claimed_at=_minutes(4), claimed_by=kim)
    assert _ids(client, company, priority="urgent") == [urgent]
    assert _ids(client, company, priority=["low", "urgent"]) == [urgent, low]
    assert _ids(client, company, domain="printing") == [urgent]
    assert _ids(client, company, created_by=str(lou)) == [low]
    assert _ids(client, company, claimed_by=str(kim)) == [claimed]
    assert _ids(client, company, priority="urgent", created_by=str(lou)) == []
    [(session_id,)] = company.query("SELECT session_id FROM session_handoffs WHERE id = %s", low)
    assert _ids(client, company, session_id=str(session_id)) == [low]


def test_for_me_is_what_is_meant_for_the_caller(client: TestClient, company: Company) -> None:
    mine = _add(company, target_user_id=company.users[Role.VIEWER])
    _add(company, target_user_id=company.users[Role.OWNER])
    _add(company)
    assert _ids(client, company, for_me=True) == [mine]


@pytest.mark.parametrize(
    "wrong",
    [{"state": "open"}, {"priority": "1"}, {"limit": 0}, {"limit": 201}, {"claimed_by": "me"}, {"domain": "a\0b"}],
)
def test_malformed_filters_are_422(client: TestClient, company: Company, wrong: dict[str, Any]) -> None:
    assert client.get(QUEUE, params=wrong, headers=company.headers()).status_code == 422


def test_the_counts_are_of_all_that_is_open(client: TestClient, company: Company) -> None:
    for _ in range(2):
        _every_kind(company)
    _add(company, priority=1)
    page = done(client.get(QUEUE, params={"limit": 1, "priority": "urgent"}, headers=company.headers()))
    assert (page["n_waiting"], page["n_claimed_without_action"]) == (3, 2)


def test_a_neighbours_handoffs_are_never_seen(client: TestClient, company: Company, neighbour: Company) -> None:
    theirs = _every_kind(neighbour)
    mine = _add(company)
    assert _ids(client, company, state="all") == [mine]
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
        ({"claimed_at": _minutes(2)}, 120.0, None),
        ({"claimed_at": _minutes(2), "first_action_at": _minutes(3.25)}, 120.0, 75.0),
        ({"closed_at": _minutes(4)}, 240.0, None),
        ({"claimed_at": _minutes(2), "closed_at": _minutes(4)}, 120.0, None),
    ],
)
async def test_waiting_ends_with_the_claim_or_the_end(
    database: Database, company: Company, values: dict[str, datetime], waiting: float, acting: float | None
) -> None:
    _add(company, **values)
    async with database.read(company.id) as db:
        [row], _ = await queries.handoffs(db, company.id, Wanted(state="all"), 10, None)
    told = handoff_row(row, actor(company), _minutes(10) + timedelta(milliseconds=500))
    assert (told["waiting_seconds"], told["seconds_to_first_action"]) == (waiting, acting)


def test_what_each_may_do_is_said(client: TestClient, company: Company) -> None:
    kinds = _every_kind(company)

    def allowed(role: Role) -> dict[str, list[str]]:
        items = done(client.get(QUEUE, params={"state": "all"}, headers=company.headers(role)))["items"]
        by_id = {item["id"]: item["allowed"] for item in items}
        return {kind: by_id[id_] for kind, id_ in kinds.items()}

    held = ["release", "reassign", "close"]
    assert allowed(Role.VIEWER) == {"waiting": [], "claimed": [], "acted": [], "closed": []}
    assert allowed(Role.ENGINEER) == {
        "waiting": ["reassign", "close"],
        "claimed": ["reassign"],
        "acted": ["reassign"],
        "closed": [],
    }
    assert allowed(Role.TEAM_ADMIN) == {
        "waiting": ["claim", "reassign", "close"],
        "claimed": held,
        "acted": held,
        "closed": [],
    }


def _pages(client: TestClient, company: Company, limit: int, state: str = "queue") -> Iterator[list[str]]:
    params: dict[str, Any] = {"limit": limit, "state": state}
    while True:
        page = done(client.get(QUEUE, params=params, headers=company.headers(Role.VIEWER)))
        yield [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return
        params["cursor"] = page["next_cursor"]


def _add_many(company: Company) -> list[str]:
    """120 in the queue, many of the same priority and moment."""
    claims: tuple[dict[str, Any], ...] = ({}, {}, {"claimed_at": _minutes(60)})
    return [
        _add(company, _minutes(number % 5), priority=number % 4 + 1, **claims[number % 3]) for number in range(120)
    ]


@pytest.mark.parametrize("limit", [1, 7, 50])
@pytest.mark.parametrize("state", ["queue", "all"])
def test_pages_give_each_once_and_in_order(client: TestClient, company: Company, limit: int, state: str) -> None:
    added = _add_many(company)
    pages = list(_pages(client, company, limit, state))
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    rows = [id_ for page in pages for id_ in page]
    assert sorted(rows) == sorted(added)
    assert rows == _ids(client, company, state=state, limit=200)


@pytest.mark.parametrize("limit", [1, 7, 50])
def test_claims_between_pages_lose_and_double_nothing_else(
    client: TestClient, company: Company, limit: int
) -> None:
    added, senior, moved = _add_many(company), join(client, company, "Kim"), set()
    seen: list[str] = []
    for number, page in enumerate(_pages(client, company, limit)):
        seen += page
        if number % max(1, 20 // limit) == 0:
            waiting = _ids(client, company, state="waiting", limit=200)
            for id_ in {*waiting[:1], *waiting[-1:]}:
                done(act(client, {"id": id_}, "claim", senior.headers))
                moved.add(id_)
    counted = Counter(seen)
    assert {id_: counted[id_] for id_ in added if id_ not in moved} == dict.fromkeys(set(added) - moved, 1)
    assert all(counted[id_] in {1, 2} for id_ in moved)
    assert len(moved) >= 4


def _cursor(words: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(words).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "ü",
        "next",
        _cursor(7),
        _cursor({}),
        _cursor([]),
        _cursor(["2026-06-15", str(uuid.UUID(int=0))]),
        _cursor([0, 3, "yesterday", str(uuid.UUID(int=0))]),
        _cursor([0, 3, "2026-06-15", "me"]),
        _cursor([0, 3, 20260615, str(uuid.UUID(int=0))]),
        _cursor([0, None, "2026-06-15", str(uuid.UUID(int=0))]),
        _cursor([0, 1e999, "2026-06-15", str(uuid.UUID(int=0))]),
        _cursor([0, 10**30, "2026-06-15", str(uuid.UUID(int=0))]),
        _cursor([0, -1, "2026-06-15", str(uuid.UUID(int=0))]),
        _cursor([0, float("nan"), "2026-06-15", str(uuid.UUID(int=0))]),
        _cursor([0, 3, 3, "2026-06-15", str(uuid.UUID(int=0))]),
    ],
)
def test_a_cursor_of_nobodys_is_422(client: TestClient, company: Company, cursor: str) -> None:
    answer = client.get(QUEUE, params={"cursor": cursor}, headers=company.headers())
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:flowpilot:problem:bad-cursor")


def test_a_cursor_of_another_order_is_422(client: TestClient, company: Company) -> None:
    for minute in range(3):
        _add(company, _minutes(minute))
    for one, other in (("queue", "all"), ("all", "queue")):
        params: dict[str, Any] = {"state": one, "limit": 1}
        cursor = done(client.get(QUEUE, params=params, headers=company.headers()))["next_cursor"]
        params = {"state": other, "cursor": cursor}
        assert client.get(QUEUE, params=params, headers=company.headers()).status_code == 422


@contextmanager
def _counting(client: TestClient) -> Iterator[list[str]]:
    """The statements that the app sends meanwhile; BEGIN and COMMIT apart."""
    app, sent = client.app, []
    assert isinstance(app, FastAPI)

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    engine = app.state.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", listen)
    yield sent
    event.remove(engine, "before_cursor_execute", listen)


def test_what_a_page_costs(client: TestClient, company: Company) -> None:
    """The account, the caller, the rows, their people's names, the counts: however many rows there are."""
    for minute in range(30):
        _add(company, _minutes(minute))
    _ids(client, company)  # The key's first use is recorded, its next is not.
    with _counting(client) as sent:
        assert len(_ids(client, company)) == 30
    assert len(sent) <= 5


def test_what_a_claim_costs(client: TestClient, company: Company) -> None:
    """16: the account, the caller, its session, the lock, the claim itself, the session, its change of status,
    the event's number, the event, the announcement, and as the answer the handoff, its names and its events;
    3 jobs are enqueued beside that, over the same connection. 10 for who comes too late.
    """
    handoff, kim, lou = hand_over(client, company), join(client, company, "Kim"), join(client, company, "Lou")
    for person in (kim, lou):
        client.get(QUEUE, headers=person.headers)
    with _counting(client) as sent:
        done(act(client, handoff, "claim", kim.headers))
    assert len(sent) <= 16
    with _counting(client) as sent:
        assert act(client, handoff, "claim", lou.headers).status_code == 409
    assert len(sent) <= 10
