"""A second escalation brings what the first one brought: what was said, asked, answered, and why it came back."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, claimed_by_kim, done, read, send_escalation


@pytest.fixture
def escalated_again(client: TestClient, company: Company) -> tuple[str, str]:
    """A session's first handoff, which was sent back after a question and its answer, and the second one."""
    first, kim = claimed_by_kim(
        client, company, note="The drum, I guess.", tried="Turned it off.", priority="high"
    )
    asking = f"/api/v1/handoffs/{first['id']}/questions"
    made = client.post(asking, headers=kim.headers, json={"question": "What does the drum counter say?"}).json()
    answering = f"{asking}/{made['questions'][0]['id']}/answer"
    done(client.post(answering, headers=company.headers(Role.ENGINEER), json={"answer": "It says 98 %."}))
    done(act(client, first, "send-back", kim.headers, reason="Print the counter page."))
    second = send_escalation(client, company, first["session_id"]).json()
    return first["id"], second["id"]


def test_the_second_handoff_has_what_the_first_one_brought(
    client: TestClient, company: Company, escalated_again: tuple[str, str]
) -> None:
    first, second = escalated_again
    [one] = read(client, company, {"id": second})["earlier"]
    assert (one["id"], one["outcome"], one["ended_with"]) == (first, "sent_back", "Print the counter page.")
    assert (one["note"], one["tried"]) == ("The drum, I guess.", "Turned it off.")
    assert [(asked["question"], asked["answer"]) for asked in one["questions"]] == [
        ("What does the drum counter say?", "It says 98 %.")
    ]
    people = (one["closed_by"], one["questions"][0]["asked_by"], one["questions"][0]["answered_by"])
    assert [person["name"] for person in people] == ["Kim", "Kim", "engineer"]
    assert read(client, company, {"id": first})["earlier"] == []


def test_what_is_withdrawn_is_not_told_again(client: TestClient, company: Company) -> None:
    first, kim = claimed_by_kim(client, company)
    asking = f"/api/v1/handoffs/{first['id']}/questions"
    made = client.post(asking, headers=kim.headers, json={"question": "Which chair?"}).json()
    done(client.post(f"{asking}/{made['questions'][0]['id']}/withdraw", headers=kim.headers))
    done(act(client, first, "give-back", kim.headers, reason="Ask the user."))
    second = send_escalation(client, company, first["session_id"]).json()
    assert [one["questions"] for one in second["earlier"]] == [[]]


def test_what_a_senior_was_answered_was_asked_and_found(
    client: TestClient, company: Company, escalated_again: tuple[str, str]
) -> None:
    first, second = (read(client, company, {"id": one}) for one in escalated_again)
    nothing = "Nothing was asked or found yet."
    assert nothing in first["snapshot"]["missing"]
    assert nothing not in first["missing"]
    assert nothing not in second["snapshot"]["missing"]
