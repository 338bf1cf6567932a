"""The list of postings, and one posting, without scripts."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.postings.connected import Connected
from tests.web.conftest import SignedIn
from tests.web.forms import send
from tests.web.test_costs import heard


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    return Connected(client, company)


@pytest.fixture
def browser(signed_in: SignedIn) -> TestClient:
    return signed_in()


@pytest.fixture
def editor(signed_in: SignedIn) -> TestClient:
    """The browser of a team admin, who may work on every session."""
    return signed_in(Role.TEAM_ADMIN)


def _held(desk: Connected) -> str:
    desk.connect()
    desk.rules(waits_for_person=True)
    session = desk.session()
    desk.resolve(session)
    return f"/postings/{desk.postings(session)[0]['id']}"


def test_an_empty_list_says_what_to_do(desk: Connected, browser: TestClient, signed_in: SignedIn) -> None:
    assert "A team admin can connect it." in browser.get("/postings").text
    assert "Connect a ticket system" in signed_in(Role.OWNER).get("/postings").text
    desk.connect()
    assert "Nothing posted yet" in browser.get("/postings").text
    assert "No postings match" in browser.get("/postings?state=failed").text


def test_the_list_is_narrowed_by_state_ticket_and_session(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    sessions = [desk.session(), desk.session(psa_ticket_id="815")]
    for session in sessions:
        desk.resolve(session)
    desk.company.query("UPDATE psa_postings SET state = 'failed' WHERE ticket_id = '815' RETURNING 1")

    def found(query: str) -> list[bool]:
        page = browser.get(f"/postings?{query}").text
        return [f"Ticket {ticket}" in page for ticket in ("4711", "815")]

    assert found("") == [True, True]
    assert found("state=failed") == [False, True]
    assert found("state=waiting") == [True, False]
    assert found("ticket=4711&state=") == [True, False]
    assert found(f"session_id={sessions[1]}") == [False, True]
    page = browser.get("/postings").text
    assert ("1 failed" in page, "1 waiting" in page) == (True, True)


def test_a_list_costs_the_same_however_long_it_is(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    costs = []
    for _ in range(2):
        desk.resolve(desk.session())
        with heard(browser) as sent:
            assert browser.get("/postings").status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1] <= 15


def test_all_of_the_list_that_failed_is_tried_again_with_one_button(desk: Connected, editor: TestClient) -> None:
    desk.connect()
    for ticket in ("4711", "815", "816"):
        desk.resolve(desk.session(psa_ticket_id=ticket))
    desk.company.query("UPDATE psa_posting_steps SET state = 'failed' RETURNING 1")
    desk.company.query("UPDATE psa_postings SET state = 'failed' RETURNING 1")
    assert "Try it again" in editor.get("/postings?ticket=815").text
    assert "Try 3 of them again at once" in editor.get("/settings/ticket-system").text
    assert "Try all 3 again" in editor.get("/postings").text
    page = send(editor, "/postings?state=failed", "/postings/retry")
    assert "3 postings are tried again." in page.text
    assert "state=waiting" in str(page.url)
    assert desk.company.query("SELECT DISTINCT state FROM psa_postings") == [("queued",)]
    assert "again" not in editor.get("/postings").text.partition('role="search"')[2]


def test_a_held_posting_is_edited_and_keeps_what_it_said(desk: Connected, editor: TestClient) -> None:
    path = _held(desk)
    page = send(editor, path, "/correct", text="The fuse.\r\nA new one.", minutes="25")
    assert page.url.path == path
    assert "Saved." in page.text
    assert "What FlowPilot wrote, before it was edited" in page.text
    assert desk.company.query("SELECT text, state FROM psa_postings") == [("The fuse.\nA new one.", "held")]
    assert desk.company.query("SELECT minutes FROM psa_posting_steps WHERE kind = 'time'") == [(25,)]


def test_what_is_saved_unchanged_does_not_count_as_edited(desk: Connected, editor: TestClient) -> None:
    send(editor, _held(desk), "/correct")
    assert desk.company.query("SELECT text_made, edited_by FROM psa_postings") == [(None, None)]


def test_it_is_edited_and_sent_with_one_press(desk: Connected, editor: TestClient) -> None:
    page = send(editor, _held(desk), "/correct", minutes="30", then="send")
    assert page.url.path.startswith("/sessions/")
    assert desk.company.query("SELECT state FROM psa_postings") == [("queued",)]
    assert desk.company.query("SELECT minutes FROM psa_posting_steps WHERE kind = 'time'") == [(30,)]


def test_minutes_that_belong_to_no_time_are_refused(desk: Connected, editor: TestClient) -> None:
    refused = send(editor, _held(desk), "/correct", minutes=["30", "40"])
    assert (refused.status_code, "minutes of each time" in refused.text) == (422, True)


def test_what_somebody_else_has_edited_meanwhile_is_not_undone(
    desk: Connected, editor: TestClient, signed_in: SignedIn
) -> None:
    path = _held(desk)
    older = editor.get(path)
    send(signed_in(Role.TEAM_ADMIN), path, "/correct", text="Theirs.")
    late = send(editor, older, "/correct", text="Mine.")
    assert late.status_code == 409
    assert "Mine." in late.text
    assert desk.company.query("SELECT text FROM psa_postings") == [("Theirs.",)]


def test_what_has_gone_cannot_be_edited(desk: Connected, editor: TestClient) -> None:
    path = _held(desk)
    older = editor.get(path)
    assert "It is on its way to the ticket." in editor.post(f"{path}/send").text
    desk.company.query("UPDATE psa_posting_steps SET attempts = 1 RETURNING 1")
    assert "/correct" not in editor.get(path).text
    assert send(editor, older, "/correct", text="Too late.").status_code == 409


def test_a_form_leads_back_only_to_our_own_pages(desk: Connected, editor: TestClient) -> None:
    path = _held(desk)
    page = editor.post(f"{path}/send", data={"back": "//elsewhere.example"})
    assert page.url.path == path


def test_another_account_sees_nothing(desk: Connected, signed_in: SignedIn, neighbour: Company) -> None:
    path = _held(desk)
    other = signed_in(Role.OWNER, neighbour)
    assert other.get(path).status_code == 404
    assert "Ticket 4711" not in other.get("/postings").text
    assert other.post(f"{path}/send").status_code == 404


def test_while_the_ticket_system_is_down_everybody_reads_why_until_when_and_may_try(
    desk: Connected, browser: TestClient
) -> None:
    trouble = "Request Tracker cannot be reached."
    desk.connect(trouble=trouble, failures=3, backs_off_until=datetime.now(UTC) + timedelta(minutes=4))
    session = desk.session()
    desk.resolve(session)
    posting = f"/postings/{desk.postings(session)[0]['id']}"
    for path in (f"/sessions/{session}", f"/sessions/{session}/note", "/postings", posting):
        page = browser.get(path).text
        assert f"<strong>Desk takes nothing at the moment.</strong> {trouble} Next attempt: " in page
    assert "It is tried again now." in send(browser, posting, "/retry").text
    assert desk.company.query("SELECT backs_off_until FROM psa_connections") == [(None,)]


def test_a_pause_that_was_asked_for_is_named_and_not_cut_short(desk: Connected, browser: TestClient) -> None:
    desk.connect(rests_until=datetime.now(UTC) + timedelta(minutes=4))
    session = desk.session()
    desk.resolve(session)
    page = browser.get(f"/sessions/{session}").text
    assert ("It has asked for a pause. Next attempt: " in page, "Try again now" in page) == (True, False)


def test_a_posting_says_that_all_are_paused(desk: Connected, browser: TestClient) -> None:
    path = _held(desk)
    desk.company.query("UPDATE psa_connections SET paused_at = now(), pause_kind = 'by_hand' RETURNING 1")
    for page in (path, "/postings"):
        assert "All postings are paused since" in browser.get(page).text


def test_a_row_names_the_problem_and_the_client(desk: Connected, browser: TestClient) -> None:
    desk.connect()
    desk.resolve(desk.session(client_name="Acme"))
    row = browser.get("/postings").text.partition("<tbody>")[2]
    assert (">The printer is offline</a>" in row, ">Acme</small>" in row) == (True, True)


def test_home_says_what_waits_for_a_person_to_everybody_who_works(desk: Connected, signed_in: SignedIn) -> None:
    engineer, viewer = signed_in(), signed_in(Role.VIEWER)
    assert "Postings to tickets" not in engineer.get("/").text
    path = _held(desk)
    assert '<a href="/postings?state=held">1 waits until somebody sends it</a>' in engineer.get("/").text
    desk.resolve(desk.session(psa_ticket_id="815"))
    desk.company.query("UPDATE psa_postings SET state = 'failed' WHERE id = %s RETURNING 1", path.split("/")[-1])
    home = engineer.get("/").text
    assert '<a href="/postings?state=failed">1 posting failed</a>' in home
    assert "Postings to tickets" not in viewer.get("/").text


def test_home_counts_what_nobody_can_send_for_what_it_waits_for(desk: Connected, editor: TestClient) -> None:
    path = _held(desk)
    desk.company.query("UPDATE psa_connections SET paused_at = now(), pause_kind = 'by_hand' RETURNING 1")
    home = editor.get("/").text
    paused = '<a href="/postings?state=waiting">1 waits until postings are resumed</a>'
    assert (paused in home, "somebody sends" in home) == (True, False)
    assert "It goes once postings are resumed." in editor.post(f"{path}/send").text
    desk.company.query("UPDATE psa_connections SET removed_at = now() RETURNING 1")
    assert "1 waits, because no ticket system is connected" in editor.get("/").text


def test_what_has_no_ticket_still_says_so_after_its_connection_was_removed(
    desk: Connected, editor: TestClient
) -> None:
    path = _held(desk)
    session = desk.company.query("SELECT ai_session_id FROM psa_postings")[0][0]
    desk.ask("PATCH", f"/api/v1/ai-sessions/{session}", {"psa_ticket_id": None})
    assert "1 waits until its session has a ticket again" in editor.get("/").text
    send(editor, "/settings/ticket-system", "/remove")
    assert "The session has no ticket any more." in editor.get(path).text


def test_a_posting_asks_for_news_while_something_can_happen_by_itself(desk: Connected, editor: TestClient) -> None:
    path = _held(desk)
    polls = f'data-polls hx-get="{path}"'
    assert polls not in editor.get(path).text
    editor.post(f"{path}/send")
    assert polls in editor.get(path).text
    desk.company.query("UPDATE psa_postings SET state = 'confirmed', due_at = NULL RETURNING 1")
    assert polls not in editor.get(path).text
