"""Forms that create, sent twice: a double click or a reload creates once."""

import re
import threading

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import PASSWORD, Company, fresh_email
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn, new_browser
from tests.web.forms import send

PROBLEM = "The printer in the accounting office prints nothing"

CREATING: list[tuple[str, str, dict[str, str], str]] = [
    ("/", "/sessions", {"problem_summary": PROBLEM}, "ai_sessions"),
    ("/flows/new", "/flows", {"name": "Scanner is dirty"}, "trees"),
    ("/settings/keys", "/settings/keys", {"name": "Import", "role": "viewer"}, "api_keys"),
    ("/settings/members", "/settings/members", {"email": "new@company.example"}, "invitations"),
    (
        "/settings/notifications",
        "/settings/notifications/channels",
        {"name": "Desk", "kind": "webhook", "url": "https://8.8.8.8/hook"},
        "notification_channels",
    ),
    ("/stopwatch", "/stopwatch/start", {}, "handoff_baselines"),
    ("/stopwatch", "/stopwatch/enter", {"minutes": "4"}, "handoff_baselines"),
]


@pytest.mark.parametrize(("page", "action", "said", "table"), CREATING)
def test_a_form_that_is_sent_twice_creates_once(
    company: Company, signed_in: SignedIn, page: str, action: str, said: dict[str, str], table: str
) -> None:
    browser = signed_in(Role.OWNER)
    [(before,)] = company.query(f"SELECT count(*) FROM {table}")
    shown = browser.get(page)
    first, second = (send(browser, shown, action, **said) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.url == second.url
    assert company.query(f"SELECT count(*) FROM {table}") == [(before + 1,)]


def test_a_secret_is_shown_once_and_a_reload_says_so(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    shown = browser.get("/settings/keys")
    first, reloaded = (send(browser, shown, "/settings/keys", name="Import") for _ in range(2))
    assert re.search(r"fp_\w+", first.text)
    assert "It has been shown already" in reloaded.text


def test_a_reload_makes_no_further_secret(company: Company, signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    said = {"name": "Desk", "kind": "webhook", "url": "https://8.8.8.8/hook"}
    send(browser, "/settings/notifications", "/settings/notifications/channels", **said)
    [(channel,)] = company.query("SELECT id FROM notification_channels")
    shown = browser.get(f"/settings/notifications/channels/{channel}")
    first = send(browser, shown, "/secret")
    [(sealed,)] = company.query("SELECT secret_encrypted FROM notification_channels")
    reloaded = send(browser, shown, "/secret")
    assert "whsec_" in first.text
    assert "It has been shown already" in reloaded.text
    assert company.query("SELECT secret_encrypted FROM notification_channels") == [(sealed,)]


def test_a_flow_that_is_imported_twice_is_there_once(company: Company, signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    text = "name: Lamp\nroot: lit\nnodes:\n  lit:\n    resolution: Done.\n"
    shown = browser.get("/flows/import")
    for _ in range(2):
        assert send(browser, shown, "/flows/import", yaml=text).status_code == 200
    assert company.query("SELECT count(*) FROM tree_versions") == [(1,)]


def test_two_clicks_at_once_take_one_step_and_hand_over_once(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    publish_printer_flow(client, company)
    browser = signed_in()
    path = browser.post("/sessions", data={"problem_summary": PROBLEM}).url.path
    for page, action, said in (
        (path, "/steps", {"choice": "Yes"}),
        (path, "/steps", {"free_text": "It hums."}),
        (f"{path}/escalate", "/escalate", {"reason": "Out of ideas."}),
    ):
        shown, answers = browser.get(page), list[httpx2.Response]()
        clicks = [
            threading.Thread(target=lambda: answers.append(send(browser, shown, action, **said)))  # noqa: B023
            for _ in range(2)
        ]
        for click in clicks:
            click.start()
        for click in clicks:
            click.join()
        assert [answer.status_code for answer in answers] == [200, 200]
    assert company.query("SELECT count(*) FROM ai_session_steps") == [(2,)]
    assert company.query("SELECT count(*) FROM session_handoffs") == [(1,)]


WAITS = ("/verify", "/verify", {"fix": "Replaced the cable", "waiting_for": "a day"})

# What is done first on the session's pages, and then the form that is sent twice.
DONE_ONCE: list[list[tuple[str, str, dict[str, str]]]] = [
    [("", "/pause", {})],
    [("", "/facts", {"psa_ticket_id": "4711"})],
    [("", "/details", {"problem_summary": "The printer in accounting hums"})],
    [("", "/steps", {"free_text": "It hums."}), ("", "/reword", {"text": "It hums now."})],
    [("", "/steps", {"free_text": "It hums."}), ("", "/strike", {})],
    [("", "/steps", {"choice": "Yes"}), ("", "/take-back", {})],
    [("", "/steps", {"choice": "Yes"}), ("", "/back", {})],
    [WAITS],
    [WAITS, ("/verify", "/verify/postpone", {})],
    [WAITS, ("", "/verify/failed", {"note": "No."})],
    [WAITS, ("", "/verify/worked", {})],
    [("", "/resolve", {"summary": "Replaced the cable"})],
    [("", "/resolve", {"summary": "Replaced the cable"}), ("", "/reopen", {"reason": "It is back."})],
    [("", "/resolve", {"summary": "Replaced the cable"}), ("", "/rating", {"rating": "4"})],
    [("", "/abandon", {"reason": "The client has left."})],
]


@pytest.mark.parametrize("steps", DONE_ONCE, ids=[steps[-1][1] for steps in DONE_ONCE])
def test_what_was_just_recorded_is_not_said_to_be_not_recorded(
    client: TestClient, company: Company, signed_in: SignedIn, steps: list[tuple[str, str, dict[str, str]]]
) -> None:
    publish_printer_flow(client, company)
    browser = signed_in()
    session = send(browser, "/", "/sessions", problem_summary=PROBLEM).url.path
    *before, (page, action, said) = steps
    for earlier, what, words in before:
        assert send(browser, session + earlier, what, **words).status_code == 200
    shown = browser.get(session + page)
    recorded = "SELECT count(*) FROM ai_session_steps", "SELECT count(*) FROM ai_session_status_changes"
    first = send(browser, shown, action, **said)
    counts = [company.query(one) for one in recorded]
    second = send(browser, shown, action, **said)
    assert (first.status_code, second.status_code) == (200, 200), second.text
    assert second.url.path == session
    assert "not recorded" not in second.text.lower()
    assert [company.query(one) for one in recorded] == counts


def test_what_is_said_on_a_handoff_s_page_may_be_sent_twice(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    engineer, senior = signed_in(), signed_in(Role.TEAM_ADMIN)
    session = send(engineer, "/", "/sessions", problem_summary=PROBLEM).url.path
    send(engineer, f"{session}/escalate", "/escalate", reason="Out of ideas.")
    [(handoff_id,)] = company.query("SELECT id FROM session_handoffs")
    handoff = f"/handoffs/{handoff_id}"
    send(senior, handoff, "/claim")
    send(senior, handoff, "/questions", question="Which cable?")
    send(senior, handoff, "/questions", question="Which desk?")
    for browser, action, said in (
        (engineer, "/answer", {"answer": "The blue one."}),
        (engineer, "/texts", {"text": "The red one."}),
        (senior, "/withdraw", {}),
        (senior, "/suggestions/dismiss", {"reason": "wrong"}),
        (senior, "/suggestions/restore", {}),
        (senior, "/give-back", {"reason": "Please ask the vendor."}),
    ):
        shown = browser.get(handoff)
        for _ in range(2):
            answer = send(browser, shown, action, **said)
            assert answer.status_code == 200, answer.text
            assert "not recorded" not in answer.text.lower()


def test_a_form_that_comes_again_with_other_words_is_not_taken_for_the_first(
    company: Company, signed_in: SignedIn
) -> None:
    browser = signed_in()
    shown = browser.get("/")
    send(browser, shown, "/sessions", problem_summary=PROBLEM)
    again = send(browser, shown, "/sessions", problem_summary="The scanner beeps")
    assert again.status_code == 409
    assert "This form was sent before" in again.text
    assert "The scanner beeps</span>" in again.text
    assert send(browser, again, "/sessions", problem_summary="The scanner beeps").status_code == 200
    problems = company.query("SELECT problem_summary FROM ai_sessions ORDER BY created_at")
    assert problems == [(PROBLEM,), ("The scanner beeps",)]


def test_a_page_of_one_account_creates_nothing_in_another(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    email = fresh_email()
    for account in (company, neighbour):
        account.add_person(email, Role.OWNER, PASSWORD if account is company else None)
    browser = new_browser(client)
    browser.post("/sign-in", data={"username": email, "password": PASSWORD})
    browser.post("/accounts", data={"account_id": str(company.id)})
    older = browser.get("/")
    browser.post("/accounts", data={"account_id": str(neighbour.id)})
    answer = send(browser, older, "/sessions", problem_summary=PROBLEM)
    assert answer.status_code == 409
    assert "It was opened in another account or by another person" in answer.text
    assert PROBLEM in answer.text
    assert company.query("SELECT 1 FROM ai_sessions") == neighbour.query("SELECT 1 FROM ai_sessions") == []


@pytest.mark.parametrize(("key", "why"), [("k" * 256, "has more than 255 characters"), ("a\0", "contains NUL")])
def test_a_key_that_cannot_be_kept_is_refused(signed_in: SignedIn, key: str, why: str) -> None:
    answer = signed_in().post("/sessions", data={"problem_summary": PROBLEM, "idempotency_key": key})
    assert answer.status_code == 422
    assert why in answer.text
