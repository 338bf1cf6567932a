"""Without scripts, a refused form comes back as it was sent, with what is wrong at its field."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.attachments import api as attachments
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.identity.actor import Role
from flowpilot.identity.cookies import COOKIE
from flowpilot.web.refused.reading import Element, forms_in
from tests.attachments.files import picture
from tests.company import Company, found_company
from tests.sessions.flows import publish_printer_flow
from tests.web.conftest import SignedIn, new_browser
from tests.web.forms import Form, forms_of, send
from tests.web.sessions.desk import open_desk
from tests.web.sessions.states import make_states

# More than any field takes.
WORDS = ("Words that took a while to write. " * 400).strip()
FIX = {"fix": "Replaced the <b>switch</b>.", "waiting_for": "a day without outages"}

# Pages and parts without a form.
READ = ("note", "similar", "preview")

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LINK = re.compile(r'href="(/(?:sessions|handoffs)/[0-9a-f][^"#?]*)"')


def _written(html: str) -> Iterator[tuple[Form, Element]]:
    """The fields of a page's forms in which somebody writes."""
    for read, form in zip(forms_in(html), forms_of(html), strict=True):
        for one in read.fields:
            is_text = one.tag == "textarea" or (one.tag == "input" and one.says("type") in {"", "text"})
            if is_text and not one.is_hidden and form.method == "post" and form.can_be_sent:
                yield form, one


@dataclass
class Writer:
    """Somebody who writes too much into every field that they find. `lost`: the forms that did not come back."""

    browser: TestClient
    tried: set[str]
    opened: set[str]
    lost: list[str] = field(default_factory=list)

    def write(self, path: str) -> None:
        """Send each kind of form once, of a page and of those to which it leads, if nobody has seen their kind."""
        html = self.browser.get(path).text
        for link in _LINK.findall(html):
            kind = link if link.startswith("/handoffs/") else _ID.sub("*", link)
            if kind not in self.opened:
                self.opened.add(kind)
                self.write(link)
        for form, one in _written(html):
            name, kind = one.says("name"), _ID.sub("*", form.action)
            if f"{kind} {name}" not in self.tried and kind.startswith(("/sessions/", "/handoffs/")):
                self.tried.add(f"{kind} {name}")
                if not self._comes_back(path, form, name):
                    self.lost.append(f"{kind} {name}")

    def _comes_back(self, path: str, form: Form, name: str) -> bool:
        came_from = {"Referer": f"http://testserver{path}"}
        answer = self.browser.post(form.action, data={**form.holds, name: WORDS}, headers=came_from)
        again = [
            one.action.partition("?")[0]
            for one in forms_of(answer.text)
            if WORDS in [value.strip() for value in one.holds.get(name, ())]
        ]
        is_at_field = f'id="wrong-{name}"' in answer.text
        return answer.status_code == 422 and again == [form.action] and is_at_field


def test_every_form_of_sessions_and_handoffs_comes_back_as_it_was_sent(
    urls: DatabaseUrls, client: TestClient
) -> None:
    desk = open_desk(client, found_company(urls))
    states = make_states(desk)
    tried: set[str] = set()
    for person in ("who holds it", "who began it"):
        browser = new_browser(client)
        browser.cookies.set(COOKIE, desk.people[person]["Authorization"].removeprefix("Bearer "))
        writer = Writer(browser, tried, {"/sessions/*", *(f"/sessions/*/{part}" for part in READ)})
        for session_id in states.values():
            writer.write(f"/sessions/{session_id}")
        assert writer.lost == []
    assert len(tried) > 20


@pytest.fixture
def session(client: TestClient, company: Company, signed_in: SignedIn) -> tuple[TestClient, str]:
    """Somebody's browser, and the page of their session."""
    publish_printer_flow(client, company)
    browser = signed_in()
    return browser, browser.post("/sessions", data={"problem_summary": "The printer prints nothing"}).url.path


