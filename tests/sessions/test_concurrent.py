"""Many requests at once on one session, over real connections to two servers."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.company import Company
from tests.live.streams import client_of, serving
from tests.sessions.flows import SESSIONS, count_wrong, node_of, read

pytestmark = pytest.mark.anyio
MANY = 20


@pytest.fixture(scope="module")
def addresses(settings: Settings, urls: DatabaseUrls) -> Iterator[list[str]]:
    """Two servers on one database."""
    with serving(settings, urls) as first, serving(settings, urls) as second:
        yield [first, second]


async def _at_once(
    addresses: list[str], company: Company, session_id: str, requests: list[tuple[str, dict[str, Any]]]
) -> list[httpx2.Response]:
    """All answers, in the order of the requests; every other one was given by the second server."""
    headers = company.headers(Role.ENGINEER)
    async with client_of(addresses[0]) as first, client_of(addresses[1]) as second:
        sent = [
            (first, second)[number % 2].post(f"{SESSIONS}/{session_id}/{path}", headers=headers, json=body)
            for number, (path, body) in enumerate(requests)
        ]
        return await asyncio.gather(*sent)


async def test_each_of_many_steps_gets_a_position_of_its_own(
    client: TestClient, company: Company, session_id: str, addresses: list[str]
) -> None:
    said = [("steps", {"free_text": f"Said {number}"}) for number in range(MANY)]
    answers = await _at_once(addresses, company, session_id, said)
    assert [answer.status_code for answer in answers] == [201] * MANY
    session = read(client, company, session_id)
    steps = session["steps"]
    assert [step["position"] for step in steps] == list(range(1, MANY + 1))
    assert {step["content"]["choice"] for step in steps} == {f"Said {number}" for number in range(MANY)}
    assert sorted(step["created_at"] for step in steps) == [step["created_at"] for step in steps]
    assert len({step["created_at"] for step in steps}) == MANY
    # Each answer has its own step as the newest.
    assert sorted(answer.json()["step_count"] for answer in answers) == list(range(1, MANY + 1))
    for body, answer in zip(said, answers, strict=True):
        assert answer.json()["steps"][-1]["content"]["choice"] == body[1]["free_text"]
    assert session["step_count"] == MANY
    assert count_wrong(company) == 0


async def test_many_answer_a_question_and_all_but_one_learn_what_is_offered_now(
    client: TestClient, company: Company, session_id: str, addresses: list[str]
) -> None:
    answers = await _at_once(addresses, company, session_id, [("steps", {"choice": "No"})] * MANY)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 422: MANY - 1}
    offered = "'No' is not offered here. Send as outcome one of: 'It prints', 'Still nothing'."
    assert {answer.json()["detail"] for answer in answers if answer.status_code == 422} == {offered}
    session = read(client, company, session_id)
    assert (node_of(session), session["step_count"]) == ("switch_on", 1)


async def test_many_resolve_it_and_one_succeeds(
    client: TestClient, company: Company, session_id: str, addresses: list[str]
) -> None:
    solved = [("resolve", {"summary": f"Solved by {number}."}) for number in range(MANY)]
    answers = await _at_once(addresses, company, session_id, solved)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: MANY - 1}
    assert all(answer.json()["allowed"] == ["reopen", "rate"] for answer in answers if answer.status_code == 409)
    session = read(client, company, session_id)
    assert [change["to_status"] for change in session["status_changes"]] == ["active", "resolved"]
    [winner] = [number for number, answer in enumerate(answers) if answer.status_code == 200]
    assert [step["content"] for step in session["steps"]] == [{"text": f"Solved by {winner}."}]


async def test_all_verbs_mixed_leave_a_history_that_the_table_allows(
    client: TestClient, company: Company, session_id: str, addresses: list[str]
) -> None:
    requests: list[tuple[str, dict[str, Any]]] = [
        ("steps", {"choice": "No"}),
        ("back", {}),
        ("steps", {"free_text": "Said."}),
        ("pause", {}),
        ("resume", {}),
    ] * 4
    answers = await _at_once(addresses, company, session_id, requests)
    assert {answer.status_code for answer in answers} <= {200, 201, 409, 422}
    session = read(client, company, session_id)
    changes = [(change["from_status"], change["to_status"]) for change in session["status_changes"]]
    assert [before for before, _ in changes] == [None, *(after for _, after in changes[:-1])]
    assert set(changes) <= {(None, "active"), ("active", "paused"), ("paused", "active")}
    moments = [each["created_at"] for each in session["steps"] + session["status_changes"]]
    assert len(set(moments)) == len(moments)
    assert session["step_count"] == len(session["steps"])
    done = [path for (path, _), answer in zip(requests, answers, strict=True) if answer.status_code < 300]
    assert (done.count("steps") + done.count("back"), done.count("pause") + done.count("resume")) == (
        len(session["steps"]),
        len(changes) - 1,
    )
    assert count_wrong(company) == 0
