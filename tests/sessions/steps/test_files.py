"""Files of steps: who may add them, what the step says of them, and what the note does."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.attachments.files import picture, uploaded
from tests.company import Company
from tests.sessions.flows import SESSIONS, post, read, take


@pytest.fixture
def screenshot(client: TestClient, company: Company) -> dict[str, Any]:
    """An upload of the engineer's."""
    made: dict[str, Any] = uploaded(client, company, picture(), "error.png")
    return made


def note_of(client: TestClient, company: Company, session_id: str) -> str:
    answer = client.get(f"{SESSIONS}/{session_id}/documentation.txt", headers=company.headers(Role.VIEWER))
    return answer.text


@pytest.mark.parametrize(
    ("said", "in_note"),
    [
        ({"choice": "No"}, "- Is the printer on? No (attached: error.png)"),
        ({"free_text": "It blinks."}, "- At “Is the printer on?”: It blinks. (attached: error.png)"),
        ({}, "NOTES\n- Attached: error.png"),
    ],
    ids=["an answer", "own words", "files alone"],
)
def test_a_step_has_files_and_the_note_names_them(
    client: TestClient,
    company: Company,
    session_id: str,
    screenshot: dict[str, Any],
    said: dict[str, Any],
    in_note: str,
) -> None:
    state = take(client, company, session_id, **said, attachments=[screenshot["id"]])
    [step] = state["steps"]
    assert step["attachments"] == [screenshot]
    assert in_note in note_of(client, company, session_id)
    assert read(client, company, session_id, Role.VIEWER)["steps"][0]["attachments"] == [screenshot]
    url = screenshot["thumbnail_url"]
    assert client.get(url, headers=company.headers(Role.VIEWER)).status_code == 200


def test_the_outcome_of_an_instruction_has_files_too(
    client: TestClient, company: Company, session_id: str, screenshot: dict[str, Any]
) -> None:
    take(client, company, session_id, choice="No")
    state = take(
        client, company, session_id, outcome="It prints", note="After a while.", attachments=[screenshot["id"]]
    )
    assert state["steps"][-1]["attachments"] == [screenshot]
    assert "- Switch it on: It prints. After a while. (attached: error.png)" in note_of(
        client, company, session_id
    )


def test_files_without_words_answer_no_question(
    client: TestClient, company: Company, session_id: str, screenshot: dict[str, Any]
) -> None:
    state = take(client, company, session_id, attachments=[screenshot["id"]])
    assert (state["steps"][0]["kind"], state["steps"][0]["is_free_text"]) == ("note", False)
    assert state["current"]["id"] == "power"


def test_a_note_of_files_alone_can_be_given_words_and_struck(
    client: TestClient, company: Company, session_id: str, screenshot: dict[str, Any]
) -> None:
    [step] = take(client, company, session_id, attachments=[screenshot["id"]])["steps"]
    assert (step["text"], step["allowed"]) == ("error.png", ["correct", "strike", "remove"])
    post(client, company, f"{session_id}/steps/{step['id']}/correct", text="She sees this.")
    assert "- She sees this. (attached: error.png)" in note_of(client, company, session_id)
    post(client, company, f"{session_id}/steps/{step['id']}/strike")
    assert "error.png" not in note_of(client, company, session_id)


def test_files_keep_their_order(client: TestClient, company: Company, session_id: str) -> None:
    ids = [uploaded(client, company, b"a", f"{place}.log")["id"] for place in range(3)]
    state = take(client, company, session_id, attachments=ids[::-1])
    assert [one["id"] for one in state["steps"][0]["attachments"]] == ids[::-1]


def test_a_file_is_attached_once_and_only_by_its_uploader(
    client: TestClient, company: Company, neighbour: Company, session_id: str, screenshot: dict[str, Any]
) -> None:
    others = uploaded(client, neighbour)["id"]
    owners = uploaded(client, company, role=Role.OWNER)["id"]
    take(client, company, session_id, attachments=[screenshot["id"]])
    for one in (screenshot["id"], owners, others, str(uuid.uuid4())):
        answer = post(client, company, f"{session_id}/steps", free_text="Look.", attachments=[one])
        assert answer.status_code == 409
        assert answer.json()["detail"].startswith("A file is no longer there, or belongs to something else")
    assert len(read(client, company, session_id)["steps"]) == 1
    assert company.query("SELECT attached_at FROM attachments WHERE id = %s", owners) == [(None,)]


def test_a_step_takes_ten_files(client: TestClient, company: Company, session_id: str) -> None:
    many = [str(uuid.uuid4()) for _ in range(11)]
    answer = post(client, company, f"{session_id}/steps", free_text="Look.", attachments=many)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.attachments"


def test_a_step_says_something_or_has_files(client: TestClient, company: Company, session_id: str) -> None:
    assert post(client, company, f"{session_id}/steps", attachments=[]).status_code == 422


def test_a_handoff_has_files_of_its_own_and_those_of_its_steps(
    client: TestClient, company: Company, session_id: str, screenshot: dict[str, Any]
) -> None:
    take(client, company, session_id, free_text="It blinks.", attachments=[screenshot["id"]])
    log = uploaded(client, company)
    made = post(client, company, f"{session_id}/handoffs", reason="Out of ideas.", attachments=[log["id"]])
    assert made.status_code == 201, made.text
    assert made.json()["attachments"] == [log]
    [note] = made.json()["snapshot"]["notes"]
    assert [one["id"] for one in note["attachments"]] == [screenshot["id"]]
    assert client.get(log["url"], headers=company.headers(Role.VIEWER)).status_code == 200
