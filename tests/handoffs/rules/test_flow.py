"""What the flow asks to be handed over, read from the explanation of its escalation node."""

from importlib.resources import files

import pytest
import yaml
from fastapi.testclient import TestClient

from flowpilot.handoffs.rules.flow import FactField, facts_of, rest_of
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, done, join, send_escalation
from tests.sessions.flows import start

HELP = """\
Nobody unlocks it. Hand over, if that does not help: user, output of `net user, all`,
message (code, time), a photo of the screen, and what was tried. Say it plainly.

Call the customer first."""

TREE = {
    "root": "asked",
    "nodes": {
        "asked": {
            "kind": "question",
            "text": "Does the badge open the door?",
            "choices": [{"label": "Yes", "next": "opens"}, {"label": "No", "next": "hand_over"}],
        },
        "opens": {"kind": "resolution", "text": "It opens."},
        "hand_over": {
            "kind": "escalation",
            "text": "The reader is broken.",
            "help": HELP,
            "fields": [{"name": "door", "label": "Number of the door", "kind": "text"}],
        },
    },
}


def test_the_list_is_its_pieces_and_each_has_its_field() -> None:
    assert [(one.text, one.field) for one in facts_of(HELP)] == [
        ("user", FactField.FOUND),
        ("output of `net user, all`", FactField.FOUND),
        ("message (code, time)", FactField.FOUND),
        ("a photo of the screen", FactField.FILES),
        ("what was tried", FactField.TRIED),
    ]
    assert rest_of(HELP) == "Nobody unlocks it.  Say it plainly.\n\nCall the customer first."


@pytest.mark.parametrize("said", ["", "Call the customer.", "We hand over: nothing", "Hand over the key."])
def test_an_explanation_without_a_list_stays_as_it_is(said: str) -> None:
    assert (facts_of(said), rest_of(said)) == ([], said)


def test_every_escalation_of_the_library_lists_what_to_hand_over() -> None:
    explained = [
        (flow.name, node["help"])
        for flow in files("flowpilot.flows.library").iterdir()
        if flow.name.endswith(".yaml")
        for node in yaml.safe_load(flow.read_text())["nodes"].values()
        if node.get("help") and "escalation" in node
    ]
    assert len(explained) > 200
    assert [one for one in explained if not facts_of(one[1]) or "Hand over" in rest_of(one[1])] == []


def at_a_broken_reader(client: TestClient, company: Company) -> str:
    """A session at the flow's escalation."""
    flow = {"name": "The badge reader", "description": "A door stays shut.", "keywords": ["badge"], "tree": TREE}
    made = client.post("/api/v1/flows", headers=company.headers(), json=flow)
    assert made.status_code == 201, made.text
    flow_id = made.json()["id"]
    assert client.post(f"/api/v1/flows/{flow_id}/publish", headers=company.headers()).is_success
    session_id = str(start(client, company)["id"])
    engineer, path = company.headers(Role.ENGINEER), f"/api/v1/ai-sessions/{session_id}"
    assert client.post(f"{path}/flow", headers=engineer, json={"flow_id": flow_id}).is_success
    assert client.post(f"{path}/steps", headers=engineer, json={"choice": "No"}).is_success
    return session_id


def test_the_answer_before_an_escalation_says_it(client: TestClient, company: Company) -> None:
    session_id = at_a_broken_reader(client, company)
    path = f"/api/v1/ai-sessions/{session_id}/requirements"
    flow = done(client.get(path, headers=company.headers(Role.ENGINEER)))["flow"]
    assert (flow["text"], flow["help"][:18]) == ("The reader is broken.", "Nobody unlocks it.")
    assert flow["facts"][3:] == [
        {"text": "a photo of the screen", "field": "files"},
        {"text": "what was tried", "field": "tried"},
    ]
    assert [(one["name"], one["value"]) for one in flow["fields"]] == [("door", "")]


def test_elsewhere_it_asks_for_nothing(client: TestClient, company: Company) -> None:
    path = f"/api/v1/ai-sessions/{start(client, company)['id']}/requirements"
    assert done(client.get(path, headers=company.headers()))["flow"] is None


def test_the_escalation_before_and_why_it_came_back_are_said_until_it_is_solved(
    client: TestClient, company: Company
) -> None:
    kim, engineer = join(client, company, "Kim"), company.headers(Role.ENGINEER)
    session_id = start(client, company)["id"]
    path = f"/api/v1/ai-sessions/{session_id}"
    handoff = send_escalation(client, company, session_id, priority="high").json()
    done(act(client, handoff, "send-back", kim.headers, reason="Which door is it?"))
    before = done(client.get(f"{path}/requirements", headers=engineer))["before"]
    assert (before["outcome"], before["ended_with"], before["priority"]) == (
        "sent_back",
        "Which door is it?",
        "high",
    )
    assert (before["closed_by"]["name"], before["reason"]) == ("Kim", handoff["reason"])
    again = send_escalation(client, company, session_id).json()
    done(act(client, again, "claim", kim.headers))
    done(act(client, again, "close", kim.headers, outcome="resolved", note="A new reader."))
    assert client.post(f"{path}/reopen", headers=engineer, json={"reason": "Shut again."}).is_success
    assert done(client.get(f"{path}/requirements", headers=engineer))["before"] is None
