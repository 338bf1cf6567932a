"""The menu of each step on a session's page, as a browser without scripts uses it."""

import re
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.nested import PROBLEM, RESET, publish, sign_in
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send


@pytest.fixture
def session(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, str]:
    """An engineer's browser, and the page of a session with an outcome that has a note."""
    about = {
        "problem_summary": "The printer prints nothing",
        "flow_id": str(publish_printer_flow(client, company)),
    }
    browser = signed_in()
    path = browser.post("/sessions", data=about).url.path
    send(browser, path, "/steps", choice="No")
    send(browser, path, "/steps", outcome="Still nothing", note="The fuse is warm.")
    return browser, path


def _steps(html: str) -> list[str]:
    """The steps of the path, as text."""
    path = html[html.index('id="steps-so-far"') :]
    items = re.findall(r'<li class="done[^"]*" id="step-.*?</li>\n', path, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", item).split()) for item in items]


def test_a_note_is_corrected_and_says_what_it_said_before(session: tuple[TestClient, str]) -> None:
    browser, path = session
    page = send(browser, path, "/reword", text="The fuse is hot.")
    assert "Corrected." in page.text
    shown = _steps(page.text)[1]
    assert "Switch it on. Still nothing The fuse is hot." in shown
    assert re.search(r"Corrected .* by .* Before: The fuse is warm\.", shown)


def test_a_struck_note_is_struck_through(session: tuple[TestClient, str]) -> None:
    browser, path = session
    page = send(browser, path, "/strike")
    assert '<del class="wrap">The fuse is warm.</del>' in page.text
    assert re.search(r"Struck \S+ .* by ", _steps(page.text)[1])
    assert "The fuse is warm." in send(browser, page, "/reword", text="The fuse is warm.").text


def test_what_was_corrected_and_then_struck_shows_and_brings_back_the_correction(
    session: tuple[TestClient, str],
) -> None:
    browser, path = session
    corrected = send(browser, path, "/reword", text="The fuse is hot.")
    struck = send(browser, corrected, "/strike")
    assert '<del class="wrap">The fuse is hot.</del>' in struck.text
    again = send(browser, struck, "/reword")
    assert "Switch it on. Still nothing The fuse is hot." in _steps(again.text)[1]


def test_a_choice_of_no_flow_is_called_what_it_is(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    flow = str(publish_printer_flow(client, company))
    browser = signed_in()
    path = browser.post(
        "/sessions", data={"problem_summary": "The printer prints nothing", "flow_id": flow}
    ).url.path
    forms = [one for one in forms_of(browser.get(f"{path}/flow").text) if one.action.endswith("/flow")]
    without = next(one for one in forms if "flow_id" not in one.names and "after_step" in one.names)
    left = browser.post(without.action, data=without.holds)
    assert "Edit “Flow: without one”" in _steps(left.text)[-1]
    send(browser, f"{path}/flow", "/flow", flow_id=flow)
    answered = send(browser, path, "/steps", choice="No")
    assert any("This also takes back: Is the printer on? No Take back" in one for one in _steps(answered.text))


def test_what_else_is_taken_back_is_said_before(session: tuple[TestClient, str]) -> None:
    browser, path = session
    html = browser.get(path).text
    first, second = _steps(html)
    assert "This also takes back: Switch it on: Still nothing Take back" in first
    assert "also takes back" not in second
    assert "Take back The session goes back to where it was before." in first
    page = send(browser, path, "/take-back")
    assert re.search(r'id="now" class="now">Is the printer on\?', page.text)
    assert page.text.count('<small class="edited">Taken back') == 2


def test_back_says_before_and_afterwards_what_it_takes_back(session: tuple[TestClient, str]) -> None:
    browser, path = session
    before = browser.get(path)
    assert 'aria-describedby="h-back"' in before.text
    assert "Back takes back “Still nothing” for “Switch it on.” with its note. Other notes stay." in before.text
    page = send(browser, before, "/back")
    assert "Taken back: “Still nothing” for “Switch it on.” with its note. Other notes stay." in page.text
    assert "Back takes back “No” to “Is the printer on?”. Notes stay." in page.text
    last = send(browser, page, "/back")
    assert "Taken back: “No” to “Is the printer on?”. Notes stay." in last.text
    assert 'id="h-back"' not in last.text


def test_what_fell_with_it_is_counted_afterwards(session: tuple[TestClient, str]) -> None:
    browser, path = session
    page = send(browser, path, "/take-back")
    assert "Taken back: “No” to “Is the printer on?”, and 1 step after it. Other notes stay." in page.text


def test_an_older_page_takes_nothing_back(session: tuple[TestClient, str]) -> None:
    browser, path = session
    old = browser.get(path)
    send(browser, path, "/steps", outcome="Still nothing")
    page = send(browser, old, "/take-back")
    assert "This page was out of date." in page.text


def test_no_page_offers_what_is_refused(session: tuple[TestClient, str], signed_in: SignedIn) -> None:
    _, path = session
    assert "step-menu" not in signed_in(Role.VIEWER).get(path).text
    assert "step-menu" in signed_in(Role.TEAM_ADMIN).get(path).text


def test_a_fix_that_waits_is_taken_back_and_the_page_says_what_follows(session: tuple[TestClient, str]) -> None:
    browser, path = session
    later = (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    send(browser, f"{path}/verify", "/verify", fix="A new cable.", waiting_for="a day", other=later)
    page = browser.get(path)
    assert "The fix no longer waits to be looked at, and the session goes on." in page.text
    after = send(browser, page, "/take-back")
    assert "Taken back: the fix that was applied. Notes stay. The session goes on" in after.text
    assert "Did it help?" not in after.text
    assert _steps(after.text)[-1].startswith("Applied A new cable.")
    assert '<del class="wrap">A new cable.</del>' in after.text


def test_what_a_fix_waits_for_is_corrected(session: tuple[TestClient, str]) -> None:
    browser, path = session
    later = (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    send(browser, f"{path}/verify", "/verify", fix="A new cable.", waiting_for="a dya", other=later)
    page = browser.get(path)
    step_id = re.findall(r'href="#waits-([^"]+)"', page.text)[0]
    assert f'id="waits-{step_id}"' in page.text
    [form] = [one for one in forms_of(page.text) if "text_name" in one.names]
    after = browser.post(form.action, data=form.holds | {"text": "a day"})
    assert "Waiting for a day." in after.text
    shown = _steps(after.text)[-1]
    assert shown.startswith("Applied A new cable. Waiting for: a day")
    assert re.search(r"What it waits for: corrected .* Before: a dya", shown)


def test_where_a_resolved_session_is_shown_reopening_is_offered(session: tuple[TestClient, str]) -> None:
    browser, path = session
    note = send(browser, path, "/resolve", summary="A fuse.")
    assert f'<a href="{path}#f-reason">Reopen the session</a>' in note.text
    page = browser.get(path).text
    assert page.count('href="#f-reason"') == 3
    assert "Not solved after all? Reopen the session" in _steps(page)[-1]
    assert send(browser, path, "/reopen", reason="Pressed by mistake.").text.count('href="#f-reason"') == 0


def test_a_sub_flow_is_left_and_entered_again(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    outer = publish(client, company, "Cannot sign in", sign_in(publish(client, company, "Password reset", RESET)))
    browser = signed_in()
    path = browser.post("/sessions", data={"problem_summary": PROBLEM, "flow_id": str(outer)}).url.path
    inside = send(browser, path, "/steps", choice="No")
    [entry] = [step for step in _steps(inside.text) if step.startswith("Sub-flow")]
    assert "The session leaves the sub-flow. It can be entered again." in entry
    step_id = re.findall(r'id="step-([^"]+)"><span class="text-secondary">Sub-flow', inside.text)[0]
    left = send(browser, inside, f"/steps/{step_id}/take-back")
    assert "Taken back: the sub-flow “Password reset”. Notes stay." in left.text
    assert "The flow that leads on here was taken back." in left.text
    again = send(browser, left, "/enter-again")
    assert "Is the account in the cloud?" in again.text


FIX = {"fix": "Replaced the fuse.", "waiting_for": "a day without outages"}


def _failure(html: str) -> tuple[str, str]:
    """What the page says at the step that a fix did not help, and where that is taken back."""
    # The fix before it says that this falls with it.
    found = next(item for item in reversed(_steps(html)) if "Did not help" in item)
    step = re.findall(r'id="step-([^"]+)">(?:(?!id="step-).)*Did not help', html, re.DOTALL)[-1]
    return found, f"/steps/{step}/take-back"


def test_taking_back_that_a_fix_did_not_help_says_before_that_it_waits_again(
    session: tuple[TestClient, str],
) -> None:
    browser, path = session
    send(browser, f"{path}/verify", "/verify", **FIX)
    failed = send(browser, path, "/verify/failed")
    said, take_back = _failure(failed.text)
    assert re.search(r"The fix waits again, to be looked at [^.]+\. Take back", said)
    waits = send(browser, failed, take_back)
    assert "The fix waits again to be looked at." in waits.text
    assert "Did it help?" in waits.text


def test_it_says_before_that_it_does_not_if_something_was_done_since(session: tuple[TestClient, str]) -> None:
    browser, path = session
    send(browser, f"{path}/verify", "/verify", **FIX)
    send(browser, path, "/verify/failed")
    tried = send(browser, path, "/steps", outcome="Still nothing")
    said, take_back = _failure(tried.text)
    assert "Something was done since, so the fix does not wait again." in said
    assert "Did it help?" not in send(browser, tried, take_back).text
