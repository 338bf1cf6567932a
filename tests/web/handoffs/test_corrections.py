"""Correcting and striking what one wrote in a handoff, on its page and on the session's, without scripts."""

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.web.conftest import SignedIn
from tests.web.forms import Form, forms_of, send

SAID = {"reason": "No rihgts for it.", "note": "A card", "tried": "Turned it off"}


class Case:
    """A handoff of the engineer, which a senior holds and has asked about."""

    def __init__(self, signed_in: SignedIn) -> None:
        self.engineer, self.senior = signed_in(Role.ENGINEER), signed_in()
        self.session = self.engineer.post("/sessions", data={"problem_summary": "A chair squeaks"}).url.path
        self.handoff = self.engineer.post(f"{self.session}/escalate", data=SAID).url.path
        self.senior.post(f"{self.handoff}/claim")
        send(self.senior, self.handoff, "/questions", question="Is it no?")
        send(self.engineer, self.session, "/answer", answer="Yse")


@pytest.fixture
def case(client: TestClient, company: Company, signed_in: SignedIn) -> Case:
    return Case(signed_in)


def forms(browser: TestClient, path: str, part: str) -> list[Form]:
    """The forms that correct and strike the part on a page."""
    return [one for one in forms_of(browser.get(path).text) if one.holds.get("part") == [part]]


def press(browser: TestClient, path: str, part: str, **said: str) -> httpx2.Response:
    """Send the form of the part that has these fields: the last one strikes."""
    form = [one for one in forms(browser, path, part) if one.names.issuperset(said)][0 if said else -1]
    return browser.post(form.action, data={**form.holds, **said})


@pytest.mark.parametrize("part", SAID)
def test_the_engineer_corrects_what_they_escalated_with(case: Case, part: str) -> None:
    page = press(case.engineer, case.handoff, part, text="Other words")
    assert (page.url.path, "Corrected." in page.text) == (case.handoff, True)
    assert "Other words" in case.engineer.get(f"{case.session}/note").text
    assert SAID[part] not in case.engineer.get(f"{case.session}/note").text
    assert f'<li class="wrap">{SAID[part]}</li>' in case.senior.get(case.session).text


def test_a_struck_text_can_be_brought_back(case: Case) -> None:
    assert "Struck. Correct it" in press(case.engineer, case.handoff, "tried").text
    assert "Turned it off" not in case.engineer.get(f"{case.session}/note").text
    assert len(forms(case.engineer, case.handoff, "tried")) == 1
    press(case.engineer, case.handoff, "tried", text="Turned it off and on")
    assert "Turned it off and on" in case.engineer.get(f"{case.session}/note").text


def test_each_corrects_their_own_words_where_they_read_them(case: Case) -> None:
    assert press(case.senior, case.session, "question", text="Is it on?").url.path == case.session
    assert press(case.engineer, case.session, "answer", text="Yes").url.path == case.session
    note = case.senior.get(f"{case.session}/note").text
    assert ("Is it on?" in note, "Is it no?" in note, "Yse" in note) == (True, False, False)


@pytest.mark.parametrize(("part", "is_senior"), [("reason", True), ("answer", True), ("question", False)])
def test_what_a_colleague_wrote_is_not_offered(case: Case, part: str, is_senior: bool) -> None:
    browser = case.senior if is_senior else case.engineer
    assert forms(browser, case.handoff, part) == forms(browser, case.session, part) == []
