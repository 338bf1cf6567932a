"""Forms of an outdated page: an answer to something else is not recorded, and the page shows the present state."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import publish_printer_flow, read
from tests.web.conftest import SignedIn
from tests.web.forms import send

PROBLEM = "The printer in the accounting office prints nothing"

# Two questions that both offer "No".
BADGES: dict[str, Any] = {
    "root": "light",
    "nodes": {
        "light": {
            "kind": "question",
            "text": "Does the reader show a light?",
            "choices": [{"label": "Yes", "next": "other"}, {"label": "No", "next": "broken"}],
        },
        "other": {
            "kind": "question",
            "text": "Does another badge open the door?",
            "choices": [{"label": "Yes", "next": "badge"}, {"label": "No", "next": "broken"}],
        },
        "badge": {"kind": "resolution", "text": "Print a new badge."},
        "broken": {"kind": "escalation", "text": "Hand it over: the reader is broken."},
    },
}


def publish(client: TestClient, company: Company, name: str, tree: dict[str, Any]) -> str:
    """Publish a flow and return its id."""
    made = client.post("/api/v1/flows", headers=company.headers(), json={"name": name, "tree": tree}).json()
    published = client.post(f"/api/v1/flows/{made['id']}/publish", headers=company.headers())
    assert published.status_code == 200, published.text
    flow_id: str = made["id"]
    return flow_id


@dataclass
class Desk:
    """Two browsers at one session: of the engineer who started it, and of a team admin."""

    client: TestClient
    company: Company
    engineer: TestClient
    senior: TestClient
    path: str

    @property
    def steps(self) -> list[tuple[str, dict[str, Any]]]:
        """The recorded steps."""
        session = read(self.client, self.company, self.path.rsplit("/", 1)[1])
        return [(step["kind"], step["content"]) for step in session["steps"]]


@pytest.fixture
def desk(client: TestClient, company: Company, signed_in: SignedIn) -> Desk:
    """A session at the badge flow's first question."""
    flow_id = publish(client, company, "Badge opens no door", BADGES)
    engineer, senior = signed_in(), signed_in(Role.TEAM_ADMIN)
    begun = engineer.post("/sessions", data={"problem_summary": "My badge is dead", "flow_id": flow_id})
    return Desk(client, company, engineer, senior, begun.url.path)


def test_a_no_to_the_first_question_is_not_recorded_at_the_second(desk: Desk) -> None:
    older = desk.senior.get(desk.path)
    send(desk.engineer, desk.path, "/steps", choice="Yes")
    answer = send(desk.senior, older, "/steps", choice="No")
    assert answer.status_code == 409
    assert [content["choice"] for _, content in desk.steps] == ["Yes"]
    assert '<h2 id="now" class="now">Does another badge open the door?</h2>' in answer.text
    assert "What you sent for &#34;Does the reader show a light?&#34; was not recorded." in answer.text
    assert re.search(r"<dt>Choice</dt>\s*<dd><span[^>]*>No</span>", answer.text)


def test_the_page_that_is_shown_then_answers_the_question_that_it_shows(desk: Desk) -> None:
    older = desk.senior.get(desk.path)
    send(desk.engineer, desk.path, "/steps", choice="Yes")
    shown = send(desk.senior, older, "/steps", choice="No")
    assert send(desk.senior, shown, "/steps", choice="No").status_code == 200
    assert [(content["node"], content["choice"]) for _, content in desk.steps] == [
        ("light", "Yes"),
        ("other", "No"),
    ]


def test_a_text_for_another_question_is_shown_to_be_kept_and_not_recorded(desk: Desk) -> None:
    older = desk.senior.get(desk.path)
    send(desk.engineer, desk.path, "/steps", choice="Yes")
    answer = send(desk.senior, older, "/steps", free_text="It blinks <red>.")
    assert answer.status_code == 409
    assert "data-unsent>It blinks &lt;red&gt;.</textarea>" in answer.text
    assert "This page was out of date." not in answer.text
    assert len(desk.steps) == 1


