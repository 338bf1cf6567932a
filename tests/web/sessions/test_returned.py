"""What a senior gave back, or was reopened, says first why, until something was done about it."""

import re

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import join
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn
from tests.web.forms import send
from tests.web.sessions.desk import Desk
from tests.web.sessions.test_changes import changed, state
from tests.web.sessions.test_senior import text_of


@pytest.fixture
def desk(client: TestClient, company: Company) -> Desk:
    """An account with the flow of the printer."""
    publish_printer_flow(client, company)
    return Desk(client, company, join(client, company, "Priya"), join(client, company, "Marcus"), "")


def _page(session: str) -> str:
    return session.replace("ai-sessions", "/sessions")


def _ways(html: str) -> list[str]:
    """What the end of the flow offers, in order."""
    [offered] = re.findall(r'<div class="actions mt-3">(.*?)</div>\s*<', html, re.DOTALL)[:1]
    return [text_of(one) for one in re.findall(r"<a class[^>]*>.*?</a>", offered, re.DOTALL)]


def _mark(html: str) -> str:
    """The line above the work, which is set apart as long as it is to be done."""
    above = html[: html.index('<div class="workbench')]
    lines = re.findall(
        r'<(?:div class="alert alert-warning|p class="lease).*?</(?:div></div|p)>', above, re.DOTALL
    )
    return " ".join(lines)


def _top(html: str) -> str:
    return text_of(_mark(html))


def test_what_a_senior_asked_for_comes_before_what_the_end_of_the_flow_advises(
    desk: Desk, signed_in: SignedIn
) -> None:
    session = desk.begin("escalation")
    engineer, path = signed_in(Role.OWNER), _page(session)
    assert _ways(engineer.get(path).text)[0] == "Escalate 1"
    handoff = desk.hold(session)
    desk.send(f"{handoff}/close", desk.senior.headers, outcome="returned", note="Ask Petra to try it.")

    html = engineer.get(path).text
    assert "alert-warning" in _mark(html)
    assert "Ask Petra to try it." in _top(html)
    assert "Time to escalate" not in html
    assert "First do what Priya asked for The flow says: " in text_of(html)
    assert _ways(html) == ["Applied: wait and look again", "Another flow", "Resolve", "Escalate"]

    desk.send(f"{session}/steps", free_text="Petra is on the phone.")
    assert "Time to escalate" not in engineer.get(path).text

    desk.fix(session)
    html = engineer.get(path).text
    assert "alert-warning" not in _mark(html)
    assert "Ask Petra to try it." in _top(html)

    desk.send(f"{session}/verify/fail")
    html = engineer.get(path).text
    assert "Ask Petra to try it." in _top(html)
    assert "It did not help" in html
    assert _ways(html)[0] == "Escalate 1"


@pytest.mark.parametrize("end", ["resolution", "escalation"])
def test_why_it_was_reopened_is_read_first_by_all_until_something_is_done(
    desk: Desk, signed_in: SignedIn, end: str
) -> None:
    session = desk.begin(end)
    desk.send(f"{session}/resolve", summary="It prints again.")
    admin, colleague, path = signed_in(Role.OWNER), signed_in(Role.OWNER), _page(session)
    shown = state(colleague.get(path).text)
    after = send(admin, path, "/reopen", reason="It jams again.").text
    assert re.search(r"You reopened this .* ago, because it was not solved: It jams again\.", _top(after))
    [name] = re.findall(r"(\S+) reopened this ", _top(colleague.get(path).text))
    assert changed(colleague, shown)[0].startswith(f"{name} reopened the session: It jams again.")

    html = colleague.get(path).text
    assert "alert-warning" in _mark(html)
    assert "It was not solved The flow says: " in text_of(html)
    assert "Time to escalate" not in html
    assert "This should be solved now" not in html
    assert _ways(html)[0] == "Applied: wait and look again"

    send(admin, path, "/steps", free_text="It is on the second floor.")
    assert "alert-warning" in _mark(colleague.get(path).text)
    desk.fix(session)
    html = colleague.get(path).text
    assert "alert-warning" not in _mark(html)
    assert "It jams again." in _top(html)
