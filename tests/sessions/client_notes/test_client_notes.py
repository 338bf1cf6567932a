"""What is different at a step for one client is shown in the sessions of that client, and in no others."""

import uuid
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.sessions.queries import read_session
from tests.clients.calls import CLIENTS
from tests.company import Company
from tests.flows.nested import FLOWS, RESET, publish, sign_in
from tests.sessions.flows import post, publish_printer_flow, start, take
from tests.sessions.runs.procedure import mark, publish_procedure


@pytest.fixture
def flow_id(client: TestClient, company: Company) -> uuid.UUID:
    """The printer flow."""
    return publish_printer_flow(client, company)


@pytest.fixture
def acme(client: TestClient, company: Company) -> str:
    """A client."""
    return _client(client, company, "Acme")


def _client(client: TestClient, company: Company, name: str) -> str:
    made = client.post(CLIENTS, headers=company.headers(), json={"name": name})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def _write(
    client: TestClient,
    company: Company,
    flow_id: uuid.UUID,
    node: str,
    client_id: str,
    role: Role = Role.TEAM_ADMIN,
    **body: str,
) -> httpx2.Response:
    path = f"{FLOWS}/{flow_id}/nodes/{node}/client-notes/{client_id}"
    return client.put(path, headers=company.headers(role), json=body)


def _current(client: TestClient, company: Company, client_name: str, **about: Any) -> dict[str, Any]:
    found: dict[str, Any] = start(client, company, client_name=client_name, **about)["current"]
    return found


def test_a_note_beside_the_text_is_shown_to_sessions_of_its_client(
    client: TestClient, company: Company, flow_id: uuid.UUID, acme: str
) -> None:
    written = _write(client, company, flow_id, "power", acme, text="Theirs has its switch at the back.")
    assert written.status_code == 204
    here = _current(client, company, "Acme")
    assert (here["text"], here["client_note"]) == (
        "Is the printer on?",
        {"mode": "beside", "text": "Theirs has its switch at the back."},
    )
    assert _current(client, company, "Other")["client_note"] is None


def test_a_note_instead_of_the_text_is_what_was_asked(
    client: TestClient, company: Company, flow_id: uuid.UUID, acme: str
) -> None:
    _write(client, company, flow_id, "power", acme, mode="instead", text="Is the copier's main switch on?")
    session_id = start(client, company, client_name="Acme")["id"]
    state = take(client, company, session_id, choice="Yes")
    assert state["steps"][0]["content"]["question"] == "Is the copier's main switch on?"
    assert _current(client, company, "Other")["text"] == "Is the printer on?"


def test_a_note_holds_in_a_sub_flow(client: TestClient, company: Company, acme: str) -> None:
    reset = publish(client, company, "Password reset", RESET)
    outer = publish(client, company, "Cannot sign in", sign_in(reset))
    _write(client, company, reset, "ask", acme, mode="instead", text="Is it a local account?")
    session_id = start(client, company, client_name="Acme", flow_id=str(outer))["id"]
    assert take(client, company, session_id, choice="No")["current"]["text"] == "Is it a local account?"
    first = client.get(f"/api/v1/ai-sessions/{session_id}", headers=company.headers()).json()["steps"][0]
    assert first["content"]["question"] == "Is the password known?"


def test_writing_again_replaces_it_and_it_can_be_removed(
    client: TestClient, company: Company, flow_id: uuid.UUID, acme: str
) -> None:
    for text in ("First.", "Second."):
        _write(client, company, flow_id, "queue", acme, text=text)
    [note] = client.get(f"{CLIENTS}/{acme}/flow-notes", headers=company.headers()).json()["items"]
    assert (note["text"], note["node"], note["node_text"]) == ("Second.", "queue", "Clear the print queue.")
    path = f"{FLOWS}/{flow_id}/nodes/queue/client-notes/{acme}"
    assert client.delete(path, headers=company.headers()).status_code == 204
    assert client.delete(path, headers=company.headers()).status_code == 404
    assert client.get(f"{FLOWS}/{flow_id}/client-notes", headers=company.headers()).json() == {"items": []}


