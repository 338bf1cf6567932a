"""A session's title and body, over the API."""

from typing import Any

from fastapi.testclient import TestClient

from tests.company import Company
from tests.sessions.flows import SESSIONS, read
from tests.sessions.problem.mails import OUTLOOK

TITLE = "Outlook keeps asking for my password"


def _start(client: TestClient, company: Company, **body: Any) -> Any:
    answer = client.post(SESSIONS, headers=company.headers(), json={"problem_summary": OUTLOOK, **body})
    assert answer.status_code == 201, answer.text
    return answer.json()


def _correct(client: TestClient, company: Company, session_id: str, **body: Any) -> Any:
    return client.patch(f"{SESSIONS}/{session_id}", headers=company.headers(), json=body)


def test_a_pasted_mail_is_split(client: TestClient, company: Company) -> None:
    made = _start(client, company)
    assert (made["problem_summary"], made["problem_body"]) == (TITLE, OUTLOOK.strip())
    assert [part["kind"] for part in made["problem_parts"]] == ["head", "own", "signature", "disclaimer", "quoted"]


def test_a_title_and_a_body_are_kept_as_they_are_sent(client: TestClient, company: Company) -> None:
    made = _start(client, company, problem_summary="Outlook", problem_body="First.\nSecond.")
    assert (made["problem_summary"], made["problem_body"]) == ("Outlook", "First.\nSecond.")


def test_a_title_is_not_a_whole_mail(client: TestClient, company: Company) -> None:
    body = {"problem_summary": "a" * 201, "problem_body": "b"}
    answer = client.post(SESSIONS, headers=company.headers(), json=body)
    assert answer.status_code == 422
    assert "a title of at most 200 characters" in answer.text


def test_a_new_title_leaves_the_body(client: TestClient, company: Company) -> None:
    made = _start(client, company)
    changed = _correct(client, company, made["id"], problem_summary="Password prompts").json()
    assert (changed["problem_summary"], changed["problem_body"]) == ("Password prompts", OUTLOOK.strip())


def test_the_body_can_be_corrected_alone(client: TestClient, company: Company) -> None:
    made = _start(client, company)
    changed = _correct(client, company, made["id"], problem_body="Shorter.").json()
    assert (changed["problem_summary"], changed["problem_body"]) == (TITLE, "Shorter.")


def test_the_list_finds_it_by_its_body(client: TestClient, company: Company) -> None:
    made = _start(client, company)
    found = client.get(SESSIONS, headers=company.headers(), params={"q": "every few minutes"}).json()["items"]
    assert [(one["id"], one["problem_summary"]) for one in found] == [(made["id"], TITLE)]


def test_the_note_has_its_own_words_alone(client: TestClient, company: Company) -> None:
    made = _start(client, company)
    note = client.get(f"{SESSIONS}/{made['id']}/documentation.txt", headers=company.headers()).text
    said = {part["kind"]: part["text"].strip() for part in made["problem_parts"]}
    assert [kind for kind, text in said.items() if text in note] == ["own"]
    assert read(client, company, made["id"])["problem_body"] == OUTLOOK.strip()
