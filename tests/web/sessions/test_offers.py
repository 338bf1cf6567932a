"""On every state of a session's and a handoff's page, what is offered is allowed, and something leads on.

That what is allowed is accepted, and nothing else, is held on the verbs: tests/sessions/test_policy.py and
tests/handoffs/test_policy.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.connect import DatabaseUrls
from flowpilot.handoffs.corrections.texts import TextPart
from flowpilot.sessions import policy
from tests.company import found_company
from tests.web.forms import Form, forms_of
from tests.web.sessions.desk import NODES, Desk, open_desk
from tests.web.sessions.states import make_states

# The action that each form and link needs, of the last thing that its address names. One that is not here fails.
LEAD_ON = {
    "/sessions/*/steps": "step",
    "/sessions/*/steps with words": "note",
    "/sessions/*/back": "go back",
    "/sessions/*/enter-again": "enter again",
    "/sessions/*/flow": "change flow",
    "/sessions/*/marks": "mark",
    "/sessions/*/pause": "pause",
    "/sessions/*/resume": "resume",
    "/sessions/*/take": "take",
    "/sessions/*/resolve": "resolve",
    "/sessions/*/abandon": "abandon",
    "/sessions/*/reopen": "reopen",
    "/sessions/*/rating": "rate",
    "/sessions/*/escalate": "escalate",
    "/sessions/*/verify": "verify",
    "the page of a fix": "wait for a fix",
    "/sessions/*/verify/worked": "confirm",
    "/sessions/*/verify/failed": "fail",
    "/sessions/*/verify/postpone": "postpone",
    "/sessions/*/suggestions/done": "step",
    "/handoffs/*/claim": "claim",
    "/handoffs/*/take-over": "reassign",
    "/handoffs/*/release": "release",
    "/handoffs/*/reassign": "reassign",
    "/handoffs/*/give-back": "give back as returned",
    "/handoffs/*/give-back as too little": "give back as sent_back",
    "/handoffs/*/close": "close",
    "/handoffs/*/avoidable": "judge",
    "/handoffs/*/suggestions/done": "answer a next step",
    "/handoffs/*/questions": "ask",
    "/handoffs/*/questions/*/answer": "answer",
}
BESIDE = {
    "/sessions/*/details": "correct details",
    "/sessions/*/facts": "correct details",
    "/sessions/*/suggestions/dismiss": "step",
    "/sessions/*/suggestions/restore": "step",
    "/sessions/*/steps/*/reword": "correct",
    "/sessions/*/steps/*/strike": "strike",
    "/sessions/*/steps/*/take-back": "take_back",
    "/sessions/*/steps/*/removal": "remove",
    "/sessions/*/steps/*/removal/preview": "remove",
    "/sessions/*/remove": "remove words",
    "/sessions/*/remove/preview": "remove words",
    "/handoffs/*/suggestions/dismiss": "answer a next step",
    "/handoffs/*/suggestions/restore": "restore a next step",
    "/handoffs/*/questions/*/withdraw": "withdraw",
    "/handoffs/*/opinion": "say an opinion",
    **{f"/handoffs/*/texts of {part}": f"correct the {part}" for part in TextPart},
}
# What is done to words moves no case on.
TO_WORDS = {"remove words", *(f"correct the {part}" for part in TextPart)}
NEEDS = LEAD_ON | BESIDE
# Links to pages with a form.
FORMS = {
    "/sessions/*/flow",
    "/sessions/*/escalate",
    "/sessions/*/verify",
    "/sessions/*/remove",
    "/sessions/*/steps/*/removal",
}
READ = {"/sessions/*", "/sessions/*/note", "/sessions/*/similar", "/sessions/*/preview", "/handoffs/*"}

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LINK = re.compile(r'href="(/(?:sessions|handoffs)/[0-9a-f][^"#?]*)"')

# What may be done to a thing, by its id.
Allowed = dict[str, set[str]]


@pytest.fixture(scope="module")
def desk(urls: DatabaseUrls, client: TestClient) -> Desk:
    """An account with flows and people."""
    return open_desk(client, found_company(urls))


@pytest.fixture(scope="module")
def states(desk: Desk) -> dict[str, str]:
    """A session in each state."""
    return make_states(desk)


def _offers(html: str) -> Iterator[tuple[str, str]]:
    """What a page offers: the kind of form or link, and the thing that it is done to."""
    main = html[html.index("<main") :]
    for form in (form for form in forms_of(main) if form.method == "post" and form.can_be_sent):
        for kind in _kinds(form):
            yield kind, _ID.findall(form.action)[-1]
    for path in _LINK.findall(main):
        kind = _ID.sub("*", path)
        if kind not in READ:
            # The same page applies a fix, and puts off to look at it.
            yield "the page of a fix" if kind == "/sessions/*/verify" else kind, _ID.findall(path)[-1]


def _kinds(form: Form) -> list[str]:
    kind = _ID.sub("*", form.action)
    if kind == "/sessions/*/steps" and "free_text" in form.names:
        return [f"{kind} with words"]
    if "part" in form.holds:
        return [f"{kind} of {form.holds['part'][0]}"]
    if "is_incomplete" in form.names:
        # A box can be ticked or not; a hidden field is sent as it is.
        return [f"{kind} as too little"] if "is_incomplete" in form.holds else [kind, f"{kind} as too little"]
    return [kind]


def _of_session(session: dict[str, Any]) -> Allowed:
    """What may be done to a session and its steps."""
    actions = set(session["allowed"])
    if policy.may_correct(session["allowed"]):
        actions.add("correct details")
    if "step" in actions and session["current"] and session["current"]["may_enter"]:
        actions.add("enter again")
    if session["back"]:
        actions.add("go back")
    if actions & {"verify", "postpone"}:
        actions.add("wait for a fix")
    if "step" in actions and (session["current"] is None or session["current"]["may_leave"]):
        actions.add("change flow")
    return {session["id"]: actions} | {step["id"]: set(step["allowed"]) for step in session["steps"]}


def _of_handoff(handoff: dict[str, Any]) -> Allowed:
    """What may be done to a handoff and its questions."""
    actions = {*handoff["allowed"], *["judge"] * handoff["may_judge"]}
    actions |= {"say an opinion"} if handoff["may_say_opinion"] else set()
    actions |= {"answer a next step" for step in handoff["next_steps"] if step["may_answer"]}
    actions |= {"restore a next step" for step in handoff["next_steps"] if step["may_restore"]}
    actions |= {f"give back as {outcome}" for outcome in handoff["given_back_as"]}
    for one in (handoff, *handoff["questions"]):
        actions |= {f"correct the {part}" for part in one["correctable"]}
    return {handoff["id"]: actions} | {one["id"]: set(one["allowed"]) for one in handoff["questions"]}


@dataclass
class Reader:
    """Somebody who opens pages. `opened`: the kinds of pages with a form that they have seen of a session."""

    desk: Desk
    headers: dict[str, str]
    may_work: bool
    opened: set[str] = field(default_factory=set)

    def read(self, path: str) -> Any:
        """A page, or an answer of the API."""
        answer = self.desk.client.get(path, headers=self.headers, follow_redirects=False)
        assert answer.status_code == 200, answer.text
        return answer.json() if path.startswith("/api/") else answer.text

    def look(self, session_id: str) -> tuple[Allowed, dict[str, str]]:
        """What they may do, and the pages of the session and of its handoffs, by their ids."""
        self.opened.clear()
        allowed = _of_session(self.read(f"/api/v1/ai-sessions/{session_id}"))
        # Whose words they are is known once they have said which (tests/sessions/removal/test_anywhere.py).
        allowed[session_id] |= {"remove words"} if self.may_work else set()
        pages = {session_id: self.read(f"/sessions/{session_id}")}
        for row in self.read(f"/api/v1/handoffs?session_id={session_id}&state=all")["items"]:
            allowed |= _of_handoff(self.read(f"/api/v1/handoffs/{row['id']}"))
            pages[row["id"]] = self.read(f"/handoffs/{row['id']}")
        return allowed, pages

    def forms(self, html: str) -> Iterator[str]:
        """The pages with a form to which this one leads, of each kind once."""
        for path in _LINK.findall(html):
            kind = _ID.sub("*", path)
            if kind in FORMS - self.opened:
                self.opened.add(kind)
                yield self.read(path)


def test_what_a_page_offers_is_allowed_and_something_leads_on(desk: Desk, states: dict[str, str]) -> None:
    seen: set[str] = set()
    wrong = []
    for person, headers in desk.people.items():
        reader = Reader(desk, headers, may_work=person != "a viewer")
        for state, session_id in states.items():
            allowed, pages = reader.look(session_id)
            for thing, html in pages.items():
                offers = list(_offers(html))
                if allowed[thing] - TO_WORDS and not any(kind in LEAD_ON for kind, _ in offers):
                    wrong.append(f"{person}, {state}: nothing leads on")
                offers += [offer for form in reader.forms(html) for offer in _offers(form)]
                refused = {kind for kind, of in offers if NEEDS.get(kind) not in allowed.get(of, ())}
                wrong += [f"{person}, {state}: is offered {kind}" for kind in refused]
                seen |= {kind for kind, _ in offers}
    assert not wrong, "\n".join(wrong)
    assert set(NEEDS) - seen == set()


@pytest.mark.parametrize("node", NODES)
def test_the_holder_always_has_three_ways_on(desk: Desk, states: dict[str, str], node: str) -> None:
    session_id = states[f"held at {node}"]
    html = desk.client.get(f"/sessions/{session_id}", headers=desk.senior.headers).text
    actions = {form.action for form in forms_of(html)}
    assert f"/sessions/{session_id}/resolve" in actions
    assert f'href="/sessions/{session_id}/flow"' in html
    assert any(action.endswith("/give-back") for action in actions)
    assert "/escalate" not in html
