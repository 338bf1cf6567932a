"""What an open page of a session hears of its changes, and the words for them."""

import html
import re
import uuid

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from flowpilot.sessions.edits.schemas import StepOut
from flowpilot.sessions.models import SessionStatus, StepKind
from flowpilot.sessions.schemas import StatusChangeOut
from flowpilot.web.sessions.changes import what_happened
from tests.company import Company
from tests.handoffs.helpers import act, claimed_by_kim, join, send_escalation
from tests.sessions.flows import publish_printer_flow, start, take
from tests.web.conftest import SignedIn
from tests.web.forms import send


def state(page: str) -> dict[str, str]:
    """What the page says that it shows."""
    [attributes] = re.findall(r'<div id="session-state" hidden ([^>]+)>', page)
    return dict(re.findall(r'data-(\w+)="([^"]*)"', attributes))


def changed(browser: TestClient, shown: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The word on what has changed, and what the page shows then."""
    query = {name: shown[name] for name in ("steps", "version", "node", "event")}
    page = browser.get(f"/sessions/{shown['session']}/changes", params=query).text
    [said] = re.findall(r'<p id="changes"[^>]*>([^<]*)</p>', page)
    return html.unescape(said), state(page)


@pytest.fixture
def opened(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, dict[str, str]]:
    """An owner's browser, and what it shows of a session at its first question."""
    publish_printer_flow(client, company)
    browser = signed_in(Role.OWNER)
    path = f"/sessions/{start(client, company)['id']}"
    page = browser.get(path).text
    assert re.findall(r'<p id="changes"[^>]*></p>', page)
    return browser, state(page)


def test_a_page_says_what_it_shows_and_who_may_hear_it(opened: tuple[TestClient, dict[str, str]]) -> None:
    _, shown = opened
    assert (shown["steps"], shown["node"]) == ("0", "power")
    assert shown["watch"].split() == [shown["session"]] == [shown["here"]]


def test_a_step_taken_elsewhere_comes_with_a_word_on_who_took_it(
    client: TestClient, company: Company, opened: tuple[TestClient, dict[str, str]]
) -> None:
    browser, shown = opened
    take(client, company, shown["session"], choice="No")
    said, after = changed(browser, shown)
    assert said == "engineer answered: No. The step below is new."
    assert (after["steps"], after["node"]) == ("1", "switch_on")
    assert int(after["version"]) > int(shown["version"])
    take(client, company, shown["session"], free_text="It hums.")
    assert changed(browser, after)[0] == "engineer wrote: It hums."


def test_an_escalation_and_a_claim_are_said(
    client: TestClient, company: Company, signed_in: SignedIn, opened: tuple[TestClient, dict[str, str]]
) -> None:
    browser, shown = opened
    handoff = send_escalation(client, company, shown["session"]).json()["id"]
    said, after = changed(browser, shown)
    assert said.endswith(" put the session into the queue.")
    assert after["watch"].split() == [shown["session"], handoff]
    page = send(browser, f"/handoffs/{handoff}", "/claim").text
    assert f'data-present="{shown["session"]} {handoff}"' in page
    assert changed(browser, after)[0] == "In another window, you claimed the session."


def test_an_edit_is_said_without_a_word_of_it_and_a_page_works_without_scripts(
    opened: tuple[TestClient, dict[str, str]],
) -> None:
    browser, shown = opened
    edited = send(browser, f"/sessions/{shown['session']}", "/details", problem_summary="Another")
    said, after = changed(browser, shown)
    assert said == "This session was edited."
    assert changed(browser, after)[0] == ""
    assert f'<noscript><p class="text-secondary">A colleague may have changed this session since. ' \
        f'<a href="/sessions/{shown["session"]}">Reload</a>' in edited.text  # fmt: skip


def test_another_accounts_session_is_not_found(
    neighbour: Company, signed_in: SignedIn, opened: tuple[TestClient, dict[str, str]]
) -> None:
    _, shown = opened
    stranger = signed_in(Role.OWNER, neighbour)
    assert stranger.get(f"/sessions/{shown['session']}/changes?steps=0&version=0").status_code == 404


ANA, BEN = uuid.UUID(int=1), uuid.UUID(int=2)


def _said(*steps: StepOut, statuses: tuple[StatusChangeOut, ...] = ()) -> str:
    return " ".join(what_happened(steps, statuses, BEN, {ANA: "Ana", BEN: "Ben"}))


def _step(position: int, kind: StepKind, **content: str) -> StepOut:
    return StepOut(
        id=uuid.UUID(int=position),
        position=position,
        kind=kind,
        actor_id=ANA,
        is_free_text=False,
        content=content,
        created_at=now(),
    )


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        (StepKind.OUTCOME, {"outcome": "It prints"}, "Ana reported: It prints."),
        (StepKind.NOTE, {"text": "It hums.\nLoudly."}, "Ana wrote: It hums. Loudly."),
        (StepKind.BACK, {}, "Ana went back one step."),
        (StepKind.FLOW, {"name": "Printer"}, "Ana changed the flow to Printer."),
        (StepKind.FLOW, {}, "Ana left the flow."),
        (StepKind.TICK, {"text": "Label it."}, "Ana ticked: Label it."),
        (StepKind.FILL, {"label": "Name", "value": "PC-1"}, "Ana filled in Name: PC-1."),
        (StepKind.UNDO, {"label": "Name"}, "Ana took back: Name."),
        (StepKind.RESOLUTION, {"text": "New cable."}, "Ana resolved it: New cable."),
    ],
)
def test_each_kind_of_step_has_words(kind: StepKind, content: dict[str, str], words: str) -> None:
    assert _said(_step(1, kind, **content)) == words


