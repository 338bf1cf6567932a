"""Problems that were seen before, and what solved them."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company, at
from tests.sessions.flows import SESSIONS, start

PROBLEM = "Outlook cannot open the shared calendar of the warehouse"


def _resolved(client: TestClient, company: Company, problem: str, solution: str, **body: Any) -> str:
    made = start(client, company, problem_summary=problem, **body)
    answer = client.post(f"{SESSIONS}/{made['id']}/resolve", headers=company.headers(), json={"summary": solution})
    assert answer.status_code == 200, answer.text
    session_id: str = made["id"]
    return session_id


def _similar(client: TestClient, company: Company, session_id: str) -> list[dict[str, Any]]:
    answer = client.get(f"{SESSIONS}/{session_id}/similar", headers=company.headers(Role.VIEWER))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_what_solved_the_same_problem_is_there(client: TestClient, company: Company) -> None:
    before = _resolved(client, company, "Shared calendar of the warehouse does not open", "Shared it again.")
    _resolved(client, company, "The badge reader at the gate is dead", "Changed its fuse.")
    now = start(client, company, problem_summary=PROBLEM)

    (found,) = _similar(client, company, now["id"])

    assert (found["session_id"], found["solved_by"]) == (before, "Shared it again.")
    assert found["seconds_to_resolve"] >= 0


def test_it_says_which_words_of_the_problem_both_have(client: TestClient, company: Company) -> None:
    _resolved(client, company, "Shared calendar of the warehouse does not open", "Shared it again.")
    answer = client.post(f"{SESSIONS}/similar", headers=company.headers(), json={"text": f"{PROBLEM}. SHARED!"})
    assert answer.json()["items"][0]["shared"] == ["shared", "calendar", "warehouse"]


MAIL = """From: Ida <ida@fabrikam.example>
Subject: VPN drops every ten minutes

Hello,

since Monday I am thrown out of the connection again and again while I work from home. I have to type my
password each time, the file I have open is lost, and the customers on the phone wait for me. My
colleague at the next table has the same provider and no trouble. I restarted the laptop and the router,
and took another cable. Please call me before noon, afterwards I travel to the fair and cannot be reached
until Thursday. {more}

Ida
"""


@pytest.mark.parametrize(
    "more", ["", "It looks like what Ben had: the drive of the accounting does not open for him."]
)
def test_the_text_of_a_mail_does_not_hide_what_its_subject_finds(
    client: TestClient, company: Company, more: str
) -> None:
    right = _resolved(client, company, "VPN drops when a new colleague changes from cable to wireless", "Driver.")
    _resolved(client, company, "The badge reader at the gate is dead", "Changed its fuse.")
    _resolved(client, company, "VPN connects but no drive opens for one user", "Mapped it again.")
    answer = client.post(f"{SESSIONS}/similar", headers=company.headers(), json={"text": MAIL.format(more=more)})
    assert answer.json()["items"][0]["session_id"] == right
    made = start(client, company, problem_summary=MAIL.format(more=more))
    assert _similar(client, company, made["id"])[0]["session_id"] == right


def test_what_only_the_text_of_a_mail_names_is_found(client: TestClient, company: Company) -> None:
    code = _resolved(client, company, "Setup stops with 0x80070005", "Ran it as an administrator.")
    text = "Subject: Please help me\n\nHello,\n\nthe setup stops with 0x80070005 on my laptop.\n\nIda"
    answer = client.post(f"{SESSIONS}/similar", headers=company.headers(), json={"text": text})
    assert [one["session_id"] for one in answer.json()["items"]] == [code]


@pytest.mark.parametrize(
    ("before", "now", "is_shown"),
    [
        ("Printer on the second floor", "Coffee machine on floor 3", False),
        ("Scanner shows 0x80070005", "Setup ends with 0x80070005", True),
    ],
)
def test_one_word_alone_is_no_evidence_unless_it_is_a_code(
    client: TestClient, company: Company, before: str, now: str, is_shown: bool
) -> None:
    _resolved(client, company, before, "Replaced it.")
    answer = client.post(f"{SESSIONS}/similar", headers=company.headers(), json={"text": now})
    assert bool(answer.json()["items"]) is is_shown


def test_the_same_client_comes_first(client: TestClient, company: Company) -> None:
    other = _resolved(client, company, PROBLEM, "Restarted Outlook.", client_name="Fabrikam")
    own = _resolved(client, company, "Warehouse calendar does not open", "Shared it again.", client_name="Contoso")
    now = start(client, company, problem_summary=PROBLEM, client_name="Contoso")

    found = _similar(client, company, now["id"])

    assert [(one["session_id"], one["is_same_client"]) for one in found] == [(own, True), (other, False)]


def test_a_text_is_enough(client: TestClient, company: Company) -> None:
    before = _resolved(client, company, PROBLEM, "Shared it again.")
    answer = client.post(f"{SESSIONS}/similar", headers=company.headers(), json={"text": PROBLEM})
    assert [one["session_id"] for one in answer.json()["items"]] == [before]


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.VIEWER])
def test_another_account_has_seen_nothing(
    client: TestClient, company: Company, neighbour: Company, role: Role
) -> None:
    _resolved(client, neighbour, PROBLEM, "Shared it again.")
    answer = client.post(f"{SESSIONS}/similar", headers=company.headers(role), json={"text": PROBLEM})
    assert answer.json() == {"items": []}


def test_what_was_struck_is_not_shown(client: TestClient, company: Company) -> None:
    before = _resolved(client, company, PROBLEM, "The password was Winter2026.")
    read = client.get(f"{SESSIONS}/{before}", headers=company.headers()).json()
    step = next(one for one in read["steps"] if one["kind"] == "resolution")
    struck = client.post(f"{SESSIONS}/{before}/steps/{step['id']}/strike", headers=company.headers(), json={})
    assert struck.status_code == 200, struck.text
    now = start(client, company, problem_summary=PROBLEM)
    assert _similar(client, company, now["id"]) == []


def test_those_that_say_nothing_of_it_hide_no_other(client: TestClient, company: Company) -> None:
    now = start(client, company, problem_summary=PROBLEM, client_name="Contoso")
    client_id = uuid.UUID(now["client"]["id"])
    for _ in range(13):
        moments = {"created_at": at("2026-06-10 08:00"), "resolved_at": at("2026-06-10 09:00")}
        company.add("ai_sessions", status="resolved", problem_summary=PROBLEM, client_id=client_id, **moments)
    other = _resolved(client, company, PROBLEM, "Restarted Outlook.")
    assert [one["session_id"] for one in _similar(client, company, now["id"])] == [other]
