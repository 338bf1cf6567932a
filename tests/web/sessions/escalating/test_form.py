"""The form of an escalation fills in what the session lacks, while others work on the same session."""

import asyncio
import uuid
from functools import partial

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.sessions.locking import lock
from tests.company import Company
from tests.sessions.flows import SESSIONS, read
from tests.web.conftest import SignedIn
from tests.web.forms import forms_of, send

_WAITING = (
    "SELECT FROM pg_locks WHERE NOT granted "
    "AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
)


@pytest.fixture
def engineer(signed_in: SignedIn) -> TestClient:
    return signed_in()


@pytest.fixture
def path(engineer: TestClient) -> str:
    """The page of a session without a client or a ticket."""
    return engineer.post("/sessions", data={"problem_summary": "The printer prints nothing at all"}).url.path


def session_id(path: str) -> str:
    return path.rpartition("/")[2]


def correct(client: TestClient, company: Company, path: str, **details: str) -> httpx2.Response:
    return client.patch(f"{SESSIONS}/{session_id(path)}", headers=company.headers(), json=details)


@pytest.mark.anyio
@pytest.mark.one_server
async def test_it_waits_in_the_order_of_others_who_name_a_client(
    client: TestClient, company: Company, database: Database, engineer: TestClient, path: str
) -> None:
    form = {"reason": "Stuck.", "client_name": "Acme"}
    requests = [
        partial(engineer.post, f"{path}/escalate", data=form),
        partial(correct, client, company, path, client_name="Globex"),
    ]
    sent: list[asyncio.Future[httpx2.Response]] = []
    async with database.write(company.id) as db:
        await lock(db, company.id, uuid.UUID(session_id(path)), now())
        for request in requests:
            sent.append(asyncio.ensure_future(asyncio.to_thread(request)))
            while len(company.query(_WAITING)) < len(sent):
                await asyncio.wait(sent, timeout=0.01)
    escalated, corrected = await asyncio.gather(*sent)
    assert escalated.url.path.startswith("/handoffs/")
    assert (corrected.status_code, corrected.json()["client_name"]) == (200, "Globex")


@pytest.mark.parametrize(("name", "value"), [("client_name", "Globex"), ("psa_ticket_id", "4711")])
def test_what_a_colleague_filled_in_meanwhile_is_not_overwritten(
    client: TestClient, company: Company, engineer: TestClient, path: str, name: str, value: str
) -> None:
    assert correct(client, company, path, **{name: value}).status_code == 200
    form = {"reason": "Stuck.", "client_name": "Acme", "psa_ticket_id": "4712"}
    refused = engineer.post(f"{path}/escalate", data=form)
    assert refused.status_code == 409
    assert "Somebody else has changed this in the meantime" in refused.text
    session = read(client, company, session_id(path))
    assert (session["status"], session[name]) == ("active", value)


def test_what_they_filled_in_alike_and_what_it_does_not_fill_is_no_hindrance(
    client: TestClient, company: Company, engineer: TestClient, path: str
) -> None:
    correct(client, company, path, client_name="Acme", psa_ticket_id="4711")
    made = engineer.post(f"{path}/escalate", data={"reason": "Stuck.", "client_name": "Acme"})
    assert made.url.path.startswith("/handoffs/")
    session = read(client, company, session_id(path))
    assert (session["client_name"], session["psa_ticket_id"]) == ("Acme", "4711")


def test_the_same_form_sent_twice_fills_it_in_once(
    client: TestClient, company: Company, engineer: TestClient, path: str
) -> None:
    form = {"reason": "Stuck.", "client_name": "Acme", "idempotency_key": "a-key"}
    first = engineer.post(f"{path}/escalate", data=form)
    correct(client, company, path, client_name="Globex")
    assert engineer.post(f"{path}/escalate", data=form).url.path == first.url.path
    assert read(client, company, session_id(path))["client_name"] == "Globex"


@pytest.fixture
def naming_path(engineer: TestClient) -> str:
    """The page of a session whose problem names its ticket."""
    return engineer.post("/sessions", data={"problem_summary": "Ticket 419888: the printer is dead"}).url.path


def test_what_the_problem_names_is_chosen_in_the_form_itself(
    client: TestClient, company: Company, engineer: TestClient, naming_path: str
) -> None:
    form = {"reason": "", "note": "The fuse.", "offered_psa_ticket_id": "419888"}
    refused = engineer.post(
        f"{naming_path}/escalate", data=form, headers={"Referer": f"http://testserver{naming_path}/escalate"}
    )
    assert refused.status_code == 422
    [again] = [one for one in forms_of(refused.text) if one.leads_to("/escalate")]
    assert (again.holds["note"], again.holds["offered_psa_ticket_id"]) == (["\nThe fuse."], ["419888"])
    assert "offered_psa_ticket_id" not in forms_of(engineer.get(f"{naming_path}/escalate").text)[-1].holds
    made = send(engineer, refused, "/escalate", reason="Stuck.")
    assert made.url.path.startswith("/handoffs/")
    assert read(client, company, session_id(naming_path))["psa_ticket_id"] == "419888"


def test_what_is_typed_goes_before_what_is_offered(
    client: TestClient, company: Company, engineer: TestClient, naming_path: str
) -> None:
    send(
        engineer,
        f"{naming_path}/escalate",
        "/escalate",
        reason="Stuck.",
        psa_ticket_id="4711",
        offered_psa_ticket_id="419888",
    )
    assert read(client, company, session_id(naming_path))["psa_ticket_id"] == "4711"
