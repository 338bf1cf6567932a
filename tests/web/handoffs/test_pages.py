"""The queue and the handoff's page, as a browser without scripts uses them."""

import re

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company, fresh_email
from tests.handoffs.helpers import join
from tests.handoffs.leaving.leavers import escalated_by, remove
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

PROBLEM = "The printer in the accounting office prints nothing"
MAIL = """\
From: Martina Huber <martina@client.example>
Sent: Friday, 27 November 2026 08:12
Subject: The big printer prints grey stripes

Hello, since this morning all pages have grey stripes.
The drum is worn, it says.

Kind regards
Martina

On 20 November 2026, Joan wrote:
> Wrote this before.
"""
REASON = "Needs rights that I do not have."


@pytest.fixture
def handoff(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, str]:
    """An engineer's browser, and the page of the handoff that they made with a form."""
    publish_printer_flow(client, company)
    browser = signed_in()
    session = browser.post("/sessions", data={"problem_summary": PROBLEM}).url.path
    form = browser.get(f"{session}/escalate").text
    assert 'value="Needs rights that I do not have."' in form
    made = browser.post(
        f"{session}/escalate", data={"reason": REASON, "note": "It is the driver.", "priority": "high"}
    )
    return browser, made.url.path


def test_the_button_of_a_phone_s_menu_counts_what_waits(
    handoff: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    html = signed_in().get("/flows").text
    button = html[html.index("menu-toggle") : html.index("</summary>")]
    assert re.sub(r"<[^>]+>|\s+", " ", button).split()[-3:] == ["Menu", "1", "waiting"]


def test_a_handoff_says_what_is_known_and_missing(handoff: tuple[TestClient, str], signed_in: SignedIn) -> None:
    html = signed_in().get(handoff[1]).text
    for words in (
        PROBLEM,
        REASON,
        "It is the driver.",
        "No ticket",
        "Nothing was tried yet.",
        "Claim and",
    ):
        assert words in html


def test_what_is_missing_is_said_once_and_filled_in_where_it_stands(
    handoff: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    engineer, path = handoff
    html = engineer.get(path).text
    assert [html.count(f">No {fact}<") for fact in ("client", "ticket")] == [1, 1]
    assert "No ticket is linked." not in html
    assert send(engineer, path, "/facts", psa_ticket_id="T-4711").url.path == path
    assert "T-4711" in engineer.get(path).text
    assert not [form for form in forms_of(signed_in().get(path).text) if form.action.endswith("/facts")]


def test_the_context_has_the_own_words_of_a_pasted_mail_and_folds_the_rest(signed_in: SignedIn) -> None:
    engineer = signed_in()
    session = engineer.post("/sessions", data={"problem_summary": MAIL}).url.path.removesuffix("/flow")
    page = engineer.post(f"{session}/escalate", data={"reason": REASON})
    context = page.text[page.text.index('<dl class="brief">') : page.text.index("</dl>")]
    said, folded = re.split(r'<details class="fold">', context, maxsplit=1)
    assert "The drum is worn, it says." in said
    for words in ("martina@client.example", "Kind regards", "Wrote this before."):
        assert (words in said, words in folded) == (False, True), words
    note = engineer.get(f"{session}/note").text
    assert "The drum is worn, it says." in note
    assert "martina@client.example" not in note
    assert "Wrote this before." not in note


def test_a_claim_opens_the_session_with_its_context(handoff: tuple[TestClient, str], signed_in: SignedIn) -> None:
    senior = signed_in()
    queue = senior.get("/handoffs").text
    assert f'action="{handoff[1]}/claim"' in queue
    session = senior.post(f"{handoff[1]}/claim")
    assert session.url.path.startswith("/sessions/")
    assert f'<dt>Why</dt><dd><span class="prose ">{REASON}' in session.text
    assert re.search(r'name="choice" value=', session.text)


def test_each_next_step_leads_its_holder_into_the_session(
    handoff: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    engineer, path = handoff
    senior = signed_in(Role.TEAM_ADMIN)
    session = senior.post(f"{path}/claim").url.path
    assert f'<li><a href="{session}#now">' in senior.get(path).text
    assert "#now" not in engineer.get(path).text


def test_the_loser_learns_who_was_faster_in_the_accounts_time_zone(
    company: Company, handoff: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    company.query("UPDATE accounts SET timezone = 'Europe/Vienna' RETURNING id")
    signed_in().post(f"{handoff[1]}/claim")
    late = signed_in().post(f"{handoff[1]}/claim", headers={"HX-Request": "true"})
    assert late.status_code == 409
    assert re.search(r"was faster and has held this handoff since \d+ \w+ \d{4}, \d\d:\d\d CES?T\.", late.text)


def test_a_handoff_resolved_without_a_note_asks_for_it(
    handoff: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    senior = signed_in()
    senior.post(f"{handoff[1]}/claim")
    answer = senior.post(f"{handoff[1]}/close", data={"outcome": "resolved"}, headers={"HX-Request": "true"})
    assert "Check the form.</strong> Say in the note what solved it." in answer.text


def test_a_field_is_named_by_its_label(handoff: tuple[TestClient, str]) -> None:
    answer = handoff[0].post(f"{handoff[1]}/release", data={}, headers={"HX-Request": "true"})
    assert "Why: Fill in this field." in answer.text


def test_only_the_engineer_who_escalated_takes_it_back(
    handoff: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    assert handoff[0].get(handoff[1]).text.count("Take it back") == 2
    owner = signed_in(Role.OWNER).get(handoff[1]).text
    assert "Take it back" not in owner
    assert "Close the handoff" in owner


def test_the_history_says_who_did_what_to_whom(
    company: Company, handoff: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    mei = company.add_person(fresh_email(), Role.ENGINEER)
    page = send(signed_in(Role.OWNER), handoff[1], "/reassign", target_user_id=str(mei)).text
    assert re.search(r"<strong>Reassigned to [^<,]+,</strong> by \S", page)
    assert "It goes back to the queue first." not in page


def test_a_filter_without_matches_can_be_removed(signed_in: SignedIn) -> None:
    queue = signed_in().get("/handoffs", params={"priority": "urgent"}).text
    assert "No handoffs match" in queue
    assert 'href="/handoffs?state=queue">Show all' in queue
    assert "No escalations waiting" in signed_in().get("/handoffs").text


def test_a_viewer_is_offered_nothing_of_their_own(signed_in: SignedIn) -> None:
    viewer = signed_in(Role.VIEWER)
    assert "Start a session" not in viewer.get("/").text
    assert "Only assigned to me" not in viewer.get("/handoffs").text
    assert "Only mine" not in viewer.get("/sessions").text


def test_a_percentile_that_is_not_reached_is_left_out(
    handoff: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    senior = signed_in()
    senior.post(f"{handoff[1]}/claim")
    report = senior.get("/analytics/escalations").text
    assert "still waiting, or closed without an action" in report
    assert "9 of 10 within" not in report


def test_the_queue_counts_and_shows_the_headline_with_its_definition(
    handoff: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    senior = signed_in()
    assert "No claim yet" in senior.get("/handoffs").text
    session = senior.post(f"{handoff[1]}/claim").url.path
    send(senior, session, "/steps", free_text="Looked at the driver.")
    html = senior.get("/handoffs?state=acted").text
    assert "n = 1, 0 without one yet" in html
    assert "NOT &#34;minutes recovered&#34;" in html
    assert "first action after" in html


def test_release_and_close_are_forms(handoff: tuple[TestClient, str], signed_in: SignedIn) -> None:
    senior = signed_in()
    senior.post(f"{handoff[1]}/claim")
    released = send(senior, handoff[1], "/release", reason="Called away")
    assert released.url.path == "/handoffs"
    assert "Called away" in senior.get(handoff[1]).text
    senior.post(f"{handoff[1]}/claim")
    missing = send(senior, handoff[1], "/close", outcome="resolved", note="")
    assert missing.status_code == 422
    note = send(senior, handoff[1], "/close", outcome="resolved", note="A new driver.")
    assert note.url.path.endswith("/note")
    assert "A new driver." in note.text


def test_an_admin_takes_over_what_somebody_holds(handoff: tuple[TestClient, str], signed_in: SignedIn) -> None:
    signed_in().post(f"{handoff[1]}/claim")
    assert "/take-over" not in signed_in().get(handoff[1]).text
    admin = signed_in(Role.TEAM_ADMIN)
    assert f'action="{handoff[1]}/take-over"' in admin.get(handoff[1]).text
    session = send(admin, handoff[1], "/take-over")
    assert (session.status_code, session.url.path[:10]) == (200, "/sessions/")
    assert "Held by you for" in admin.get(handoff[1]).text


def test_it_is_reassigned_to_somebody_and_to_anybody_again(
    handoff: tuple[TestClient, str], company: Company, client: TestClient
) -> None:
    engineer, path = handoff
    target = str(company.users[Role.OWNER])
    company.let_sign_in(company.users[Role.OWNER])
    assert "Assigned to owner" in engineer.post(f"{path}/reassign", data={"target_user_id": target}).text
    assert "Assigned to owner" not in engineer.post(f"{path}/reassign", data={"target_user_id": ""}).text
    assert engineer.post(f"{path}/reassign", data={"target_user_id": "nobody"}).status_code == 422


def test_the_page_says_who_is_notified_of_a_reassignment(
    signed_in: SignedIn, handoff: tuple[TestClient, str], company: Company
) -> None:
    _, path = handoff
    admin = signed_in(Role.TEAM_ADMIN)
    newest = "SELECT user_id FROM memberships ORDER BY created_at DESC LIMIT 1"
    own_id = str(company.query(newest)[0][0])
    company.let_sign_in(company.users[Role.OWNER])
    for target, notice in (
        (str(company.users[Role.OWNER]), "Saved. The new assignee is notified."),
        (own_id, "Saved. It is assigned to you."),
        ("", "Saved. Everybody else who can claim it is notified."),
    ):
        assert notice in admin.post(f"{path}/reassign", data={"target_user_id": target}).text


def test_a_viewer_sees_the_queue_and_claims_nothing(handoff: tuple[TestClient, str], signed_in: SignedIn) -> None:
    viewer = signed_in(Role.VIEWER)
    html = viewer.get("/handoffs").text
    assert PROBLEM in html
    assert "/claim" not in html
    assert viewer.post(f"{handoff[1]}/claim").status_code == 403


def test_an_empty_queue_says_what_will_appear(signed_in: SignedIn) -> None:
    assert "A handoff appears here" in signed_in().get("/handoffs").text


def test_another_account_finds_no_such_handoff(
    handoff: tuple[TestClient, str], signed_in: SignedIn, neighbour: Company
) -> None:
    stranger = signed_in(Role.OWNER, to=neighbour)
    assert stranger.get(handoff[1]).status_code == 404
    assert PROBLEM not in stranger.get("/handoffs?state=all").text


def test_only_people_who_can_sign_in_and_claim_are_offered(
    client: TestClient, company: Company, handoff: tuple[TestClient, str]
) -> None:
    """Not viewers, programs, the escalating engineer, or people known only from an import."""
    senior = company.add_person(fresh_email(), Role.TEAM_ADMIN)
    company.add_person(fresh_email(), Role.VIEWER)
    company.add_person(fresh_email(), Role.ENGINEER, password=None)
    company.add_imported("Ada")
    browser, reassign = handoff
    escalate = browser.post("/sessions", data={"problem_summary": PROBLEM}).url.path + "/escalate"
    for page in (escalate, reassign):
        choice = re.search(r'<select[^>]*name="target_user_id".*?</select>', browser.get(page).text, re.DOTALL)
        assert choice is not None
        assert re.findall(r'value="(.*?)"', choice[0]) == ["", str(senior)]


def test_the_successor_of_the_escalating_engineer_is_named(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    kim, lou = join(client, company, "Kim"), join(client, company, "Lou")
    handoff = escalated_by(client, company, kim)
    remove(client, company, kim, to=lou)
    page = signed_in().get(f"/handoffs/{handoff['id']}").text
    assert "From a former member" in page
    assert "Goes back to Lou" in page
