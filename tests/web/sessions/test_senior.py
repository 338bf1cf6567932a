"""The page of a session as the senior sees it who holds it: what to do first, the context, the ways on."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import send_escalation
from tests.sessions.flows import post, publish_printer_flow, start, take
from tests.sessions.runs.procedure import mark, start_run
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

Held = Callable[..., tuple[TestClient, str]]


@pytest.fixture
def held(client: TestClient, company: Company, signed_in: SignedIn) -> Held:
    """`held(*steps)`: a senior's browser, and the page of a session that they hold, after these steps."""
    publish_printer_flow(client, company)

    def claim(*steps: dict[str, Any], **why: Any) -> tuple[TestClient, str]:
        session_id = start(client, company)["id"]
        for step in steps:
            take(client, company, session_id, **step)
        handoff = send_escalation(client, company, session_id, **why).json()
        senior = signed_in()
        return senior, senior.post(f"/handoffs/{handoff['id']}/claim").url.path

    return claim


ANSWERED: list[dict[str, Any]] = [{"choice": "Yes"}, {"outcome": "Still nothing"}]


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def actions_of(html: str, path: str) -> set[str]:
    return {form.action.removeprefix(path) for form in forms_of(html) if form.method == "post"}


def test_what_to_do_first_comes_before_the_context_and_all_forms(held: Held) -> None:
    senior, path = held({"choice": "Yes"})
    html = senior.get(path).text
    places = [
        html.index(words) for words in ('name="outcome"', 'name="free_text"', ">Why</dt>", "give-back-reason")
    ]
    assert places == sorted(places)
    assert "Continue where engineer stopped. Do" in text_of(html)


def test_what_is_known_is_in_the_order_in_which_it_was_found(held: Held) -> None:
    senior, path = held({"free_text": "It began at nine."}, {"choice": "Yes"})
    html = senior.get(path).text
    handoff = re.search(r'href="(/handoffs/[-0-9a-f]+)"', html)
    assert handoff is not None
    said = text_of(senior.get(handoff[1]).text)
    assert said.index("It began at nine.") < said.index("Is the printer on? Yes")
    # The line that shows beside the session is the newest; what was before it is folded away.
    line = html[html.index("<dt>Known") :].partition("</summary>")[0]
    assert ("Yes" in line, "It began at nine." in line) == (True, False)


def test_the_three_ways_on_are_offered_and_accepted(held: Held) -> None:
    senior, path = held()
    html = senior.get(path).text
    assert f'href="{path}/flow"' in html
    without = send(senior, path, f"{path}/flow")
    assert (without.status_code, without.url.path) == (200, path)
    assert "No flow to follow" in without.text
    assert "Work without a flow" not in without.text


def test_the_context_says_each_thing_once(held: Held) -> None:
    senior, path = held(*ANSWERED, {"free_text": "The lamp blinks twice."}, note="It is the driver.")
    html = senior.get(path).text
    context = text_of(html[html.index('<dl class="brief beside">') : html.index("</dl>")])
    for words in ("Out of ideas after the usual checks.", "Is the printer on?", "Clear the print queue."):
        assert context.count(words) == 1, words
    for words in ("The lamp blinks twice.", "It is the driver."):
        assert context.count(words) == 1, words
    assert "No ticket" not in context  # Where it is filled in says so.
    assert "The flow “" not in context  # What rules sum up is all listed.


def test_a_long_text_folds_and_goes_on_where_its_beginning_ends(held: Held) -> None:
    long = " ".join(f"Sentence {number}." for number in range(60))
    senior, path = held(note=long)
    html = senior.get(path).text
    found = re.search(r'<summary class="prose">(Sentence .*?) <span.*?<div class="prose">(.*?)</div>', html)
    assert found is not None
    assert " ".join(found.groups()) == long


def test_it_says_until_when_nothing_may_happen(held: Held) -> None:
    senior, path = held()
    html = senior.get(path).text
    assert re.search(
        r"No action yet: it returns to the queue at <time[^>]+>[^<]*\d\d:\d\d</time>, in <time[^>]+>29", html
    )
    after = send(senior, path, "/steps", free_text="Looked at the driver.")
    assert "returns to the queue" not in after.text
    assert "You hold this for" in after.text


def test_at_an_escalation_nobody_who_holds_it_escalates_again(held: Held) -> None:
    senior, path = held(*ANSWERED)
    html = senior.get(path).text
    assert "The flow ends here" in html
    assert "/escalate" not in html
    for way in ('href="#resolve"', f'href="{path}/flow"', 'href="#give-back"', "Work without a flow"):
        assert way in html, way
    assert '<details class="card second" id="give-back">' in html
    # The flow says to hand over, so nothing is solved yet.
    assert 'class="btn" href="#resolve"' in html
    assert 'btn-success" href="#resolve"' not in html


