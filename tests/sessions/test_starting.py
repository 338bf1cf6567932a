"""Beginning a session."""

import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import ASKS_NOTHING, PRINTER, SESSIONS, node_of, post, publish_printer_flow, read, start

UNSURE = "The queue at the phone desk is long"
STRANGE = "Something odd happens with my chair"
# From what surely is about the printer flow to what surely is not.
TEXTS = (
    "The printer prints nothing",
    "The printer",
    "A user wants a second monitor next to the printer",
    UNSURE,
    "My keyboard types nothing in the order queue",
    "Nothing works, says the user of the model",
    STRANGE,
)


def _begin(client: TestClient, company: Company, role: Role = Role.ENGINEER, **body: Any) -> Any:
    return client.post(SESSIONS, headers=company.headers(role), json=body)


def _count(company: Company) -> int:
    [(count,)] = company.query("SELECT count(*) FROM ai_sessions")
    return int(count)


def test_a_session_follows_the_flow_that_fits(client: TestClient, company: Company) -> None:
    flow_id = publish_printer_flow(client, company)
    session = start(client, company)
    assert session["matched_flow_id"] == str(flow_id)
    assert (session["flow_name"], session["flow_version"]) == ("Printer prints nothing", 1)
    assert (session["status"], session["confidence_tier"]) == ("active", "guided")
    assert 0.8 <= session["confidence"] <= 1
    assert session["current"] == {
        "id": "power",
        "flow": str(flow_id),
        "subflows": [],
        "kind": "question",
        "text": "Is the printer on?",
        "help": "",
        "choices": ["Yes", "No"],
        "outcomes": [],
        "returns_to": None,
        "halt": "",
        "may_enter": False,
        "client_note": None,
        **ASKS_NOTHING,
    }
    assert (session["trail"], session["steps"], session["suggestion"]) == ([], [], None)
    assert session["allowed"] == ["step", "pause", "verify", "escalate", "resolve", "abandon", "note"]


def test_it_reads_the_same_afterwards(client: TestClient, company: Company) -> None:
    publish_printer_flow(client, company)
    session = start(client, company)
    del session["candidates"]
    assert read(client, company, session["id"]) == session
    assert read(client, company, session["id"], Role.VIEWER) == session | {"allowed": []}


def test_the_candidates_come_with_reasons(client: TestClient, company: Company) -> None:
    flow_id = publish_printer_flow(client, company)
    session = start(client, company)
    [candidate] = session["candidates"]
    reason = candidate.pop("reason")
    assert reason.startswith("Matches ")
    assert '"printer"' in reason
    assert candidate == {
        "flow_id": str(flow_id),
        "name": "Printer prints nothing",
        "category": "Printing",
        "confidence": session["confidence"],
        "tier": "guided",
        "doubted_since": None,
    }


def test_a_flow_is_followed_from_a_confidence_of_two_fifths_on(client: TestClient, company: Company) -> None:
    flow_id = str(publish_printer_flow(client, company))
    tiers = set()
    for text in TEXTS:
        match = {"text": text}
        found = client.post("/api/v1/flows/match", headers=company.headers(), json=match).json()["candidates"]
        session = start(client, company, problem_summary=text)
        confidence = session["confidence"]
        assert [each["confidence"] for each in session["candidates"]] == [each["confidence"] for each in found]
        assert confidence == (found[0]["confidence"] if found else 0.0)
        tier = "guided" if confidence >= 0.8 else "exploring" if confidence >= 0.4 else "discovery"
        assert session["confidence_tier"] == tier
        followed = (flow_id, "Printer prints nothing", 1, "power") if confidence >= 0.4 else (None,) * 4
        names = ("matched_flow_id", "flow_name", "flow_version")
        assert (*(session[name] for name in names), node_of(session)) == followed
        tiers.add(tier)
    assert tiers == {"guided", "exploring", "discovery"}


def test_a_flow_that_is_not_sure_enough_is_chosen_and_stays_as_sure_as_it_was(
    client: TestClient, company: Company
) -> None:
    flow_id = str(publish_printer_flow(client, company))
    session = start(client, company, problem_summary=UNSURE, follow_from=0.8)
    [candidate] = session["candidates"]
    assert (candidate["flow_id"], candidate["tier"]) == (flow_id, "exploring")
    begun = session["matched_flow_id"], session["confidence"], session["confidence_tier"]
    assert begun == (None, 0.0, "discovery")

    def choose(flow: str | None) -> Any:
        chosen = post(client, company, f"{session['id']}/flow", flow_id=flow).json()
        return chosen["matched_flow_id"], chosen["confidence"], chosen["confidence_tier"]

    assert choose(flow_id) == (flow_id, candidate["confidence"], "exploring")
    assert choose(None) == (None, 0.0, "discovery")
    assert choose(flow_id) == (flow_id, 1.0, "guided")


def test_without_a_flow_the_rules_suggest_what_to_do(client: TestClient, company: Company) -> None:
    publish_printer_flow(client, company)
    session = start(client, company, problem_summary=STRANGE)
    assert (session["confidence"], session["confidence_tier"]) == (0.0, "discovery")
    assert (session["matched_flow_id"], session["problem_domain"], session["candidates"]) == (None, None, [])
    steps = session["suggestion"]["steps"]
    assert [step["source"] for step in steps] == ["rules"] * 3
    assert steps[0]["action"] == "Ask who is affected: one person, one device, a team, a site, or everybody."


