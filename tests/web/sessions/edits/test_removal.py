"""Words are removed for good on a page of its own, as a browser without scripts uses it."""

import uuid

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.postings.connected import Connected
from tests.web.conftest import SignedIn
from tests.web.forms import send

SECRET = "hunter2-of-the-admin"


@pytest.fixture
def page(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, str, str]:
    """A team admin's browser, the page of a session whose note was posted, and the page to remove its step."""
    desk = Connected(client, company)
    desk.connect()
    desk.rules(ticket_url_template="https://desk.example/{ticket}")
    session_id = desk.session()
    desk.note(session_id, f"Signed in with {SECRET}.")
    desk.resolve(session_id)
    company.query("UPDATE psa_posting_steps SET state = 'confirmed', external_id = '7' RETURNING 1")
    [(step_id,)] = company.query("SELECT id FROM ai_session_steps WHERE content->>'text' LIKE %s", f"%{SECRET}%")
    return signed_in(Role.TEAM_ADMIN), f"/sessions/{session_id}", f"/sessions/{session_id}/steps/{step_id}/removal"


def test_the_page_says_what_it_does_and_lists_the_copies(page: tuple[TestClient, str, str]) -> None:
    browser, session, removal = page
    assert f'href="{removal}"' in browser.get(session).text
    html = browser.get(removal).text
    assert "There is no undo." in html
    assert "Texts of postings (1)" in html
    assert "Already outside: remove it there yourself" in html
    assert '<a href="https://desk.example/4711"' in html


def test_all_of_a_step_is_removed_with_one_press_and_what_went_out_stays_listed(
    page: tuple[TestClient, str, str],
) -> None:
    browser, session, removal = page
    done = send(browser, removal, "/removal")
    assert done.url.path == removal
    assert "Removed for good." in done.text
    assert "Still outside: remove it there" in done.text
    assert '<a href="https://desk.example/4711"' in done.text
    assert SECRET not in done.text + browser.get(session).text
    assert "Where they were left" in browser.get(session).text


def test_a_tab_that_was_open_does_not_bring_words_back_and_a_fresh_one_corrects_the_rest(
    page: tuple[TestClient, str, str],
) -> None:
    browser, session, removal = page
    open_tab, reword = browser.get(session), removal.removesuffix("/removal") + "/reword"
    send(browser, send(browser, removal, "/removal/preview", phrase=SECRET), "/removal")
    assert send(browser, open_tab, reword).status_code == 409
    assert SECRET not in browser.get(session).text
    assert "Corrected." in send(browser, session, reword, text="Signed in with it.").text


def test_a_phrase_is_shown_first_and_then_removed(page: tuple[TestClient, str, str]) -> None:
    browser, session, removal = page
    shown = send(browser, removal, "/removal/preview", phrase=SECRET)
    assert f"“{SECRET}”" in shown.text
    send(browser, shown, "/removal")
    html = browser.get(session).text
    assert "Signed in with [removed]." in html
    assert SECRET not in html


def test_a_correction_whose_words_are_removed_is_no_step_of_the_path(page: tuple[TestClient, str, str]) -> None:
    browser, session, removal = page
    send(browser, session, "/reword", text=f"Signed in again with {SECRET}.")
    before = browser.get(session).text.count('id="step-')
    shown = send(browser, removal, "/removal/preview", phrase=SECRET)
    send(browser, shown, "/removal")
    html = browser.get(session).text
    assert "Signed in again with [removed]." in html
    assert html.count('id="step-') == before


def test_words_that_are_not_there_are_refused_at_their_field(page: tuple[TestClient, str, str]) -> None:
    browser, _, removal = page
    refused = send(browser, removal, "/removal/preview", phrase="something else")
    assert refused.status_code == 422
    assert "This is not in the step." in refused.text


def test_a_browser_forgets_only_what_nobody_else_writes_by_chance(page: tuple[TestClient, str, str]) -> None:
    browser, session, removal = page
    assert f'data-word="Signed in with {SECRET}."' in browser.get(removal).text
    assert f'data-word="{SECRET}"' in send(browser, removal, "/removal/preview", phrase=SECRET).text
    send(browser, session, removal.replace("/removal", "/reword"), text="OK")
    html = browser.get(removal).text
    assert ("“OK”" in html, 'data-word="OK"' in html) == (True, False)


def test_others_cannot_open_it(page: tuple[TestClient, str, str], signed_in: SignedIn) -> None:
    _, _, removal = page
    for role in (Role.VIEWER, Role.ENGINEER):
        assert signed_in(role).get(removal).status_code == 403