@pytest.mark.parametrize("kind", StepKind)
def test_no_kind_of_step_is_without_words(kind: StepKind) -> None:
    assert _said(_step(1, kind)) != "Ana changed the record."


@pytest.mark.parametrize(
    ("kind", "about", "words"),
    [
        (StepKind.STRIKE, {"kind": StepKind.NOTE, "text": "hunter2"}, "Ana struck a note."),
        (
            StepKind.TAKE_BACK,
            {"kind": StepKind.ANSWER, "question": "Is it on?"},
            "Ana took back the answer to “Is it on?”.",
        ),
        (StepKind.TAKE_BACK, {"kind": StepKind.FIX, "text": "hunter2"}, "Ana took back the fix that was applied."),
        (StepKind.TAKE_BACK, {"kind": StepKind.ENTER, "name": "Reset"}, "Ana took back the sub-flow."),
        (StepKind.CORRECT, {"kind": StepKind.OUTCOME, "instruction": "hunter2"}, "Ana corrected a step."),
        (StepKind.TAKE_BACK, {"kind": StepKind.FLOW, "name": "Printer"}, "Ana took back the choice of the flow."),
    ],
)
def test_an_edit_says_of_which_step_in_no_word_that_was_written_there(
    kind: StepKind, about: dict[str, str], words: str
) -> None:
    content = {name: value for name, value in about.items() if name != "kind"}
    edited = _step(1, StepKind(about["kind"]), **content)
    edit = _step(2, kind, step=str(edited.id))
    assert what_happened([edit], [], BEN, {ANA: "Ana"}, all_steps=[edited, edit]) == [words]


def test_a_long_question_ends_its_quotation_and_what_went_with_it_is_counted() -> None:
    asked = _step(1, StepKind.ANSWER, question="Does the mailbox open at outlook.office.com in a browser there?")
    next_, entered = _step(2, StepKind.ANSWER, question="Is it on?"), _step(3, StepKind.ENTER, name="Reset")
    edit = _step(4, StepKind.TAKE_BACK, step=str(asked.id))
    edit.content["also"] = [str(next_.id), str(entered.id)]
    [said] = what_happened([edit], [], BEN, {ANA: "Ana"}, all_steps=[asked, next_, entered, edit])
    assert said.startswith("Ana took back the answer to “Does the mailbox open")
    assert said.endswith("…”, and 1 step after it.")


def test_what_was_removed_from_a_step_is_not_said() -> None:
    assert _said(_step(1, StepKind.NOTE)) == "Ana wrote."
    struck = _step(1, StepKind.NOTE, text="hunter2").model_copy(update={"text_name": "text"})
    assert _said(struck) == "Ana wrote."


def test_of_several_steps_the_last_is_said_and_the_others_are_counted() -> None:
    steps = [_step(number, StepKind.NOTE, text=f"Note {number}") for number in (1, 2, 3)]
    assert _said(*steps) == "Ana wrote: Note 3, after 2 other steps."
    entered = (_step(1, StepKind.ANSWER, choice="Yes"), _step(2, StepKind.ENTER, name="Reset"))
    assert _said(*entered) == "Ana answered: Yes."