def test_a_choice_and_what_was_written_beside_it_come_back(session: tuple[TestClient, str]) -> None:
    browser, path = session
    refused = send(browser, f"{path}/verify", "/verify", **FIX, look_again_at="", other="2020-01-01T10:00")
    assert refused.status_code == 422
    form = next(one for one in forms_of(refused.text) if one.action.endswith("/verify"))
    assert form.holds["fix"] == ["\n" + FIX["fix"]]
    assert (form.holds["look_again_at"], form.holds["other"]) == ([""], ["2020-01-01T10:00"])
    assert 'id="wrong-other" role="alert">Choose a time in the future, within 90 days.' in refused.text
    later = f"{now() + timedelta(days=4):%Y-%m-%dT%H:%M}"
    assert "Did it help?" in send(browser, refused, "/verify", other=later).text


def test_a_form_that_was_outdated_when_it_was_refused_stays_outdated(session: tuple[TestClient, str]) -> None:
    browser, path = session
    older = browser.get(path)
    send(browser, path, "/steps", choice="Yes")
    refused = send(browser, older, "/abandon", reason=WORDS)
    assert refused.status_code == 422
    assert send(browser, refused, "/abandon", reason="The user hung up.").status_code == 409


def test_a_page_without_the_form_shows_what_was_written_to_be_copied(
    session: tuple[TestClient, str], signed_in: SignedIn
) -> None:
    path = session[1]
    note = {"free_text": "It blinks <red>."}
    answer = signed_in(Role.VIEWER).post(
        f"{path}/steps", data=note, headers={"Referer": f"http://testserver{path}"}
    )
    assert answer.status_code == 403
    assert '<span class="prose">It blinks &lt;red&gt;.</span>' in answer.text
    assert f'class="btn btn-primary" href="{path}"' in answer.text


def test_files_are_named_to_be_chosen_again(session: tuple[TestClient, str]) -> None:
    browser, path = session
    sent = {"files": ("photo.png", picture("PNG", (4, 4)), "image/png")}
    answer = browser.post(f"{path}/steps", data={"free_text": WORDS}, files=sent)
    assert answer.status_code == 422
    assert "Choose the files again: photo.png." in answer.text


@pytest.mark.parametrize("ending", ["/opinion", "/questions", "/answer"])
def test_a_form_that_is_refused_twice_stays_on_its_page(client: TestClient, company: Company, ending: str) -> None:
    desk = open_desk(client, company)
    session = f"/sessions/{make_states(desk)['asked']}"
    browser = new_browser(client)
    who = "who holds it" if ending == "/questions" else "who began it"
    browser.cookies.set(COOKIE, desk.people[who]["Authorization"].removeprefix("Bearer "))
    name = ending.strip("/").removesuffix("s")
    refused = browser.get(session)
    for _ in range(2):
        # Without scripts, the browser is then at the address that the form was sent to.
        refused = send(browser, refused, ending, **{name: WORDS})
        assert refused.status_code == 422
        assert f'data-session="{session.removeprefix("/sessions/")}"' in refused.text
        assert [one for one in forms_of(refused.text) if WORDS in one.holds.get(name, [""])[0]] != []
    assert send(browser, refused, ending, **{name: "The small one."}).url.path == session


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/x", "https://evil.example/", "/\\evil.example", "javascript:0"]
)
def test_a_form_leads_back_to_no_page_of_others(
    session: tuple[TestClient, str], signed_in: SignedIn, elsewhere: str
) -> None:
    note = {"free_text": "It blinks."}
    answer = signed_in(Role.VIEWER).post(f"{session[1]}/steps", params={"came_from": elsewhere}, data=note)
    assert answer.status_code == 403
    assert "evil" not in answer.text
    assert "Back to the form" not in answer.text


def test_words_come_back_when_too_many_files_were_sent(
    session: tuple[TestClient, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, path = session
    monkeypatch.setattr(attachments, "_UPLOADS_PER_MINUTE", 1)
    sent = [("files", (name, picture("PNG", (4, 4)), "image/png")) for name in ("one.png", "two.png")]
    refused = browser.post(f"{path}/steps", data={"free_text": "It still blinks."}, files=sent)
    assert refused.status_code == 429
    assert "Choose the files again: one.png, two.png." in refused.text
    assert "It still blinks." in [one.holds.get("free_text", [""])[0].strip() for one in forms_of(refused.text)]
