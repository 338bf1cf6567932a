"""From the end of a session to what is confirmed in the ticket system, by the worker."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.company import Company
from tests.sessions.postings.connected import Connected

pytestmark = pytest.mark.anyio

CONSOLE = {"provider": "console", "name": "Desk", "base_url": "https://desk.example", "credentials": {}}


async def test_what_follows_from_the_end_of_a_session_is_posted_and_confirmed(
    client: TestClient, company: Company, settings: Settings, urls: DatabaseUrls, database: Database
) -> None:
    desk = Connected(client, company)
    desk.ask("POST", "/api/v1/psa/connections", CONSOLE, role=Role.OWNER, expect=201)
    session = desk.session()
    desk.resolve(session)
    await work(settings, urls.runtime, database, until_idle=True)
    (posting,) = desk.postings(session)
    assert [(step["kind"], step["state"]) for step in posting["steps"]] == [
        ("note", "confirmed"),
        ("time", "queued"),
    ]
    assert "not matched" in posting["reason"]


async def test_credentials_that_cannot_be_read_pause_the_connection_and_fail_nothing(
    client: TestClient, company: Company, settings: Settings, urls: DatabaseUrls, database: Database
) -> None:
    desk = Connected(client, company)
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    await work(settings, urls.runtime, database, until_idle=True)
    assert company.query("SELECT pause_kind FROM psa_connections") == [("credentials",)]
    assert [posting["state"] for posting in desk.postings(session)] == ["queued"]


async def test_what_was_enqueued_while_its_connection_was_removed_says_so(
    client: TestClient, company: Company, settings: Settings, urls: DatabaseUrls, database: Database
) -> None:
    desk = Connected(client, company)
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    company.query("UPDATE psa_connections SET removed_at = now() RETURNING 1")
    await work(settings, urls.runtime, database, until_idle=True)
    assert desk.postings(session)[0]["reason"].startswith("The connection to Desk was removed.")


def test_what_waits_for_a_connection_that_was_removed_says_so(client: TestClient, company: Company) -> None:
    desk = Connected(client, company)
    connection = desk.ask("POST", "/api/v1/psa/connections", CONSOLE, role=Role.OWNER, expect=201)["id"]
    session = desk.session()
    desk.resolve(session)
    desk.ask("DELETE", f"/api/v1/psa/connections/{connection}", role=Role.OWNER, expect=204)
    (posting,) = desk.postings(session)
    assert (posting["state"], posting["due_at"]) == ("queued", None)
    assert posting["reason"].startswith("The connection to Desk was removed.")