def test_the_domain_is_the_flows_category_in_lower_case(client: TestClient, company: Company) -> None:
    publish_printer_flow(client, company)
    assert start(client, company)["problem_domain"] == "printing"


def test_a_domain_that_is_given_stays(client: TestClient, company: Company) -> None:
    publish_printer_flow(client, company)
    assert start(client, company, problem_domain="hardware")["problem_domain"] == "hardware"


def test_ticket_and_client_are_kept(client: TestClient, company: Company) -> None:
    session = start(client, company, psa_ticket_id=" T-4711 ", client_name="Example Client Ltd")
    assert (session["psa_ticket_id"], session["client_name"]) == ("T-4711", "Example Client Ltd")


def test_its_starter_works_on_it_and_the_start_is_on_record(client: TestClient, company: Company) -> None:
    session = start(client, company)
    engineer = str(company.users[Role.ENGINEER])
    assert session["started_by"] == session["owner"] == {"id": engineer, "name": "engineer"}
    assert session["people"] == [session["owner"]]
    assert (session["user_id"], session["owner_id"]) == (engineer, engineer)
    [change] = session["status_changes"]
    assert change == {
        "from_status": None,
        "to_status": "active",
        "actor_id": engineer,
        "reason": "",
        "created_at": session["created_at"],
    }


def test_a_flow_may_be_chosen_whatever_the_words(client: TestClient, company: Company) -> None:
    flow_id = publish_printer_flow(client, company)
    session = start(client, company, problem_summary=STRANGE, flow_id=str(flow_id))
    assert (session["matched_flow_id"], session["confidence"]) == (str(flow_id), 1.0)
    assert (session["confidence_tier"], session["problem_domain"]) == ("guided", "printing")
    assert node_of(session) == "power"
    assert session["candidates"] == []


def test_a_flow_that_cannot_be_followed_is_the_same_404_whatever_the_reason(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    draft = client.post(
        "/api/v1/flows", headers=company.headers(), json={"name": "A draft", "category": "Any", "tree": PRINTER}
    ).json()["id"]
    retired, deleted = (str(_publish_another(client, company, name)) for name in ("Retired", "Deleted"))
    client.post(f"/api/v1/flows/{retired}/retire", headers=company.headers()).raise_for_status()
    client.delete(f"/api/v1/flows/{deleted}", headers=company.headers()).raise_for_status()
    theirs = str(publish_printer_flow(client, neighbour))
    details = set()
    for flow_id in (draft, retired, deleted, theirs, str(new_id())):
        answer = _begin(client, company, problem_summary="The printer prints nothing", flow_id=flow_id)
        assert answer.status_code == 404
        details.add(answer.json()["detail"])
    assert details == {"There is no published flow with this id."}
    assert _count(company) == 0


def test_a_neighbours_flow_is_no_candidate(client: TestClient, company: Company, neighbour: Company) -> None:
    publish_printer_flow(client, neighbour)
    session = start(client, company)
    assert (session["candidates"], session["matched_flow_id"]) == ([], None)


def test_sent_twice_with_a_key_it_begins_once(client: TestClient, company: Company) -> None:
    publish_printer_flow(client, company)
    headers = company.headers(Role.ENGINEER) | {"Idempotency-Key": "the first call"}
    body = {"problem_summary": "The printer prints nothing"}
    first, second = (client.post(SESSIONS, headers=headers, json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert _count(company) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"problem_summary": None},
        {"problem_summary": ""},
        {"problem_summary": " \n\t "},
        {"problem_summary": "NUL \x00 inside"},
        {"problem_summary": "p" * 10_001},
        {"problem_summary": "Fine", "psa_ticket_id": "t" * 201},
        {"problem_summary": "Fine", "client_name": "\x00"},
        {"problem_summary": "Fine", "problem_domain": " "},
        {"problem_summary": "Fine", "flow_id": "printer"},
    ],
    ids=lambda body: str(body)[:60],
)
def test_a_malformed_beginning_is_refused(client: TestClient, company: Company, body: dict[str, Any]) -> None:
    assert _begin(client, company, **body).status_code == 422
    assert _count(company) == 0


def test_half_a_character_is_refused(client: TestClient, company: Company) -> None:
    headers = company.headers(Role.ENGINEER) | {"Content-Type": "application/json"}
    answer = client.post(SESSIONS, headers=headers, content=rb'{"problem_summary": "half \ud83d"}')
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "unit", ["The printer prints nothing. ", "x", "a.-", "ø1_", "(' OR 1=1; \\ & | ! <-> :* )"]
)
def test_ten_thousand_characters_are_kept_whole_and_taken_quickly(
    client: TestClient, company: Company, unit: str
) -> None:
    publish_printer_flow(client, company)
    text = (unit * 10_000)[:9_999] + "."
    begun = time.monotonic()
    session = start(client, company, problem_summary=text)
    assert time.monotonic() - begun < 5
    assert session["problem_body"] == text


def test_a_viewer_begins_nothing(client: TestClient, company: Company) -> None:
    assert _begin(client, company, Role.VIEWER, problem_summary="The printer").status_code == 403
    assert _count(company) == 0


def _publish_another(client: TestClient, company: Company, name: str) -> str:
    flow = {"name": name, "category": "Printing", "tree": PRINTER}
    flow_id: str = client.post("/api/v1/flows", headers=company.headers(), json=flow).json()["id"]
    client.post(f"/api/v1/flows/{flow_id}/publish", headers=company.headers()).raise_for_status()
    return flow_id
