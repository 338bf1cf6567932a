"""What a handoff lacked stays on record, and what has been filled in since is said beside it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.copilot.asking import asks
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import QUEUE, act, done, join, read, send_escalation
from tests.sessions.edits.helpers import edit, newest
from tests.sessions.flows import publish_printer_flow, start, take
from tests.sessions.flows import read as read_session

NOTHING_TRIED = "Nothing was tried yet."
ALL = ["client", "ticket", "tried", "opinion"]


@pytest.fixture
def empty(client: TestClient, company: Company) -> dict[str, Any]:
    """A handoff at an instruction of its flow that has nothing of what the rules ask for."""
    rules = {"rules": {"normal": dict.fromkeys(ALL, "warn")}}
    done(client.put("/api/v1/escalation-settings", headers=company.headers(Role.OWNER), json=rules))
    publish_printer_flow(client, company)
    session_id = start(client, company)["id"]
    take(client, company, session_id, choice="Yes")
    made: dict[str, Any] = send_escalation(client, company, session_id, note="").json()
    return made


def _filled(handoff: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(one["requirement"], one["value"], one["by"] and one["by"]["name"]) for one in handoff["filled"]]


def test_nothing_is_filled_in_at_first(empty: dict[str, Any]) -> None:
    assert (empty["lacked"], empty["lacks"], empty["filled"]) == (ALL, ALL, [])
    assert NOTHING_TRIED in empty["missing"]


def test_what_comes_later_is_filled_in_and_what_was_missing_stays(
    client: TestClient, company: Company, empty: dict[str, Any]
) -> None:
    engineer, kim = company.headers(Role.ENGINEER), join(client, company, "Kim")
    session = f"/api/v1/ai-sessions/{empty['session_id']}"
    about = {"client_name": "Acme", "psa_ticket_id": "T-7"}
    done(client.patch(session, headers=engineer, json=about))
    done(client.put(f"{QUEUE}/{empty['id']}/opinion", headers=engineer, json={"opinion": "The drum."}))
    done(act(client, empty, "claim", kim.headers))
    said = client.post(f"{session}/steps", headers=kim.headers, json={"outcome": "Still nothing"})
    assert said.status_code == 201, said.text
    found = read(client, company, empty)
    assert (found["lacked"], found["lacks"]) == (ALL, [])
    assert _filled(found) == [
        ("client", "Acme", None),
        ("ticket", "T-7", None),
        ("tried", "", "Kim"),
        ("opinion", "The drum.", "engineer"),
    ]
    assert NOTHING_TRIED not in found["missing"]
    assert NOTHING_TRIED in found["snapshot"]["missing"]
    assert found["completeness"] == empty["completeness"]
    assert company.query("SELECT lacks FROM session_handoffs") == [(ALL,)]
    [row] = done(client.get(QUEUE, params={"state": "all"}, headers=engineer))["items"]
    assert (row["lacked"], row["lacks"]) == (ALL, [])


def test_what_was_taken_back_was_not_tried(client: TestClient, company: Company, empty: dict[str, Any]) -> None:
    take(client, company, empty["session_id"], outcome="Still nothing")
    assert [one["requirement"] for one in read(client, company, empty)["filled"]] == ["tried"]
    edit(client, company, newest(read_session(client, company, empty["session_id"]), "outcome"), "take-back")
    assert read(client, company, empty)["filled"] == []


def test_without_rules_it_is_said_all_the_same(client: TestClient, company: Company) -> None:
    made = send_escalation(client, company, start(client, company)["id"], note="The drum.", tried="Paper.").json()
    assert (made["lacked"], made["lacks"], made["filled"]) == (["client", "ticket"], [], [])


def test_a_question_that_was_asked_tries_nothing(client: TestClient, company: Company) -> None:
    session_id = start(client, company, problem_summary="Outlook shows an error and sends nothing")["id"]
    made = send_escalation(client, company, session_id).json()
    tried = []
    for kind in ("question", "check"):
        steps = read_session(client, company, session_id)["suggestion"]["steps"]
        action = next(one["action"] for one in steps if asks(one["action"]) == (kind == "question"))
        body = {"action": action, "result": "done"}
        path = f"/api/v1/ai-sessions/{session_id}/suggestions/done"
        answer = client.post(path, headers=company.headers(Role.ENGINEER), json=body)
        assert answer.status_code == 201, answer.text
        tried.append([one["requirement"] for one in read(client, company, made)["filled"]])
    assert tried == [[], ["tried"]]
