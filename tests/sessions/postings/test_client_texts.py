"""A text for the client: proposed from what was done, and sent by a person alone."""

import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from tests.company import Company
from tests.sessions.postings.connected import SESSIONS, Connected


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    return Connected(client, company)


def test_the_proposal_has_no_note_of_the_desk(desk: Connected) -> None:
    desk.connect()
    desk.rules(client_greeting="Dear client,", client_signature="Your desk")
    session = desk.session()
    tried = {"outcome": "It did not help", "note": "The user is difficult."}
    desk.ask("POST", f"{SESSIONS}/{session}/steps", tried, expect=201)
    desk.resolve(session, "We replaced the fuse")
    preview = desk.ask("GET", f"{SESSIONS}/{session}/postings/preview?audience=client")
    assert preview["text"] == (
        "Dear client,\n\nYou asked us about this: The printer is offline.\n\n"
        "What solved it: We replaced the fuse.\n\nYour desk"
    )
    assert (preview["ticket_id"], preview["connected"], preview["times"]) == ("4711", "Desk", [])


def test_a_preview_makes_nothing(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    preview = desk.ask("GET", f"{SESSIONS}/{session}/postings/preview?audience=internal")
    assert "Looked at the fuse." in preview["text"]
    assert [one["minutes"] for one in preview["times"]] == [1]
    assert desk.postings(session) == []


def test_a_text_for_the_client_goes_once_when_a_person_sends_it(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    body = {"audience": "client", "text": "We are on it."}
    made = desk.ask("POST", f"{SESSIONS}/{session}/postings", body, expect=201)
    assert (made["audience"], made["text"], made["state"]) == ("client", "We are on it.", "queued")
    assert [step["kind"] for step in made["steps"]] == ["note"]


def test_a_text_needs_a_ticket_and_a_connection(desk: Connected) -> None:
    body = {"audience": "client", "text": "We are on it."}
    session = desk.session(psa_ticket_id=None)
    refused = desk.ask("POST", f"{SESSIONS}/{session}/postings", body, expect=409)
    assert "No ticket system is connected" in refused["detail"]
    desk.connect()
    refused = desk.ask("POST", f"{SESSIONS}/{session}/postings", body, expect=409)
    assert "has no ticket" in refused["detail"]


def test_a_text_is_refused_and_said_to_be_if_the_ticket_system_is_not_set_up_for_it(desk: Connected) -> None:
    connection = desk.connect(provider="halopsa", settings=Jsonb({"outcome_id": 7, "client_outcome_id": None}))
    session, body = desk.session(), {"audience": "client", "text": "We are on it."}
    sentence = (
        "Desk cannot send texts to clients yet. A team admin can enter “Outcome of notes for clients” under "
        "Settings, Ticket system."
    )
    preview = f"{SESSIONS}/{session}/postings/preview?audience="
    assert desk.ask("GET", f"{preview}client")["refused"] == sentence
    assert desk.ask("GET", f"{preview}internal")["refused"] is None
    assert desk.ask("POST", f"{SESSIONS}/{session}/postings", body, expect=409)["detail"] == sentence
    desk.company.query(
        "UPDATE psa_connections SET settings = %s WHERE id = %s RETURNING 1",
        Jsonb({"outcome_id": 7, "client_outcome_id": 16}),
        connection,
    )
    assert desk.ask("GET", f"{preview}client")["refused"] is None
    desk.ask("POST", f"{SESSIONS}/{session}/postings", body, expect=201)


def test_a_text_is_for_the_client_alone(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.ask("POST", f"{SESSIONS}/{session}/postings", {"audience": "internal", "text": "x"}, expect=422)
    desk.ask("POST", f"{SESSIONS}/{session}/postings", {"audience": "client", "text": ""}, expect=422)
