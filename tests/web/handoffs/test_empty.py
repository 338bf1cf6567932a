"""An escalation that says too little: asked before it is sent, marked, held up, and sent back."""

import html
import json
import re

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.rules.test_flow import at_a_broken_reader
from tests.web.conftest import SignedIn
from tests.web.forms import send

ASKED = {
    "normal.client": "block",
    "normal.tried": "block",
    "low.ticket": "warn",
    "urgent.client": "warn",
    "avoidable_reasons": "No admin rights\n\nOther",
}
AS_SCRIPT = {"HX-Request": "true"}


def _ask(owner: TestClient) -> None:
    assert "Saved. It holds" in send(owner, "/settings/escalations", "/settings/escalations", **ASKED).text


def test_the_settings_show_what_was_chosen(signed_in: SignedIn) -> None:
    owner = signed_in(Role.OWNER)
    _ask(owner)
    page = owner.get("/settings/escalations").text
    chosen = re.findall(
        r'name="(\w+\.\w+)"[^>]*>(?:<option[^>]*>[^<]*</option>)*?<option value="(\w+)" selected', page
    )
    assert dict(chosen) == {name: effect for name, effect in ASKED.items() if "." in name}
    urgent = re.search(r'name="urgent.client".*?</select>', page)
    assert urgent is not None
    assert "block" not in urgent[0]
    assert "No admin rights\nOther" in page


def test_an_engineer_reads_them(signed_in: SignedIn) -> None:
    _ask(signed_in(Role.OWNER))
    page = signed_in().get("/settings/escalations").text
    assert "A client (block)" in page
    assert "<form method" not in page.split('id="rules"')[1]


def test_the_form_says_what_is_needed_and_lets_one_fill_it(signed_in: SignedIn) -> None:
    _ask(signed_in(Role.OWNER))
    browser = signed_in()
    session = browser.post("/sessions", data={"problem_summary": "The printer prints nothing at all"}).url.path
    form = browser.get(f"{session}/escalate").text
    # The style sheet shows what holds for the chosen priority, which is chosen first.
    assert form.index('name="priority"') < form.index('aria-label="What is missing"') < form.index('name="reason"')
    assert re.findall(r'<span class="need (lack-\w+ at[^"]*)"[^>]*>([^<]*)</span>', form) == [
        ("lack-client at-normal", "Needed at normal priority."),
        ("lack-client at-urgent", "Asked for at urgent priority."),
        ("lack-ticket at-low", "Asked for at low priority."),
        ("lack-tried at-normal", "Needed at normal priority."),
    ]
    assert re.findall(r'<li class="lack (lack-client at[^"]*?) *(?:text-danger)?"[^>]*>', form) == [
        "lack-client at-urgent",
        "lack-client at-normal",
    ]
    assert "No client: it cannot be handed over without at this priority." in form
    assert "No client: it can be handed over without, and the queue says so." in form
    refused = browser.post(f"{session}/escalate", data={"reason": "Stuck."}, headers=AS_SCRIPT)
    assert refused.status_code == 422
    wrong = re.search(r"data-wrong='([^']+)'", refused.text)
    assert wrong is not None
    assert set(json.loads(html.unescape(wrong[1]))) == {"client_name", "tried"}
    filled = {"reason": "Stuck.", "client_name": "Acme", "tried": "Another cable."}
    made = browser.post(f"{session}/escalate", data=filled)
    assert made.url.path.startswith("/handoffs/")
    assert "Another cable." in made.text
    assert "Acme" in browser.get(session).text


def test_without_scripts_the_form_comes_back_filled_with_what_is_wrong_at_its_fields(signed_in: SignedIn) -> None:
    _ask(signed_in(Role.OWNER))
    browser = signed_in()
    session = browser.post("/sessions", data={"problem_summary": "The printer prints nothing at all"}).url.path
    typed = {"reason": "Stuck here.", "note": "It is the <drum>.", "client_name": "Acme", "priority": "normal"}
    refused = browser.post(f"{session}/escalate", data=typed)
    assert refused.status_code == 422
    for kept in ('value="Stuck here."', "It is the &lt;drum&gt;.</textarea>", 'value="Acme"'):
        assert kept in refused.text
    assert re.findall(r'id="wrong-(\w+)"', refused.text) == ["tried"]
    assert "Acme" not in browser.get(session).text