def test_the_page_after_a_removal_leads_back_and_offers_more_only_if_asked(
    page: tuple[TestClient, str, str],
) -> None:
    browser, _, removal = page
    shown = send(browser, removal, "/removal/preview", phrase=SECRET)
    html = send(browser, shown, "/removal").text
    assert "btn-danger" not in html
    assert 'class="btn btn-primary" href="/sessions/' in html
    assert "btn-danger" in browser.get(f"{removal}?all=true").text


def test_the_page_quotes_all_that_goes(page: tuple[TestClient, str, str]) -> None:
    browser, session, removal = page
    send(browser, session, removal.replace("/removal", "/reword"), text="Signed in again, elsewhere.")
    html = browser.get(removal).text
    assert f"“Signed in with {SECRET}.”" in html
    assert "“Signed in again, elsewhere.”" in html


def test_words_of_the_problem_are_removed_from_the_sessions_own_page(
    page: tuple[TestClient, str, str], company: Company
) -> None:
    browser, session, _ = page
    problem = f"The PIN is {SECRET}-2"
    company.query("UPDATE ai_sessions SET problem_body = %s RETURNING 1", problem)
    removal = f"{session}/remove"
    assert f'href="{removal}"' in browser.get(session).text
    shown = send(browser, removal, "/remove/preview", phrase=f"{SECRET}-2")
    assert "The problem: its title or its text" in shown.text
    done = send(browser, shown, "/remove")
    assert "No longer in FlowPilot" in done.text
    assert f"{SECRET}-2" not in browser.get(session).text


def test_a_file_of_a_handoff_is_removed_from_there(page: tuple[TestClient, str, str], company: Company) -> None:
    browser, session, _ = page
    about = {"name": "pin.log", "media_type": "text/plain", "byte_count": 6, "sha256": "", "attached_at": now()}
    session_id = uuid.UUID(session.rsplit("/", 1)[1])
    file_id = company.add("attachments", session_id=session_id, created_by=company.users[Role.ENGINEER], **about)
    shown = send(browser, f"{session}/remove", "/remove/preview", file_id=str(file_id))
    assert "“pin.log”" in shown.text
    done = send(browser, shown, "/remove")
    assert "Removed for good." in done.text
    assert company.query("SELECT name, is_erased FROM attachments") == [("removed file", True)]


def test_the_page_says_what_keeps_the_words_and_offers_the_file(
    company: Company, page: tuple[TestClient, str, str]
) -> None:
    browser, session, removal = page
    session_id, log = session.rsplit("/", 1)[1], uuid.uuid4()
    kept = {"media_type": "text/plain", "byte_count": len(SECRET), "sha256": "", "session_id": session_id}
    company.add("attachments", id=log, name="event.log", attached_at=now(), created_by=None, **kept)
    company.query(
        "INSERT INTO attachment_chunks (account_id, attachment_id, is_thumbnail, position, content) "
        "VALUES (%s, %s, false, 0, %s) RETURNING 1",
        company.id,
        log,
        SECRET.encode(),
    )
    html = browser.get(removal).text
    assert "These keep the words, or one of them that tells" in html
    assert f'<a href="{session}/remove#file-{log}">The file event.log</a>' in html
    assert f'<li id="file-{log}">' in browser.get(f"{session}/remove").text
    assert "Still here: texts of others, and files" in send(browser, removal, "/removal").text


def test_two_files_of_one_name_are_told_apart(page: tuple[TestClient, str, str], company: Company) -> None:
    browser, session, _ = page
    session_id = session.rsplit("/", 1)[1]
    own = {"session_id": uuid.UUID(session_id), "attached_at": now(), "sha256": "0" * 64, "name": "screen.png"}
    shot = company.add(
        "attachments", media_type="image/png", byte_count=2_000, width=9, height=9, thumbnail_bytes=9, **own
    )
    company.add("attachments", media_type="image/png", byte_count=51_000, **own)
    step = {
        "attachments": [{"id": str(shot), "name": "screen.png", "type": "image/png", "bytes": 2_000, "width": 9}]
    }
    added = company.add(
        "ai_session_steps",
        session_id=uuid.UUID(session_id),
        position=90,
        kind="note",
        content={"text": "Seen", **step},
    )
    html = browser.get(f"{session}/remove").text
    first, second = html.split('<li id="file-')[1:]
    assert f'src="/api/v1/attachments/{shot}/thumbnail"' in first
    assert f'<a href="{session}#step-{added}">step 90</a>' in first
    assert ("of step 90" in first, "with a handoff" in second, "51" in second) == (True, True, True)
    chosen = send(browser, f"{session}/remove", "/remove/preview", file_id=str(shot)).text
    assert chosen.index("This file") < chosen.index("step 90") < chosen.index("Remove this file for good")