def test_notes_of_a_client_that_was_merged_hold_for_the_other_but_its_own_win(
    client: TestClient, company: Company, flow_id: uuid.UUID, acme: str
) -> None:
    old = _client(client, company, "Acme Ltd")
    _write(client, company, flow_id, "power", old, text="The old one's.")
    client.post(f"{CLIENTS}/{old}/merge", headers=company.headers(), json={"into": acme}).raise_for_status()
    assert _current(client, company, "Acme")["client_note"]["text"] == "The old one's."
    _write(client, company, flow_id, "power", acme, text="Its own.")
    assert _current(client, company, "Acme")["client_note"]["text"] == "Its own."


def _merge(client: TestClient, company: Company, old: str, into: str) -> None:
    client.post(f"{CLIENTS}/{old}/merge", headers=company.headers(), json={"into": into}).raise_for_status()


def test_notes_of_a_client_that_was_merged_twice_hold_too(
    client: TestClient, company: Company, flow_id: uuid.UUID, acme: str
) -> None:
    oldest, old = (_client(client, company, name) for name in ("Acme Bros", "Acme Ltd"))
    _write(client, company, flow_id, "power", oldest, text="The oldest one's.")
    _merge(client, company, oldest, old)
    _merge(client, company, old, acme)
    assert _current(client, company, "Acme")["client_note"]["text"] == "The oldest one's."


def test_notes_of_a_client_that_was_merged_are_changed_at_the_other(
    client: TestClient, company: Company, flow_id: uuid.UUID, acme: str
) -> None:
    old = _client(client, company, "Acme Ltd")
    _write(client, company, flow_id, "power", old, text="The old one's.")
    _merge(client, company, old, acme)
    body = {"flow_id": str(flow_id), "client_id": old, "node": "power", "mode": "beside", "text": "Mended."}
    page = client.post(f"/clients/{acme}/step-notes", headers=company.headers(), data=body).text
    assert 'Mended. <small class="text-secondary">From Acme Ltd</small>' in page
    assert "The old one" not in page
    at_flow = body | {"text": ""}
    client.post(f"/flows/{flow_id}/edit/client-note", headers=company.headers(), data=at_flow).raise_for_status()
    assert _current(client, company, "Acme")["client_note"] is None


@pytest.mark.anyio
async def test_a_session_reads_the_notes_of_its_own_flows(
    client: TestClient, company: Company, database: Database, flow_id: uuid.UUID, acme: str
) -> None:
    reset = publish(client, company, "Reset a password", RESET)
    outer = publish(client, company, "Sign-in", sign_in(reset))
    for noted in (flow_id, reset, outer):
        _write(client, company, noted, "power" if noted == flow_id else "ask", acme, text="Call first.")
    session_id = start(client, company, client_name="Acme", flow_id=str(outer))["id"]
    take(client, company, session_id, choice="No")
    async with database.read(company.id) as db:
        history = await read_session(db, company.id, uuid.UUID(session_id))
    assert set(history.step_notes) == {(reset, "ask"), (outer, "ask")}


def test_a_note_beside_has_the_values_of_fields(client: TestClient, company: Company, acme: str) -> None:
    new_pc = uuid.UUID(publish_procedure(client, company))
    _write(client, company, new_pc, "set_up", acme, text="Join {{name}} to their domain.")
    session = start(client, company, client_name="Acme", flow_id=str(new_pc))
    assert session["current"]["client_note"]["text"] == "Join [Name of the PC] to their domain."
    state = mark(client, company, session["id"], do="fill", field="name", value="PC-12")
    assert state["current"]["client_note"]["text"] == "Join PC-12 to their domain."
    handed = post(client, company, f"{session['id']}/handoffs", reason="Broken").json()
    assert handed["snapshot"]["node"]["client_note"] == "Join PC-12 to their domain."


def test_a_note_uses_no_field_that_the_flow_does_not_ask_for(
    client: TestClient, company: Company, acme: str
) -> None:
    new_pc = uuid.UUID(publish_procedure(client, company))
    refused = _write(client, company, new_pc, "set_up", acme, text="Join {{computer}}.")
    assert refused.status_code == 422
    assert "text: the flow has no field {{computer}}. It asks for: bought, name." in refused.text