def test_own_words_at_a_question_are_a_note_and_leave_it_open(held: Held) -> None:
    senior, path = held({"free_text": "It blinks red."})
    said = text_of(senior.get(path).text)
    assert "At “Is the printer on?”: It blinks red." in said
    assert "Is the printer on? It blinks red." not in said
    assert "Continue where engineer stopped. Ask Is the printer on?" in said


def test_who_waits_for_a_senior_is_not_offered_another_escalation(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    publish_printer_flow(client, company)
    browser = signed_in()
    path = browser.post("/sessions", data={"problem_summary": "The printer in accounting prints nothing"}).url.path
    for step in ANSWERED:
        send(browser, path, "/steps", **step)
    assert f"{path}/escalate" in browser.get(path).text
    browser.post(f"{path}/escalate", data={"reason": "Out of ideas."})
    assert f"{path}/escalate" not in browser.get(path).text


def test_it_is_given_back_with_a_reason_that_the_engineer_reads_first(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    engineer, senior = signed_in(), signed_in()
    path = engineer.post("/sessions", data={"problem_summary": "Something odd happens with my chair"}).url.path
    handoff = engineer.post(f"{path}/escalate", data={"reason": "Out of ideas."}).url.path
    senior.post(f"{handoff}/claim")
    assert send(senior, path, "/give-back", reason=" ").status_code == 422
    assert send(senior, path, "/give-back", reason="Ask which chair it is.").url.path == "/handoffs"
    page = engineer.get(path).text
    assert re.search(
        r"gave this back <time[^>]+>[^<]+</time> ago.</strong> <span[^>]+>Ask which chair it is.", page
    )
    assert 'action="' + path + '/steps"' in page
    send(engineer, path, "/pause")
    assert "gave this back" in engineer.get(path).text
    engineer.post(f"{path}/escalate", data={"reason": "It is the red one."})
    assert "gave this back" not in engineer.get(path).text


@pytest.mark.parametrize("is_claimed", [True, False])
def test_what_was_sent_back_says_why_and_leads_to_another_escalation(
    client: TestClient, company: Company, signed_in: SignedIn, is_claimed: bool
) -> None:
    engineer, senior = signed_in(), signed_in()
    path = engineer.post("/sessions", data={"problem_summary": "Something odd happens with my chair"}).url.path
    handoff = engineer.post(f"{path}/escalate", data={"reason": "Out of ideas."}).url.path
    if is_claimed:
        senior.post(f"{handoff}/claim")
    send(senior, handoff, "/give-back", reason="Which chair is it?", is_incomplete="true")
    page = engineer.get(path).text
    [banner] = re.findall(
        r'<div class="alert alert-warning mb-3">.*?sent this back.*?</div></div>', page, re.DOTALL
    )
    assert "Which chair is it?" in banner
    assert f'href="{path}/escalate"' in banner
    sent = text_of(engineer.get(handoff).text)
    assert re.search(r"Closed [^:]*:\d\d by \S+: Sent back. Which chair is it\?", sent)
    assert "Add what is missing , then escalate it again ." in sent
    engineer.post(f"{path}/escalate", data={"reason": "The red chair."})
    assert "sent this back" not in engineer.get(path).text


def test_who_takes_it_back_reads_no_reason(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    engineer = signed_in()
    path = engineer.post("/sessions", data={"problem_summary": "Something odd happens with my chair"}).url.path
    handoff = engineer.post(f"{path}/escalate", data={"reason": "Out of ideas."}).url.path
    send(engineer, handoff, "/give-back")
    assert "this back" not in engineer.get(path).text
    taken_back = text_of(engineer.get(handoff).text)
    assert "Go on with the session" in taken_back
    assert "Add what is missing" not in taken_back


def test_a_flow_that_cannot_be_left_offers_no_other(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    run_id = start_run(client, company)
    admin, path = signed_in(Role.TEAM_ADMIN), f"/sessions/{run_id}"
    assert f"{path}/flow" in admin.get(path).text
    mark(client, company, run_id, do="tick", item="unpack")
    assert f"{path}/flow" not in admin.get(path).text
    assert admin.get(f"{path}/flow").url.path == path
    assert post(client, company, f"{run_id}/flow", flow_id=None).status_code == 409


def test_a_team_admin_reads_who_holds_it_and_may_act(held: Held, signed_in: SignedIn) -> None:
    _, path = held()
    html = signed_in(Role.TEAM_ADMIN).get(path).text
    assert "holds this for <time" in html
    assert 'name="choice"' in html


def test_a_viewer_reads_the_context_and_is_offered_nothing(held: Held, signed_in: SignedIn) -> None:
    _, path = held()
    html = signed_in(Role.VIEWER).get(path).text
    assert '<dl class="brief beside">' in html
    assert actions_of(html, path) <= {"/sign-out"}
