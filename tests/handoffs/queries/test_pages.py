"""Pages of the queue while handoffs move in it, and what a page and a claim cost."""

import base64
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import event

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction, copy_rows
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import QUEUE, act, done, hand_over, join, minutes, put_handoff, queue_ids


def _pages(client: TestClient, company: Company, limit: int, state: str = "queue") -> Iterator[list[str]]:
    params: dict[str, Any] = {"limit": limit, "state": state}
    while True:
        page = done(client.get(QUEUE, params=params, headers=company.headers(Role.VIEWER)))
        yield [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return
        params["cursor"] = page["next_cursor"]


def _add_many(company: Company) -> list[str]:
    """120 in the queue, many with the same priority and time, a third of them claimed."""
    engineer, admin = company.users[Role.ENGINEER], company.users[Role.TEAM_ADMIN]
    sessions, handoffs = [], []
    for number in range(120):
        session_id, handoff_id = new_id(), new_id()
        claimed_by, claimed_at = (admin, minutes(60)) if number % 3 == 0 else (None, None)
        status = "requesting_escalation" if claimed_by is None else "escalated"
        sessions.append([company.id, session_id, status])
        moment, priority = minutes(number % 5), number % 4 + 1
        handoffs.append([company.id, handoff_id, session_id, engineer, moment, priority, claimed_by, claimed_at])
    columns = ["account_id", "id", "session_id", "created_by", "created_at"]
    with account_transaction(company.urls.runtime, company.id) as connection:
        copy_rows(connection, "ai_sessions", ["account_id", "id", "status"], sessions)
        copy_rows(connection, "session_handoffs", [*columns, "priority", "claimed_by", "claimed_at"], handoffs)
    return [str(handoff[1]) for handoff in handoffs]


@pytest.mark.parametrize("limit", [1, 7, 50])
@pytest.mark.parametrize("state", ["queue", "all"])
def test_pages_give_each_once_and_in_order(client: TestClient, company: Company, limit: int, state: str) -> None:
    added = _add_many(company)
    pages = list(_pages(client, company, limit, state))
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    rows = [id_ for page in pages for id_ in page]
    assert sorted(rows) == sorted(added)
    assert rows == queue_ids(client, company, state=state, limit=200)


@pytest.mark.parametrize("limit", [1, 7, 50])
def test_claims_between_pages_lose_and_double_nothing_else(
    client: TestClient, company: Company, limit: int
) -> None:
    added, senior, moved = _add_many(company), join(client, company, "Kim"), set()
    seen: list[str] = []
    for number, page in enumerate(_pages(client, company, limit)):
        seen += page
        if number % max(1, 20 // limit) == 0:
            waiting = queue_ids(client, company, state="waiting", limit=200)
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
        put_handoff(company, minute)
    for one, other in (("queue", "all"), ("all", "queue")):
        params: dict[str, Any] = {"state": one, "limit": 1}
        cursor = done(client.get(QUEUE, params=params, headers=company.headers()))["next_cursor"]
        params = {"state": other, "cursor": cursor}
        assert client.get(QUEUE, params=params, headers=company.headers()).status_code == 422


@contextmanager
def _counting(client: TestClient) -> Iterator[list[str]]:
    """The statements that the app sends in this block, except for BEGIN and COMMIT."""
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
        put_handoff(company, minute)
    queue_ids(client, company)  # The key's first use is recorded, its next is not.
    with _counting(client) as sent:
        assert len(queue_ids(client, company)) == 30
    assert len(sent) <= 5


def test_what_a_claim_costs(client: TestClient, company: Company) -> None:
    """The account, the caller, the lock of their membership, the session's id, its lock, the account's working
    hours, its lease, the claim, the session, its change of status, the event's number, the event, the
    announcement; and for the answer the handoff, the names, the events. Beside that 3 jobs are enqueued
    over the driver's connection. A late claim is refused after 10: a claim that changes nothing is followed
    by who holds the handoff, and their name.
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