def test_the_client_is_not_told_what_is_written_for_engineers(
    client: TestClient, company: Company, flow_id: uuid.UUID, acme: str
) -> None:
    _write(
        client, company, flow_id, "switch_on", acme, mode="instead", text="Their admin never does it. Go there."
    )
    session_id = start(client, company, client_name="Acme", flow_id=str(flow_id))["id"]
    take(client, company, session_id, choice="No")
    take(client, company, session_id, outcome="It prints")
    path = f"/api/v1/ai-sessions/{session_id}/postings/preview?audience=client"
    text = client.get(path, headers=company.headers()).json()["text"]
    assert "What we did:\n- Switch it on: It prints." in text
    assert "Their admin" not in text


def test_a_place_that_is_not_there_is_said_so(
    client: TestClient, company: Company, flow_id: uuid.UUID, acme: str
) -> None:
    assert _write(client, company, flow_id, "nowhere", acme, text="x").json()["detail"] == (
        'The flow has no node "nowhere". Load it again to see its nodes.'
    )
    assert _write(client, company, flow_id, "power", str(flow_id), text="x").status_code == 404
    assert _write(client, company, flow_id, "power", acme, text=" ").status_code == 422


def test_engineers_read_them_and_team_admins_write_them(
    client: TestClient, company: Company, flow_id: uuid.UUID, acme: str
) -> None:
    assert _write(client, company, flow_id, "power", acme, Role.ENGINEER, text="x").status_code == 403
    read = client.get(f"{FLOWS}/{flow_id}/client-notes", headers=company.headers(Role.ENGINEER))
    assert read.status_code == 200


def test_a_neighbours_flow_takes_none(
    client: TestClient, company: Company, neighbour: Company, flow_id: uuid.UUID
) -> None:
    theirs = _client(client, neighbour, "Acme")
    assert _write(client, neighbour, flow_id, "power", theirs, text="x").status_code == 404
    assert _write(client, company, flow_id, "power", theirs, text="x").status_code == 404


def test_the_handoff_has_it(client: TestClient, company: Company, flow_id: uuid.UUID, acme: str) -> None:
    _write(client, company, flow_id, "power", acme, text="Call the copier's vendor first.")
    session_id = start(client, company, client_name="Acme")["id"]
    handed = client.post(
        f"/api/v1/ai-sessions/{session_id}/handoffs",
        headers=company.headers(),
        json={"reason": "Cannot reproduce", "note": ""},
    ).json()
    assert handed["snapshot"]["node"]["client_note"] == "Call the copier's vendor first."
    page = client.get(f"/handoffs/{handed['id']}", headers=company.headers()).text
    assert "For Acme: Call the copier&#39;s vendor first." in page


def test_they_are_written_at_the_flow_and_at_the_client(
    client: TestClient, company: Company, flow_id: uuid.UUID, acme: str
) -> None:
    at_flow = {"node": "power", "client_name": "acme", "mode": "beside", "text": "Mind the <step>."}
    client.post(f"/flows/{flow_id}/edit/client-note", headers=company.headers(), data=at_flow)
    editor = client.get(f"/flows/{flow_id}/edit?node=power", headers=company.headers()).text
    assert "Different for a client (1)" in editor
    assert "Mind the &lt;step&gt;." in editor
    session = start(client, company, client_name="Acme")["id"]
    assert "<strong>For Acme</strong>" in client.get(f"/sessions/{session}", headers=company.headers()).text
    at_client = {"flow_id": str(flow_id), "node": "power", "mode": "instead", "text": "Is the lamp on?"}
    page = client.post(f"/clients/{acme}/step-notes", headers=company.headers(), data=at_client).text
    assert "Steps that differ for this client" in page
    shown = client.get(f"/sessions/{session}", headers=company.headers()).text
    assert "Is the lamp on?" in shown
    assert "This is how it is done for Acme." in shown
    removed = client.post(
        f"/clients/{acme}/step-notes", headers=company.headers(), data=at_client | {"text": ""}
    ).text
    assert "Steps that differ for this client" not in removed
    unknown = client.post(
        f"/flows/{flow_id}/edit/client-note", headers=company.headers(), data=at_flow | {"client_name": "Nobody"}
    )
    assert unknown.status_code == 422