def test_without_rules_client_and_ticket_can_be_filled_in_there_and_nothing_is_needed(signed_in: SignedIn) -> None:
    browser = signed_in()
    session = browser.post("/sessions", data={"problem_summary": "The printer prints nothing at all"}).url.path
    form = browser.get(f"{session}/escalate").text
    assert form.count("A senior asks for it first.") == 2
    assert 'name="tried"' not in form
    assert 'class="need' not in form
    made = browser.post(f"{session}/escalate", data={"reason": "Stuck.", "client_name": "", "psa_ticket_id": ""})
    assert made.url.path.startswith("/handoffs/")
    # What the session has is not asked for again.
    named = {"problem_summary": "The scanner scans nothing", "client_name": "Acme", "psa_ticket_id": "4711"}
    form = browser.get(f"{browser.post('/sessions', data=named).url.path}/escalate").text
    assert 'name="client_name"' not in form
    assert 'name="psa_ticket_id"' not in form


def test_what_the_text_names_is_offered_at_its_field(signed_in: SignedIn, company: Company) -> None:
    browser = signed_in()
    said = {"problem_summary": "Ticket 419888: the printer prints nothing at all"}
    escalate = f"{browser.post('/sessions', data=said).url.path}/escalate"
    form = browser.get(escalate).text
    assert 'name="psa_ticket_id" type="text" value=""' in form
    # With scripts a press fills it in; without, a box in the form chooses it.
    assert 'data-value="419888"' in form
    assert 'name="offered_psa_ticket_id" value="419888"' in form
    said = {"reason": "Stuck.", "offered_psa_ticket_id": "419888"}
    assert browser.post(escalate, data=said).url.path.startswith("/handoffs/")
    assert company.query("SELECT psa_ticket_id FROM ai_sessions") == [("419888",)]


def test_what_the_flow_asks_for_is_beside_its_field_and_becomes_a_note(
    signed_in: SignedIn, client: TestClient, company: Company
) -> None:
    browser, session = signed_in(Role.TEAM_ADMIN), at_a_broken_reader(client, company)
    form = browser.get(f"/sessions/{session}/escalate").text
    found, tried, files = (form.index(f'name="{name}"') for name in ("found", "tried", "files"))
    assert form.index("message (code, time)") < found < form.index("what was tried") < tried
    assert tried < form.index("a photo of the screen") < files
    assert f'href="/sessions/{session}#value-door">Fill it in</a>' in form
    made = browser.post(f"/sessions/{session}/escalate", data={"reason": "Stuck.", "found": "It is Ann's badge."})
    assert made.url.path.startswith("/handoffs/")
    assert "It is Ann&#39;s badge." in made.text
    assert company.query("SELECT content->>'text' FROM ai_session_steps WHERE kind = 'note'") == [
        ("It is Ann's badge.",)
    ]


def test_an_urgent_one_is_marked_and_sent_back_with_one_press(signed_in: SignedIn, company: Company) -> None:
    _ask(signed_in(Role.OWNER))
    browser, senior = signed_in(), signed_in()
    session = browser.post("/sessions", data={"problem_summary": "The printer prints nothing at all"}).url.path
    at = browser.post(f"{session}/escalate", data={"reason": "Stuck.", "priority": "urgent"}).url.path
    assert "No client" in senior.get("/handoffs").text
    assert "No client" in senior.get(at).text
    assert 'name="is_incomplete"' not in browser.get(at).text
    send(senior, at, "/give-back", reason="Which client is it?")
    closed = browser.get(at).text
    assert "Sent back." in closed
    assert "Which client is it?" in closed
    assert company.query("SELECT outcome FROM session_handoffs") == [("sent_back",)]


