"""The page of a session that a senior holds, as the engineer who escalated it sees it."""

import re

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.handoffs.helpers import act, done, join
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

PROBLEM = "The printer in the accounting office prints nothing"


@pytest.fixture
def held(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, str, str]:
    """The engineer's browser, the page of their session as it was before, and its path; Kim holds it now."""
    publish_printer_flow(client, company)
    browser = signed_in()
    path = browser.post("/sessions", data={"problem_summary": PROBLEM}).url.path
    handoff = browser.post(f"{path}/escalate", data={"reason": "Out of ideas."}).url.path
    before = browser.get(path).text
    kim = join(client, company, "Kim")
    done(act(client, {"id": handoff.rpartition("/")[2]}, "claim", kim.headers))
    return browser, before, path


def test_it_says_who_holds_it_and_offers_notes_alone(held: tuple[TestClient, str, str]) -> None:
    browser, _, path = held
    html = browser.get(path).text
    assert re.search(r"Kim has held this session for <time", html)
    actions = {form.action.removeprefix(path) for form in forms_of(html) if form.action.startswith(path)}
    assert actions == {"/steps", "/details", "/facts"}
    assert 'name="choice"' not in html
    added = send(browser, path, "/steps", free_text="The user called again.")
    assert "The user called again." in added.text


def test_an_answer_from_an_older_page_shows_the_page_as_it_is(held: tuple[TestClient, str, str]) -> None:
    browser, before, path = held
    form = next(form for form in forms_of(before) if "choice" in form.names)
    answer = browser.post(f"{path}/steps", data={**form.holds, "choice": "No"}, headers={"Referer": path})
    assert answer.status_code == 409
    assert "This page was out of date.</strong> Kim has held this session since" in answer.text
    assert 'name="choice"' not in answer.text
