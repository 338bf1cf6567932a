"""Whose action it is: while a senior holds a session, the others who work on it add notes."""

from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import Person, act, claimed_by_kim, done, join, send_escalation
from tests.sessions.flows import SESSIONS, post, publish_printer_flow, read, take
from tests.sessions.runs.procedure import start_run, try_to

DECISIONS: list[tuple[str, dict[str, Any]]] = [
    ("steps", {"choice": "No"}),
    ("steps", {"outcome": "It prints"}),
    ("back", {}),
    ("flow", {"flow_id": None}),
    ("pause", {}),
    ("resolve", {"summary": "It prints."}),
    ("abandon", {"reason": "Enough."}),
]


@pytest.fixture
def held(client: TestClient, company: Company) -> tuple[str, Person]:
    """A session that Kim holds, at the first question of its flow, and Kim."""
    publish_printer_flow(client, company)
    handoff, kim = claimed_by_kim(client, company)
    return handoff["session_id"], kim


@pytest.mark.parametrize(("path", "body"), DECISIONS)
def test_the_engineer_decides_nothing_and_learns_who_holds_it(
    client: TestClient, company: Company, held: tuple[str, Person], path: str, body: dict[str, Any]
) -> None:
    session_id, kim = held
    before = read(client, company, session_id)
    answer = post(client, company, f"{session_id}/{path}", **body)
    problem, since = answer.json(), before["status_changes"][-1]["created_at"]
    assert (answer.status_code, problem["type"]) == (409, "urn:flowpilot:problem:held-by-senior")
    moment = f"{datetime.fromisoformat(since):%-d %b %Y, %H:%M} UTC"
    assert problem["detail"] == (
        f"Kim has held this session since {moment}. You can add notes, and answer what they ask."
    )
    assert problem["holder"] == {"id": str(kim.id), "name": "Kim"}
    assert datetime.fromisoformat(problem["since"]) == datetime.fromisoformat(since)
    assert read(client, company, session_id) == before


def test_nor_do_they_escalate_it_again(client: TestClient, company: Company, held: tuple[str, Person]) -> None:
    answer = send_escalation(client, company, held[0])
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("Kim has held this session since ")


def test_the_holder_and_team_admins_decide(client: TestClient, company: Company, held: tuple[str, Person]) -> None:
    session_id, kim = held
    offers = {
        who: client.get(f"{SESSIONS}/{session_id}", headers=headers).json()["allowed"]
        for who, headers in (
            ("holder", kim.headers),
            ("admin", company.headers(Role.TEAM_ADMIN)),
            ("engineer", company.headers(Role.ENGINEER)),
            ("viewer", company.headers(Role.VIEWER)),
        )
    }
    all_of_it = ["step", "verify", "resolve", "abandon", "note"]
    assert offers == {"holder": all_of_it, "admin": all_of_it, "engineer": ["note"], "viewer": []}
    path = f"{SESSIONS}/{session_id}/steps"
    assert client.post(path, headers=kim.headers, json={"choice": "No"}).status_code == 201
    assert post(client, company, f"{session_id}/back", Role.TEAM_ADMIN).status_code == 200


def test_the_engineers_words_are_a_note_even_at_a_question(
    client: TestClient, company: Company, held: tuple[str, Person]
) -> None:
    """An answer in one's own words would count as one that left the flow's choices."""
    session_id, kim = held
    state = take(client, company, session_id, free_text="The user called again.")
    assert (state["steps"][-1]["kind"], state["steps"][-1]["is_free_text"]) == ("note", False)
    path = f"{SESSIONS}/{session_id}/steps"
    theirs = client.post(path, headers=kim.headers, json={"free_text": "Half of it."}).json()
    assert (theirs["steps"][-1]["kind"], theirs["steps"][-1]["is_free_text"]) == ("answer", True)


def test_the_engineers_note_is_taken_wherever_the_senior_is_by_then(
    client: TestClient, company: Company, held: tuple[str, Person]
) -> None:
    session_id, kim = held
    moved = client.post(f"{SESSIONS}/{session_id}/steps", headers=kim.headers, json={"choice": "No"})
    assert moved.status_code == 201
    take(client, company, session_id, free_text="It hums.", node="power", after_step=0)


def test_the_engineer_still_corrects_what_it_is_about(
    client: TestClient, company: Company, held: tuple[str, Person]
) -> None:
    headers = company.headers(Role.ENGINEER)
    body = {"psa_ticket_id": "4711"}
    assert client.patch(f"{SESSIONS}/{held[0]}", headers=headers, json=body).status_code == 200


def test_once_it_is_given_back_the_engineer_decides_again(
    client: TestClient, company: Company, held: tuple[str, Person]
) -> None:
    session_id, kim = held
    handoff = client.get("/api/v1/handoffs", params={"state": "claimed"}, headers=kim.headers).json()["items"][0]
    done(act(client, handoff, "release", kim.headers, reason="Called away."))
    take(client, company, session_id, choice="No")


def _run_held_by_kim(client: TestClient, company: Company, **changes: Any) -> tuple[str, Person]:
    run_id, kim = start_run(client, company, **changes), join(client, company, "Kim")
    done(act(client, send_escalation(client, company, run_id).json(), "claim", kim.headers))
    return run_id, kim


def test_a_shared_run_is_ticked_by_all_while_a_senior_holds_it(client: TestClient, company: Company) -> None:
    session_id, _ = _run_held_by_kim(client, company)
    assert read(client, company, session_id)["allowed"] == ["note", "mark"]
    assert try_to(client, company, session_id, do="tick", item="join").status_code == 200


def test_elsewhere_only_the_holder_fills_in(client: TestClient, company: Company) -> None:
    session_id, kim = _run_held_by_kim(client, company, type="troubleshooting")
    refused = try_to(client, company, session_id, do="tick", item="join")
    assert refused.status_code == 409
    assert refused.json()["detail"].startswith("Kim has held this session since ")
    path = f"{SESSIONS}/{session_id}/marks"
    assert client.post(path, headers=kim.headers, json={"do": "tick", "item": "join"}).status_code == 200
