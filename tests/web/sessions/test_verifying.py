"""The pages of a fix that has to prove itself."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

FIX = {"fix": "Replaced the <b>switch</b>.", "waiting_for": "a day without outages"}


@pytest.fixture
def session_path(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, str]:
    """Somebody's browser, and the page of their session."""
    publish_printer_flow(client, company)
    browser = signed_in()
    return browser, browser.post("/sessions", data={"problem_summary": "The printer prints nothing"}).url.path


def test_a_fix_is_applied_confirmed_and_then_in_the_note(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    assert f'href="{path}/verify"' in browser.get(path).text
    assert re.search(r'name="fix"[^>]* autofocus', browser.get(f"{path}/verify").text)
    waits = send(browser, f"{path}/verify", "/verify", **FIX)
    assert waits.url.path == path
    assert "Did it help?" in waits.text
    assert "Replaced the &lt;b&gt;switch&lt;/b&gt;." in waits.text
    resolved = send(browser, path, "/verify/worked")
    assert resolved.url.path == f"{path}/note"
    assert "Replaced the &lt;b&gt;switch&lt;/b&gt;." in resolved.text


def test_what_waits_is_on_home_and_beside_the_queue(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    send(browser, f"{path}/verify", "/verify", **FIX)
    for page, words in (("/", "Waiting for"), ("/handoffs", r"\S+ waits for")):
        html = browser.get(page).text
        section = html[html.index("Look again") :]
        assert re.search(rf'href="{path}".*?{words} a day without outages', section, re.DOTALL), page


def test_what_is_not_shown_of_them_is_one_press_away(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    paths = [path] + [
        browser.post("/sessions", data={"problem_summary": f"Problem {n}"}).url.path for n in range(9)
    ]
    for one in paths:
        session = one.removesuffix("/flow")
        send(browser, f"{session}/verify", "/verify", **FIX)
    for page, narrowed in (("/", "&mine=true"), ("/handoffs", "")):
        html = browser.get(page).text
        assert "8 of 10, show all" in html
        assert f'href="/sessions?waiting=true{narrowed.replace("&", "&amp;")}"' in html
        listed = browser.get(f"/sessions?waiting=true{narrowed}").text
        assert listed.count("Waiting until") == len(paths)
    assert "10 to look at again" in browser.get("/handoffs").text


def test_what_waits_says_so_with_its_time_and_stands_on_home_once(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    html = send(browser, f"{path}/verify", "/verify", **FIX).text
    assert re.search(r'<span class="badge wrap tone-secondary">Waiting until <time', html)
    assert re.search(
        r'<td data-label="Status"><span class="badge wrap tone-secondary">Waiting until <time',
        browser.get("/sessions").text,
    )
    assert browser.get("/").text.count(f'href="{path}"') == 1


def test_it_is_put_off_and_did_not_help(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    send(browser, f"{path}/verify", "/verify", **FIX)
    later = f"{now() + timedelta(days=4):%Y-%m-%dT%H:%M}"
    assert "Put off." in send(browser, f"{path}/verify", "/verify/postpone", other=later).text
    html = send(browser, path, "/verify/failed", note="It fell over.").text
    assert "Did it help?" not in html
    assert "It fell over." in html


def test_a_form_that_puts_a_fix_off_is_about_that_fix(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    send(browser, f"{path}/verify", "/verify", **FIX)
    earlier = browser.get(f"{path}/verify")
    send(browser, path, "/verify/failed")
    send(browser, f"{path}/verify", "/verify", **FIX)
    waits = browser.get(f"/api/v1/ai-sessions/{path[10:]}").json()
    later = f"{now() + timedelta(days=4):%Y-%m-%dT%H:%M}"
    refused = send(browser, earlier, "/verify/postpone", other=later)
    assert (refused.status_code, "The session has moved on." in refused.text) == (409, True)
    after = browser.get(f"/api/v1/ai-sessions/{path[10:]}").json()
    assert after["look_again_at"] == waits["look_again_at"]


def test_a_time_that_is_over_is_refused_at_its_field_and_nothing_is_lost(
    session_path: tuple[TestClient, str],
) -> None:
    browser, path = session_path
    refused = send(browser, f"{path}/verify", "/verify", **FIX, other="2020-01-01T10:00")
    assert refused.status_code == 422
    assert "Another time: Choose a time in the future, within 90 days." in refused.text


def test_a_time_of_their_own_goes_before_the_one_that_nobody_chose(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    later = f"{now() + timedelta(days=40):%Y-%m-%dT%H:%M}"
    assert later[:10] in send(browser, f"{path}/verify", "/verify", **FIX, other=later).text
    [form] = [form for form in forms_of(browser.get(f"{path}/verify").text) if form.action.endswith("/postpone")]
    chosen = [one for one in form.holds["look_again_at"] if one]
    refused = send(
        browser, f"{path}/verify", "/verify/postpone", other=later, look_again_at=chosen[-1], offered=""
    )
    assert (refused.status_code, "Another time: Choose this time above" in refused.text) == (422, True)


def test_no_time_at_all_is_said_at_the_field(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    refused = send(browser, f"{path}/verify", "/verify", **FIX, look_again_at="")
    assert "Another time: Fill in when to look again" in refused.text


def test_it_worked_asks_what_would_have_spared_the_escalation_and_the_session_leads_to_it(
    session_path: tuple[TestClient, str], signed_in: SignedIn, company: Company
) -> None:
    engineer, path = session_path
    handoff = engineer.post(f"{path}/escalate", data={"reason": "Out of ideas."}).url.path
    senior = signed_in()
    senior.post(f"{handoff}/claim")
    assert "What would have spared this escalation" in send(senior, f"{path}/verify", "/verify", **FIX).text
    send(senior, path, "/verify/worked", avoidable_reason="A missing right")
    assert company.query("SELECT avoidable_reason FROM session_handoffs") == [("A missing right",)]
    assert f'href="{handoff}"' in senior.get(path).text


def test_it_worked_asks_nothing_of_a_handoff_that_the_fix_has_not_set_aside(
    session_path: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    engineer, path = session_path
    handoff = engineer.post(f"{path}/escalate", data={"reason": "Out of ideas."}).url.path
    senior = signed_in()
    senior.post(f"{handoff}/claim")
    send(senior, handoff, "/give-back", reason="Look at the tray.")
    assert "What would have spared this escalation" not in send(engineer, f"{path}/verify", "/verify", **FIX).text
    assert "What would have spared this escalation" not in senior.get(path).text


def test_after_a_fix_that_did_not_help_nothing_says_that_it_is_solved(
    session_path: tuple[TestClient, str],
) -> None:
    browser, path = session_path
    for said in ({"choice": "Yes"}, {"outcome": "It prints"}):
        send(browser, path, "/steps", **said)
    assert "This should be solved now" in browser.get(path).text
    waits = send(browser, f"{path}/verify", "/verify", **FIX).text
    assert "This should be solved now" not in waits
    failed = send(browser, path, "/verify/failed", note="Offline again.").text
    assert "This should be solved now" not in failed
    assert re.search(r'id="now"[^>]*>It did not help</h2>', failed)
    ways = failed[failed.index('<div class="actions mt-3">') :]
    assert 0 < ways.index("/escalate") < ways.index("/flow") < ways.index('href="#resolve"')
    [resolve] = [form for form in forms_of(failed) if form.action.endswith("/resolve")]
    assert resolve.holds["summary"] == [""]


def test_while_a_fix_waits_nobody_is_told_to_escalate(session_path: tuple[TestClient, str]) -> None:
    browser, path = session_path
    for said in ({"choice": "Yes"}, {"outcome": "Still nothing"}):
        send(browser, path, "/steps", **said)
    page = browser.get(path).text
    assert "Time to escalate" in page
    # The problem is not solved: to escalate comes first, and the form that resolves it is folded.
    ways = page[page.index('<div class="actions mt-3">') :]
    assert 0 < ways.index("/escalate") < ways.index("/flow") < ways.index('href="#resolve"')
    assert re.search(r'<div id="resolve"><details class="card">', page)
    assert "Time to escalate" not in send(browser, f"{path}/verify", "/verify", **FIX).text


def test_while_a_seniors_fix_waits_the_engineer_reads_whose_it_is_and_is_left_notes(
    session_path: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    engineer, path = session_path
    handoff = engineer.post(f"{path}/escalate", data={"reason": "Out of ideas."}).url.path
    senior = signed_in()
    senior.post(f"{handoff}/claim")
    form = senior.get(f"{path}/verify").text
    assert "you hold it again if it did not help" in form
    send(senior, f"{path}/verify", "/verify", **FIX)
    html = engineer.get(path).text
    assert re.search(r"Whether it worked is said by .+\. You can add notes", html)
    forms = {form.action.removeprefix(path) for form in forms_of(html) if form.action.startswith(path)}
    assert "/steps" in forms
    assert not any("verify" in form for form in forms)
    assert not forms & {"/resume", "/resolve", "/abandon"}
    assert f'href="{path}/escalate"' not in html
    # It has not ended: it is not listed as if it had, and says what it waits for.
    assert handoff not in senior.get("/handoffs?state=closed").text
    assert "A fix waits" in senior.get("/handoffs?state=all").text
    assert re.search(r"If it did not help, .+ holds this again\.", engineer.get(handoff).text)
    assert "If it did not help, you hold this again." in senior.get(handoff).text


def test_after_a_seniors_fix_that_did_not_help_they_hold_it_as_before(
    session_path: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    engineer, path = session_path
    for said in ({"choice": "Yes"}, {"outcome": "Still nothing"}):
        send(engineer, path, "/steps", **said)
    handoff = send(engineer, f"{path}/escalate", "/escalate", reason="Out of ideas.", note="A cable").url.path
    senior = signed_in()
    senior.post(f"{handoff}/claim")
    send(senior, path, "/questions", question="Which cable?")
    send(senior, f"{path}/verify", "/verify", **FIX)
    assert '<summary class="card-header">What would have spared it?</summary>' in senior.get(handoff).text
    failed = send(senior, path, "/verify/failed").text
    assert "Noted that it did not help. You hold the handoff again." in failed
    assert re.search(r'id="now"[^>]*>It did not help</h2>', failed)
    for words in ("You hold this", "Nothing done since it was resumed", "Give back to", "something else"):
        assert words in failed
    context = failed[failed.index("Context") :]
    for words in ("Out of ideas.", "A cable", "Which cable?"):
        assert words in context
    html = engineer.get(path).text
    assert "What happens next is theirs to decide." in html


def test_an_escalation_that_fixes_have_set_aside_is_one_line_with_how_it_stands(
    session_path: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    engineer, path = session_path
    handoff = engineer.post(f"{path}/escalate", data={"reason": "Out of ideas."}).url.path
    senior = signed_in()
    senior.post(f"{handoff}/claim")
    for _ in range(2):
        send(senior, f"{path}/verify", "/verify", **FIX)
        send(senior, path, "/verify/failed")
    for html, stands in (
        (send(senior, f"{path}/verify", "/verify", **FIX).text, "Set aside while a fix waits"),
        (senior.get(send(senior, path, "/verify/worked").url.path.removesuffix("/note")).text, "Resolved"),
    ):
        said = html[html.index('id="escalations"') :]
        said = said[: said.index("</section>")]
        assert (said.count("Out of ideas."), said.count(stands)) == (1, 1)


def test_a_handoff_that_ended_before_the_fix_is_asked_nothing_about(
    session_path: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    engineer, path = session_path
    handoff = engineer.post(f"{path}/escalate", data={"reason": "Out of ideas."}).url.path
    senior = signed_in()
    senior.post(f"{handoff}/claim")
    send(senior, handoff, "/give-back", reason="Try the other one.")
    send(engineer, f"{path}/verify", "/verify", **FIX)
    waits = signed_in(Role.TEAM_ADMIN).get(path).text
    assert "Did it help?" in waits
    assert "What would have spared" not in waits
