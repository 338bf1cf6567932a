"""What the product wrote itself stays as it is, though what is removed is a part of it by chance."""

import re
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import sql

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company, account_connection
from tests.sessions.flows import post, publish_printer_flow, read, start, take
from tests.sessions.removal.spilled import SpilledSession

pytestmark = pytest.mark.anyio

_JSON = """
SELECT c.table_name, c.column_name FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.data_type = 'jsonb'
AND c.table_name IN (SELECT table_name FROM information_schema.columns WHERE column_name = 'account_id')
ORDER BY 1, 2
"""
# An id, or a moment, as the product writes it.
_WRITTEN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-][\d:]+)")

# They are forgotten whole.
_FORGOTTEN = {"idempotency_keys.answer"}


def _structure(company: Company) -> Counter[tuple[str, str, str]]:
    """The ids and moments in all that is stored as JSON: in which column, under which name, which."""
    found: Counter[tuple[str, str, str]] = Counter()
    with account_connection(company.urls, company.id) as connection:
        for table, column in connection.execute(_JSON).fetchall():
            if f"{table}.{column}" not in _FORGOTTEN:
                for (value,) in _values(connection, table, column):
                    found.update((f"{table}.{column}", name, one) for name, one in _leaves(value))
    return found


def _values(connection: psycopg.Connection, table: str, column: str) -> list[tuple[Any]]:
    query = sql.SQL("SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
    return connection.execute(query.format(table=sql.Identifier(table), column=sql.Identifier(column))).fetchall()


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, name)
    elif isinstance(value, str) and _WRITTEN.search(value):
        yield name, value


def _all_pages_answer(spilled: SpilledSession) -> None:
    client, company = spilled.client, spilled.company
    paths = ["/", "/notifications", "/api/v1/notifications", f"/sessions/{spilled.session_id}"]
    paths += [f"/handoffs/{spilled.handoff_id}", f"/api/v1/ai-sessions/{spilled.session_id}", "/handoffs"]
    for headers in [*(company.headers(role) for role in Role), spilled.ann.headers]:
        answers = {path: client.get(path, headers=headers).status_code for path in paths}
        assert set(answers.values()) <= {200, 403}, answers
        assert answers["/"] == answers["/notifications"] == answers["/api/v1/notifications"] == 200


def _add_notices(spilled: SpilledSession) -> None:
    """What the product tells people of the session: events with ids and moments, and that a fix waits."""
    company, ann = spilled.company, spilled.ann
    events = {
        "reminded": {"holder": str(ann.id), "ends": now().isoformat()},
        "reassigned": {"target": str(ann.id)},
    }
    for kind, content in events.items():
        about = {"handoff_id": uuid.UUID(spilled.handoff_id), "created_at": now()}
        event = company.add("handoff_events", kind=kind, actor_id=ann.id, content=content, **about)
        for user in [*company.users.values(), ann.id]:
            company.add("notifications", user_id=user, event_id=event)
    said = {
        "kind": "look_again",
        "name": "Label printer",
        "reason": "Waiting for: a day.",
        "zone": "America/New_York",
    }
    about = {"route_id": uuid.UUID(spilled.session_id), "content": said | {"since": now().isoformat()}}
    for user in [*company.users.values(), ann.id]:
        company.add("notifications", user_id=user, **about)


async def test_signs_of_ids_and_moments_are_removed_from_what_people_wrote_alone(
    client: TestClient, company: Company, database: Database
) -> None:
    spilled = SpilledSession(client, company)
    await spilled.tell(database)
    _add_notices(spilled)
    ids = [spilled.session_id, spilled.handoff_id, spilled.step_id, str(company.users[Role.ENGINEER])]
    signs = [f"{now():%Y}", *(one.split("-")[n] for one in ids for n in (0, 1, 3, 4)), "York", "sessions"]
    text = " and ".join(dict.fromkeys(signs))
    company.query("UPDATE ai_sessions SET problem_body = %s RETURNING 1", text)
    before = _structure(company)
    for phrase in dict.fromkeys(signs):
        answer = post(client, company, f"{spilled.session_id}/remove", Role.TEAM_ADMIN, phrase=phrase)
        assert answer.status_code in {200, 422}, (phrase, answer.text)
    assert not before - _structure(company)
    _all_pages_answer(spilled)
    body = read(client, company, spilled.session_id)["problem_body"]
    assert set(body.split()) == {"[removed]", "and"}


def test_what_fell_with_a_taking_back_stays_known_though_its_id_has_the_words(
    client: TestClient, company: Company
) -> None:
    publish_printer_flow(client, company)
    session_id = start(client, company)["id"]
    take(client, company, session_id, choice="No")
    first, fallen = take(client, company, session_id, outcome="It prints")["steps"]
    assert post(client, company, f"{session_id}/steps/{first['id']}/take-back").status_code == 200
    code = fallen["id"][-4:]
    take(client, company, session_id, free_text=f"The door code is {code}", is_note=True)
    answer = post(client, company, f"{session_id}/remove", phrase=code)
    assert answer.status_code == 200, answer.text
    steps = read(client, company, session_id)["steps"]
    assert steps[2]["content"]["also"] == [fallen["id"]]
    assert steps[-1]["content"]["text"] == "The door code is [removed]"