def _change(before: SessionStatus, after: SessionStatus, reason: str = "") -> StatusChangeOut:
    return StatusChangeOut(from_status=before, to_status=after, actor_id=ANA, reason=reason, created_at=now())


def test_a_fix_that_was_applied_is_no_pause() -> None:
    fix = _step(1, StepKind.FIX, text="New drum.", waiting_for="fifty clean pages")
    paused = _change(SessionStatus.ACTIVE, SessionStatus.PAUSED, "fifty clean pages")
    assert _said(fix, statuses=(paused,)) == "Ana applied a fix, and waits for fifty clean pages."
    later = _change(SessionStatus.ACTIVE, SessionStatus.PAUSED)
    assert _said(fix, statuses=(paused, later)).endswith(" Ana paused the session.")


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (SessionStatus.RESOLVED, "Ana reopened the session."),
        (SessionStatus.ESCALATED, "Ana gave the session back."),
        (SessionStatus.REQUESTING_ESCALATION, "Ana took the session out of the queue."),
        (SessionStatus.PAUSED, "Ana goes on with the session."),
    ],
)
def test_who_gives_a_session_back_does_not_go_on_with_it(before: SessionStatus, words: str) -> None:
    assert _said(statuses=(_change(before, SessionStatus.ACTIVE),)) == words


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (SessionStatus.RESOLVED, "Ana reopened the session: It jams again."),
        (SessionStatus.ESCALATED, "Ana gave the session back: It jams again."),
        (SessionStatus.PAUSED, "Ana goes on with the session."),
    ],
)
def test_why_it_came_back_is_said(before: SessionStatus, words: str) -> None:
    assert _said(statuses=(_change(before, SessionStatus.ACTIVE, "It jams again."),)) == words


def test_a_rule_of_the_account_has_a_name_too() -> None:
    idle = StatusChangeOut(
        from_status=SessionStatus.ACTIVE,
        to_status=SessionStatus.ABANDONED,
        actor_id=None,
        reason="",
        created_at=now(),
    )
    assert _said(statuses=(idle,)) == "FlowPilot abandoned the session."


def test_who_sends_it_back_out_of_the_queue_does_not_go_on_with_it(
    client: TestClient, company: Company, opened: tuple[TestClient, dict[str, str]]
) -> None:
    browser, shown = opened
    handoff = send_escalation(client, company, shown["session"]).json()
    _, shown = changed(browser, shown)
    senior = join(client, company, "Kim")
    act(client, handoff, "send-back", senior.headers, reason="Which client?").raise_for_status()
    assert changed(browser, shown)[0] == "Kim sent the session back: Which client?"


def test_an_answer_is_announced_with_who_gave_it_and_only_once(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    handoff, kim = claimed_by_kim(client, company)
    browser, engineer = signed_in(Role.OWNER), company.headers(Role.ENGINEER)
    shown = state(browser.get(f"/sessions/{handoff['session_id']}").text)
    path = f"/api/v1/handoffs/{handoff['id']}/questions"
    asked = client.post(path, headers=kim.headers, json={"question": "Which drum?"}).json()
    said, shown = changed(browser, shown)
    assert said == "Kim asks: Which drum?"
    answer = f"{path}/{asked['questions'][0]['id']}/answer"
    client.post(answer, headers=engineer, json={"answer": "The old one."}).raise_for_status()
    said, shown = changed(browser, shown)
    assert said == "engineer has answered the question: The old one."
    assert changed(browser, shown)[0] == ""


def test_ones_own_word_hides_no_colleagues(client: TestClient, company: Company, signed_in: SignedIn) -> None:
    handoff, kim = claimed_by_kim(client, company)
    browser, path = signed_in(Role.OWNER), f"/api/v1/handoffs/{handoff['id']}/questions"
    shown = state(browser.get(f"/sessions/{handoff['session_id']}").text)
    client.post(path, headers=kim.headers, json={"question": "Which drum?"}).raise_for_status()
    web = f"/handoffs/{handoff['id']}/questions"
    browser.post(web, data={"question": "Since when?", "page": "session"}).raise_for_status()
    said, shown = changed(browser, shown)
    assert said == "Kim asks: Which drum?"
    # Alone, it is no edit of the session, whose version it moves.
    browser.post(web, data={"question": "Is it yours?", "page": "session"}).raise_for_status()
    assert changed(browser, shown)[0] == "In another window, you wrote to your colleague."