@pytest.mark.parametrize(
    ("pressed", "recorded"),
    [
        ({"is_note": "true"}, ("note", {"text": "It blinks.", "node": "other", "next": "other"})),
        (
            {},
            (
                "answer",
                {
                    "question": "Does another badge open the door?",
                    "choice": "It blinks.",
                    "node": "other",
                    "next": "other",
                },
            ),
        ),
    ],
)
def test_a_text_for_another_question_is_recorded_with_one_press(
    desk: Desk, pressed: dict[str, str], recorded: tuple[str, dict[str, Any]]
) -> None:
    older = desk.senior.get(desk.path)
    send(desk.engineer, desk.path, "/steps", choice="Yes")
    shown = send(desk.senior, older, "/steps", free_text="It blinks.")
    assert send(desk.senior, shown, "/steps", free_text="It blinks.", **pressed).status_code == 200
    assert desk.steps[1:] == [recorded]


def test_a_note_is_recorded_however_far_the_session_has_moved_on(desk: Desk) -> None:
    older = desk.senior.get(desk.path)
    shown = send(desk.senior, older, "/steps", free_text="It blinks.")
    assert shown.status_code == 200
    send(desk.engineer, desk.path, "/steps", choice="Yes")
    again = send(desk.senior, older, "/steps", free_text="It hums.")
    assert ("while you wrote" in again.text, "That was recorded" in again.text) == (False, True)
    send(desk.engineer, desk.path, "/steps", choice="No")
    assert send(desk.senior, again, "/steps", free_text="It hums.", is_note="true").status_code == 200
    assert [kind for kind, _ in desk.steps] == ["answer", "answer", "answer", "note"]


def test_a_text_is_recorded_even_if_others_came_meanwhile(desk: Desk) -> None:
    older = desk.senior.get(desk.path)
    send(desk.engineer, desk.path, "/steps", free_text="I looked.")
    assert send(desk.senior, older, "/steps", free_text="I looked, too.").status_code == 200
    assert [content["choice"] for _, content in desk.steps] == ["I looked.", "I looked, too."]


def test_an_answer_is_not_recorded_when_the_same_question_is_asked_again(desk: Desk) -> None:
    older = desk.senior.get(desk.path)
    send(desk.engineer, desk.path, "/steps", choice="Yes")
    send(desk.engineer, desk.path, "/back")
    answer = send(desk.senior, older, "/steps", choice="No")
    assert answer.status_code == 409
    assert "It is now at &#34;Does the reader show a light?&#34;, after 2 steps." in answer.text
    assert [kind for kind, _ in desk.steps] == ["answer", "take_back"]


def test_back_takes_only_the_answer_back_that_its_page_showed(desk: Desk) -> None:
    send(desk.engineer, desk.path, "/steps", choice="Yes")
    older = desk.senior.get(desk.path)
    send(desk.engineer, desk.path, "/steps", choice="No")
    answer = send(desk.senior, older, "/back")
    assert answer.status_code == 409
    assert "Hand it over: the reader is broken." in answer.text
    assert [kind for kind, _ in desk.steps] == ["answer", "answer"]


def test_a_resolution_from_a_page_at_another_node_is_refused(desk: Desk) -> None:
    send(desk.engineer, desk.path, "/steps", choice="Yes")
    send(desk.engineer, desk.path, "/steps", choice="Yes")
    older = desk.senior.get(desk.path)
    send(desk.engineer, desk.path, "/back")
    # The field is filled in with the text of the node.
    answer = send(desk.senior, older, "/resolve")
    assert answer.status_code == 409
    assert re.search(r"<dt>What solved it</dt>\s*<dd><span[^>]*>Print a new badge.</span>", answer.text)
    assert read(desk.client, desk.company, desk.path.rsplit("/", 1)[1])["status"] == "active"


