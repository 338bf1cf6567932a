"""A proposal made from chosen sessions."""

import uuid
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.knowledge.proposals.loop import (
    PROPOSALS,
    TIMES,
    decide,
    proposals,
    resolve,
    run_analysis,
    solve,
    solve_all,
    whole,
)
from tests.sessions.flows import post, start, take

pytestmark = pytest.mark.anyio

PROBLEMS = ("Badge reader at the gate is dead", "Badge reader beeps twice")


def make(client: TestClient, company: Company, ids: list[str], role: Role = Role.TEAM_ADMIN) -> httpx2.Response:
    return client.post(PROPOSALS, headers=company.headers(role), json={"session_ids": ids})


def _open(client: TestClient, company: Company, problem: str, *texts: str) -> str:
    session_id: str = start(client, company, problem_summary=problem)["id"]
    for text in texts:
        take(client, company, session_id, free_text=text)
    return session_id


@pytest.fixture
def two(client: TestClient, company: Company) -> list[str]:
    """An open session and an escalated one, in both of which the battery was changed."""
    ids = [_open(client, company, problem, "Changed the battery of the reader") for problem in PROBLEMS]
    sent = post(client, company, f"{ids[1]}/handoffs", reason="Still red")
    assert sent.status_code == 201, sent.text
    return ids


async def test_it_is_merged_from_exactly_these(client: TestClient, company: Company, two: list[str]) -> None:
    _open(client, company, PROBLEMS[0], "Held the badge longer")
    made = make(client, company, two)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    assert [row["session_id"] for row in found["evidence"]] == two[::-1]
    assert (found["kind"], found["status"], found["title"] in PROBLEMS) == ("new_flow", "pending", True)
    nodes = found["flow"]["tree"]["nodes"]
    assert [nodes["step-1"]["text"], nodes["escalate-1"]["kind"]] == [
        "Changed the battery of the reader",
        "escalation",
    ]
    assert found["problems"] == []


async def test_its_title_stays(client: TestClient, company: Company, database: Database, two: list[str]) -> None:
    body = {"session_ids": two, "title": "Badge readers"}
    made = client.post(PROPOSALS, headers=company.headers(Role.TEAM_ADMIN), json=body).json()
    await resolve(client, company, database, two[0], "Changed the battery and paired the reader again")
    assert whole(client, company, made["id"])["title"] == "Badge readers"


async def test_made_twice_it_is_the_same(client: TestClient, company: Company, two: list[str]) -> None:
    made = make(client, company, two)
    again = make(client, company, two)
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json() == made.json()


async def test_a_pending_proposal_with_most_of_them_answers(
    client: TestClient, company: Company, database: Database, two: list[str]
) -> None:
    ids = await solve_all(client, company, database)
    [proposal] = proposals(client, company)
    assert make(client, company, [*ids, *two]).json()["id"] == proposal["id"]
    assert make(client, company, [ids[0], *two]).status_code == 201


async def test_a_session_may_be_in_several_and_the_analysis_changes_nothing(
    client: TestClient, company: Company, database: Database, two: list[str]
) -> None:
    ids = await solve_all(client, company, database)
    [proposal] = proposals(client, company)
    made = make(client, company, [ids[0], *two]).json()
    before = [whole(client, company, id_) for id_ in (proposal["id"], made["id"])]
    await run_analysis(company, database)
    assert [whole(client, company, id_) for id_ in (proposal["id"], made["id"])] == before


async def test_a_chosen_session_that_is_solved_strengthens_its_proposal(
    client: TestClient, company: Company, database: Database, two: list[str]
) -> None:
    made = make(client, company, two[:1]).json()
    await resolve(client, company, database, two[0], "Changed the battery of the reader")
    await run_analysis(company, database)
    [proposal] = proposals(client, company)
    assert (proposal["id"], proposal["session_count"]) == (made["id"], 1)


async def test_a_session_like_them_joins(
    client: TestClient, company: Company, database: Database, two: list[str]
) -> None:
    made = make(client, company, two).json()
    await solve(client, company, database, PROBLEMS[0], ["Changed the battery of the reader"], "Changed battery")
    assert whole(client, company, made["id"])["session_count"] == 3


async def test_it_is_published_like_any_other(client: TestClient, company: Company, two: list[str]) -> None:
    made = make(client, company, two).json()
    done = decide(client, company, made["id"], "approve")
    assert (done.status_code, done.json()["status"]) == (200, "approved")


async def test_what_became_of_its_sessions(client: TestClient, company: Company, two: list[str]) -> None:
    made = make(client, company, two[:1]).json()
    at = "/api/v1/analytics/flowpilot/rows/sessions/outcomes"
    waiting = client.get(at, headers=company.headers()).json()
    assert (waiting["n"], waiting["held"]) == (2, 1)
    flow_id = decide(client, company, made["id"], "approve").json()["flow_id"]
    [outcome] = client.get(at, headers=company.headers()).json()["proposals"]
    assert (outcome["status"], outcome["flow_id"], outcome["sessions"]) == ("approved", flow_id, 1)
    assert outcome["effect"]["guided"]["verdict"] == "too_early"


async def test_sessions_in_which_nobody_did_anything(client: TestClient, company: Company, two: list[str]) -> None:
    empty = _open(client, company, TIMES[0][0])
    refused = make(client, company, [empty])
    assert (refused.status_code, "Choose sessions with steps" in refused.json()["detail"]) == (409, True)
    assert make(client, company, [empty, *two]).json()["session_count"] == 2


async def test_what_cannot_be_asked_for(
    client: TestClient, company: Company, neighbour: Company, two: list[str]
) -> None:
    assert make(client, company, []).status_code == 422
    assert make(client, company, [str(uuid.uuid4()) for _ in range(51)]).status_code == 422
    assert make(client, neighbour, two).status_code == 404
    assert make(client, company, two, Role.ENGINEER).status_code == 403
    assert proposals(client, company) == []


async def test_of_a_mixture_the_most_that_are_alike(client: TestClient, company: Company, two: list[str]) -> None:
    other = _open(client, company, "Projector in the hall shows only green", "Replaced the lamp")
    body = {"session_ids": [other, *two], "only_alike": True}
    made = client.post(PROPOSALS, headers=company.headers(Role.TEAM_ADMIN), json=body)
    assert made.status_code == 201, made.text
    assert {row["session_id"] for row in made.json()["evidence"]} == set(two)
    again = client.post(PROPOSALS, headers=company.headers(Role.TEAM_ADMIN), json=body)
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    refused = client.post(
        PROPOSALS, headers=company.headers(Role.TEAM_ADMIN), json=body | {"session_ids": [other, two[0]]}
    )
    assert (refused.status_code, "No two of these sessions" in refused.json()["detail"]) == (409, True)