def test_what_came_later_is_said_beside_what_was_missing(signed_in: SignedIn) -> None:
    _ask(signed_in(Role.OWNER))
    browser, senior = signed_in(), signed_in()
    session = browser.post("/sessions", data={"problem_summary": "The printer prints nothing at all"}).url.path
    at = browser.post(f"{session}/escalate", data={"reason": "Stuck.", "priority": "urgent"}).url.path
    senior.post(f"{at}/claim")
    assert "Missing when it was sent" not in senior.get(at).text
    send(browser, at, "/opinion", opinion="It is the drum.")
    send(browser, session, "/facts", client_name="Acme")
    for page in (at, session):
        said = senior.get(page).text
        assert "Missing when it was sent: no client, no opinion." in said
        assert 'Client: <strong class="wrap">Acme</strong>.' in said
    assert "Said by" in said
    assert "No client" not in senior.get("/handoffs").text


def test_the_senior_says_what_would_have_spared_it(signed_in: SignedIn, company: Company) -> None:
    _ask(signed_in(Role.OWNER))
    browser, senior = signed_in(), signed_in()
    session = browser.post("/sessions", data={"problem_summary": "The printer prints nothing at all"}).url.path
    at = browser.post(f"{session}/escalate", data={"reason": "Stuck.", "priority": "low"}).url.path
    senior.post(f"{at}/claim")
    send(senior, at, "/close", outcome="parked", note="", avoidable_reason="No admin rights")
    found = "SELECT outcome, avoidable_reason FROM session_handoffs"
    assert company.query(found) == [("parked", "No admin rights")]
    send(senior, at, "/avoidable", reason="")
    assert company.query(found) == [("parked", None)]


def test_it_is_asked_where_the_senior_ends_it(signed_in: SignedIn, company: Company) -> None:
    """As it is given back, and as the session is resolved; the closed handoff says what solved it."""
    _ask(signed_in(Role.OWNER))
    browser, senior = signed_in(), signed_in()
    session = browser.post("/sessions", data={"problem_summary": "The printer prints nothing at all"}).url.path
    assert 'name="avoidable_reason"' not in browser.get(session).text
    for form, said in (("/give-back", {"reason": "Look again."}), ("/resolve", {"summary": "A new drum."})):
        at = browser.post(f"{session}/escalate", data={"reason": "Stuck.", "priority": "low"}).url.path
        senior.post(f"{at}/claim")
        send(senior, session, form, **said, avoidable_reason="No admin rights")
    found = "SELECT outcome, avoidable_reason FROM session_handoffs ORDER BY created_at"
    assert company.query(found) == [("returned", "No admin rights"), ("resolved", "No admin rights")]
    assert "What solved it: <strong>A new drum.</strong>" in browser.get(at).text


def test_resolving_names_no_handoff_and_says_it_of_the_sessions_own(signed_in: SignedIn, company: Company) -> None:
    _ask(signed_in(Role.OWNER))
    browser, senior = signed_in(), signed_in()
    for problem in ("The printer prints nothing", "The scanner scans nothing"):
        session = browser.post("/sessions", data={"problem_summary": problem}).url.path
        at = browser.post(f"{session}/escalate", data={"reason": "Stuck.", "priority": "low"}).url.path
        senior.post(f"{at}/claim")
    forged = {"summary": "A new lamp.", "node": "", "after_step": "0", "handoff_id": at.rpartition("/")[2]}
    assert senior.post(f"{session}/resolve", data=forged, headers=AS_SCRIPT).status_code == 422
    send(senior, session, "/resolve", summary="A new lamp.", avoidable_reason="No admin rights")
    found = company.query("SELECT outcome, avoidable_reason FROM session_handoffs ORDER BY created_at")
    assert found == [(None, None), ("resolved", "No admin rights")]


def test_who_may_not_fill_in_what_is_missing_sees_the_same_warning(signed_in: SignedIn) -> None:
    _ask(signed_in(Role.OWNER))
    engineer = signed_in()
    session = engineer.post("/sessions", data={"problem_summary": "The printer prints nothing at all"}).url.path
    made = engineer.post(f"{session}/escalate", data={"reason": "Out of ideas.", "priority": "urgent"}).url.path
    for reader in (engineer, signed_in(Role.VIEWER)):
        facts = reader.get(made).text.partition('class="session-facts')[2].partition("</div>")[0]
        assert 'No client<span class="visually-hidden">, which this account asks for</span>' in facts