@pytest.mark.parametrize(("action", "said"), [("/abandon", {"reason": "The user hung up."}), ("/flow", {})])
def test_a_session_that_moved_on_is_not_left(desk: Desk, action: str, said: dict[str, str]) -> None:
    older = desk.senior.get(f"{desk.path}/flow" if action == "/flow" else desk.path)
    send(desk.engineer, desk.path, "/steps", choice="Yes")
    assert send(desk.senior, older, action, **said).status_code == 409
    assert [kind for kind, _ in desk.steps] == ["answer"]


def test_an_action_the_status_no_longer_allows_shows_the_session_as_it_is(desk: Desk) -> None:
    older = desk.senior.get(desk.path)
    send(desk.engineer, desk.path, "/resolve", summary="Charged the badge.")
    answer = send(desk.senior, older, "/steps", free_text="It blinks.")
    assert answer.status_code == 409
    assert "The session is resolved" in answer.text
    assert "Charged the badge." in answer.text
    assert "It blinks.</span>" in answer.text


def test_a_form_that_says_nothing_of_its_page_is_refused(desk: Desk) -> None:
    answer = desk.engineer.post(f"{desk.path}/steps", data={"choice": "No"})
    assert answer.status_code == 422
    assert "After step: Fill in this field" in answer.text
    assert desk.steps == []


def test_without_a_word_of_the_browser_the_page_of_the_form_is_shown(desk: Desk) -> None:
    sent = {"choice": "No", "node": "light", "after_step": "7"}
    answer = desk.engineer.post(f"{desk.path}/steps", data=sent)
    assert answer.status_code == 409
    assert '<h2 id="now" class="now">Does the reader show a light?</h2>' in answer.text


def test_a_page_of_another_site_is_not_shown(desk: Desk) -> None:
    sent = {"choice": "No", "node": "light", "after_step": "7"}
    headers = {"Referer": "https://evil.example/flows"}
    answer = desk.engineer.post(f"{desk.path}/steps", data=sent, headers=headers)
    assert '<h2 id="now" class="now">Does the reader show a light?</h2>' in answer.text


def test_with_scripts_the_page_stays_at_its_address(desk: Desk) -> None:
    sent = {"choice": "No", "node": "light", "after_step": "7"}
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{desk.path}"}
    answer = desk.engineer.post(f"{desk.path}/steps", data=sent, headers=headers)
    assert answer.status_code == 409
    assert answer.headers["hx-push-url"] == "false"
    assert "hx-retarget" not in answer.headers
    assert '<h2 id="now" class="now">Does the reader show a light?</h2>' in answer.text


def test_a_text_for_a_flow_is_not_recorded_at_a_node_of_the_same_name_of_another(
    client: TestClient, company: Company, desk: Desk
) -> None:
    lost = BADGES["nodes"]["light"] | {"text": "Did somebody find it?"}
    other = publish(client, company, "Badge is lost", BADGES | {"nodes": BADGES["nodes"] | {"light": lost}})
    older = desk.senior.get(desk.path)
    send(desk.engineer, f"{desk.path}/flow?q=lost", "/flow", flow_id=other)
    assert send(desk.senior, older, "/steps", free_text="It blinks.").status_code == 409
    assert [kind for kind, _ in desk.steps] == ["flow"]


def test_a_text_where_no_flow_leads_is_not_the_answer_to_a_question_that_came_meanwhile(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow_id = publish_printer_flow(client, company)
    engineer, senior = signed_in(), signed_in(Role.TEAM_ADMIN)
    path = engineer.post("/sessions", data={"problem_summary": "Something else"}).url.path.removesuffix("/flow")
    older = senior.get(path)
    send(engineer, f"{path}/flow", "/flow", flow_id=str(flow_id))
    assert send(senior, older, "/steps", free_text="It hums.").status_code == 409
    assert [step["kind"] for step in read(client, company, path.rsplit("/", 1)[1])["steps"]] == ["flow"]
