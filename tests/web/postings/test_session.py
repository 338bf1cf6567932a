"""What was posted, in the pages of a session and its handoff, without scripts."""

import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.postings.connected import SESSIONS, Connected
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    return Connected(client, company)


@pytest.fixture
def browser(signed_in: SignedIn) -> TestClient:
    """The browser of a team admin, who may work on every session."""
    return signed_in(Role.TEAM_ADMIN)


def _offered(page: str) -> set[str]:
    """What the forms of a page do with postings."""
    return {form.action.rpartition("/")[2] for form in forms_of(page) if form.action.startswith("/postings/")}


def _set(desk: Connected, state: str, reason: str | None = None) -> None:
    desk.company.query("UPDATE psa_posting_steps SET state = %s, attempts = 1 RETURNING 1", state)
    change = "UPDATE psa_postings SET state = %s, reason = %s, due_at = NULL RETURNING 1"
    desk.company.query(change, state, reason)


def test_a_session_says_what_will_be_posted_and_then_what_was(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    session = desk.session()
    assert (
        "When the session ends, its note and time go to this ticket, without a click."
        in browser.get(f"/sessions/{session}").text
    )
    desk.resolve(session)
    for path in (f"/sessions/{session}", f"/sessions/{session}/note"):
        page = browser.get(path).text
        assert "Session resolved" in page
        assert "1&nbsp;min" in page
        assert _offered(page) == {"give-up"}


def test_without_a_ticket_system_nothing_is_said_of_it(desk: Connected, browser: TestClient) -> None:
    assert "Posted to the ticket" not in browser.get(f"/sessions/{desk.session()}").text


def test_a_session_without_a_ticket_says_that_nothing_is_posted(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    assert (
        "Nothing is posted without a ticket." in browser.get(f"/sessions/{desk.session(psa_ticket_id=None)}").text
    )


def test_what_was_posted_does_not_hide_what_will_be_and_that_nothing_is_without_a_ticket(
    desk: Connected, browser: TestClient
) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    desk.ask("POST", f"{SESSIONS}/{session}/reopen", {"reason": "It blinks again."})
    page = browser.get(f"/sessions/{session}").text
    assert "its note and time go to this ticket, without a click, as far as they are new." in page
    desk.ask("PATCH", f"{SESSIONS}/{session}", {"psa_ticket_id": None})
    assert "Nothing is posted without a ticket." in browser.get(f"/sessions/{session}").text


def test_the_preview_says_which_status_will_be_set_and_whose_name_comes_first(
    desk: Connected, browser: TestClient
) -> None:
    connection = desk.connect(provider="request_tracker")
    desk.rules(posts_status=True)
    session = desk.session()
    preview = f"/sessions/{session}/preview"
    assert "No status is chosen." in browser.get(preview).text
    chosen = {"connection_id": connection, "board_id": "1", "board_name": "General", "occasion": "resolved"}
    desk.company.add("psa_board_statuses", **chosen, status_id="done", status_name="Done")
    page = browser.get(preview).text
    assert "board: General: Done." in page
    assert "also gets a first line with the person and their minutes" in page
    desk.resolve(session)
    posting = browser.get(f"/postings/{desk.postings(session)[0]['id']}").text
    assert "board: General: Done" in posting


def test_a_failed_posting_says_why_and_is_tried_again(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    _set(desk, "failed", "The period is closed. Open it, then try again.")
    page = browser.get(f"/sessions/{session}")
    assert "The period is closed. Open it, then try again." in page.text
    again = send(browser, page, "/retry")
    assert again.url.path == f"/sessions/{session}"
    assert "It is tried again now." in again.text
    assert [one["state"] for one in desk.postings(session)] == ["queued"]


def test_the_path_says_why_it_was_reopened(desk: Connected, browser: TestClient) -> None:
    session = desk.session()
    desk.resolve(session)
    page = send(browser, f"/sessions/{session}", "/reopen", reason="It blinks again.").text
    path = page.partition("The path so far")[2].partition("</ol>")[0]
    said = [path.index(words) for words in ("A new fuse.", "It blinks again.")]
    assert said == sorted(said)


def test_what_is_confirmed_or_given_up_offers_nothing(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    for state in ("confirmed", "abandoned"):
        _set(desk, state)
        assert _offered(browser.get(f"/sessions/{session}").text) == set()


def test_a_viewer_sees_it_and_is_offered_nothing(desk: Connected, signed_in: SignedIn) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    page = signed_in(Role.VIEWER).get(f"/sessions/{session}").text
    assert ("Session resolved" in page, _offered(page)) == (True, set())


def test_minutes_worked_posted_and_confirmed_are_side_by_side(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    step = (
        "UPDATE psa_posting_steps SET worked_seconds = 975, minutes = 17, state = 'confirmed' WHERE kind = 'time'"
    )
    desk.company.query(f"{step} RETURNING 1")
    page = browser.get(f"/sessions/{session}").text
    assert "16\u00a0min\u00a015\u00a0s" in page
    assert page.count('17&nbsp;min <span class="text-secondary">(0.28&nbsp;h)</span>') == 3


def test_the_part_answers_only_if_there_is_news_and_asks_again_while_something_waits(
    desk: Connected, browser: TestClient
) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    part = browser.get(f"/sessions/{session}/postings").text
    assert "<html" not in part
    again = part.partition('hx-get="')[2].partition('"')[0]
    assert 'hx-trigger="every 3s"' in part
    assert browser.get(again).status_code == 204
    _set(desk, "confirmed")
    news = browser.get(again)
    assert ("On the ticket" in news.text, "hx-trigger" in news.text) == (True, False)


def test_a_paused_connection_is_named_and_asked_for_rarely(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    desk.company.query("UPDATE psa_connections SET paused_at = now(), pause_kind = 'by_hand' RETURNING 1")
    page = browser.get(f"/sessions/{session}").text
    assert "All postings are paused since" in page
    assert 'hx-trigger="every 60s"' in page


def test_the_preview_keeps_the_desk_and_the_client_apart(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    desk.rules(client_greeting="Dear client,")
    session = desk.session()
    page = browser.get(f"/sessions/{session}/preview").text
    internal, _, client = page.partition('aria-labelledby="for-client"')
    assert ("Looked at the fuse." in internal, "Only the desk reads this" in internal) == (True, True)
    assert ("Dear client," in client, "The client reads this" in client) == (True, True)
    assert "Looked at the fuse." not in client
    assert desk.postings(session) == []


def test_a_text_goes_to_the_client_as_it_was_edited_and_once(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    session = desk.session()
    page = browser.get(f"/sessions/{session}/preview")
    for _ in range(2):
        shown = send(browser, page, "/postings", text="It works again.\r\nThank you.")
        assert "It is on its way to the client." in shown.text
    (sent,) = desk.postings(session)
    assert (sent["audience"], sent["text"]) == ("client", "It works again.\nThank you.")
    assert "Text for the client" in shown.text


def test_without_a_ticket_the_text_for_the_client_can_only_be_copied(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    page = browser.get(f"/sessions/{desk.session(psa_ticket_id=None)}/preview").text
    assert ("Send to the client" in page, "This session has no ticket" in page) == (False, True)


def test_what_the_ticket_system_would_refuse_is_not_asked_for(desk: Connected, browser: TestClient) -> None:
    desk.connect(provider="halopsa", settings=Jsonb({"outcome_id": 7}))
    page = browser.get(f"/sessions/{desk.session()}/preview").text
    assert ("Send to the client" in page, "Desk cannot send texts to clients yet." in page) == (False, True)


def test_a_handoff_shows_what_was_posted(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    desk.rules(posts_escalation=True)
    session = desk.session()
    made = desk.ask("POST", f"/api/v1/ai-sessions/{session}/handoffs", {"reason": "Stuck."}, expect=201)
    assert "Session escalated" in browser.get(f"/handoffs/{made['id']}").text


def test_a_session_that_was_abandoned_untouched_says_why_and_that_nothing_was_posted(
    desk: Connected, browser: TestClient
) -> None:
    desk.connect()
    about = {"problem_summary": "The printer is offline", "psa_ticket_id": "4711"}
    session = desk.ask("POST", SESSIONS, about, expect=201)["id"]
    page = send(browser, f"/sessions/{session}", "/abandon", reason="They hung up.").text
    assert '<p class="prose">They hung up.</p>' in page
    assert "Abandoned before its first step, a session has nothing to post." in page


def test_the_note_says_what_becomes_of_it(desk: Connected, browser: TestClient) -> None:
    connection = desk.connect()
    desk.rules(waits_for_person=True)
    session = desk.session()
    desk.resolve(session)
    note = f"/sessions/{session}/note"

    def says(words: str) -> bool:
        return words in browser.get(note).text

    assert (says("Waits until somebody sends it."), says("by itself: it need not")) == (True, False)
    (posting,) = desk.postings(session)
    assert "It is on its way to the ticket." in browser.post(f"/postings/{posting['id']}/send").text
    assert says("It goes to the ticket by itself: it need not be copied.")
    pause = "UPDATE psa_connections SET paused_at = now(), pause_kind = 'by_hand' WHERE id = %s RETURNING 1"
    desk.company.query(pause, connection)
    assert says("It goes to the ticket once postings are resumed.")
    _set(desk, "confirmed")
    assert says("It is on ticket 4711: it need not be copied.")
    desk.ask("POST", f"{SESSIONS}/{session}/reopen", {"reason": "It blinks again."})
    desk.resolve(session, "Two fuses.")
    assert f'<a href="/postings/{desk.postings(session)[0]["id"]}">the last posting</a>' in browser.get(note).text


def test_another_ticket_for_what_has_arrived_says_what_to_move_by_hand(
    desk: Connected, browser: TestClient
) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    _set(desk, "confirmed")
    page = send(browser, f"/sessions/{session}", "/details", psa_ticket_id="4712").text
    assert "What is on ticket 4711 stays there: move it by hand if it belongs to 4712." in page
    assert "This is on ticket 4711 already and stays there." in page


def test_who_may_not_send_a_held_posting_reads_who_may(desk: Connected, signed_in: SignedIn) -> None:
    desk.connect()
    desk.rules(waits_for_person=True)
    session = desk.session()
    desk.resolve(session)
    who = "The person who works on the session, or a team admin, can send or edit it."
    assert who in signed_in().get(f"/sessions/{session}").text
    assert who not in signed_in(Role.TEAM_ADMIN).get(f"/sessions/{session}").text


def test_a_posting_without_a_ticket_says_one_thing(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    desk.rules(waits_for_person=True)
    session = desk.session()
    desk.resolve(session)
    desk.ask("PATCH", f"{SESSIONS}/{session}", {"psa_ticket_id": None})
    assert "Waits until somebody sends it." not in browser.get("/postings").text
    desk.ask("PATCH", f"{SESSIONS}/{session}", {"psa_ticket_id": "4711"})
    assert "The session moved" not in browser.get("/postings").text
