"""Whose streams end and when, and that no stream delays another."""

import socket
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx2
import psycopg
import pytest

from flowpilot.clock import now
from flowpilot.db.announce import CHANNEL
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.listen import APPLICATION_NAME
from flowpilot.db.session import Database
from flowpilot.identity import members, passwords
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import TokenClaim, sign_token
from flowpilot.identity.keys import create_key
from flowpilot.live.hub import STREAMS_PER_CALLER
from flowpilot.settings import Settings
from tests.company import PASSWORD, Company, fresh_email, hash_once
from tests.live.streams import (
    NEVER_SECONDS,
    PATH,
    StreamEvent,
    add_events,
    add_handoff,
    client_of,
    opened,
    serving,
)

pytestmark = pytest.mark.anyio
SHORT_SECONDS = 0.1
MEMBERS = "/api/v1/members"


@pytest.fixture(scope="module")
def address(settings: Settings, urls: DatabaseUrls) -> Iterator[str]:
    """A server without heartbeats, so that its streams only react to announcements."""
    with serving(settings, urls, heartbeat=NEVER_SECONDS) as address:
        yield address


@pytest.fixture
async def person(company: Company, database: Database) -> tuple[uuid.UUID, str]:
    """An engineer who can sign in, and the e-mail."""
    email = fresh_email()
    async with database.write(company.id) as db:
        user_id = await members.add_new_member(
            db, company.id, email, Role.ENGINEER, now(), password_hash=hash_once(PASSWORD)
        )
        return user_id, email


def _signed_in(
    company: Company, settings: Settings, user_id: uuid.UUID, *, minutes: int = 60, age: timedelta = timedelta()
) -> dict[str, str]:
    claim = TokenClaim(user_id, company.id, now() - age)
    return {"Authorization": f"Bearer {sign_token(claim, settings.signing_key(), minutes)}"}


async def _revoke(client: httpx2.AsyncClient, company: Company, role: Role) -> None:
    listed = await client.get("/api/v1/api-keys", headers=company.headers())
    [key] = [key["id"] for key in listed.json()["items"] if key["role"] == role]
    assert (await client.delete(f"/api/v1/api-keys/{key}", headers=company.headers())).status_code == 204


async def test_a_revoked_key_ends_its_streams_and_no_others(
    address: str, company: Company, database: Database
) -> None:
    async with (
        client_of(address) as client,
        opened(client, company.headers(Role.ENGINEER)) as revoked,
        opened(client, company.headers(Role.VIEWER)) as good,
    ):
        await _revoke(client, company, Role.ENGINEER)
        reason = "The API key is revoked or has expired. Create a new one."
        assert await revoked.rest() == [StreamEvent(event="end", data={"reason": reason})]
        await add_events(database, company, add_handoff(company))
        assert await good.numbers(1) == [1]


async def test_a_removed_members_stream_ends(
    address: str, company: Company, settings: Settings, person: tuple[uuid.UUID, str]
) -> None:
    user_id, _ = person
    async with (
        client_of(address) as client,
        opened(client, _signed_in(company, settings, user_id)) as stream,
    ):
        removed = await client.delete(f"{MEMBERS}/{user_id}", headers=company.headers())
        assert removed.status_code == 204
        assert await stream.rest() == [StreamEvent(event="end", data={"reason": "No account"})]


async def test_a_changed_password_ends_the_streams_of_older_tokens(
    address: str, company: Company, settings: Settings, database: Database, person: tuple[uuid.UUID, str]
) -> None:
    user_id, email = person
    old = _signed_in(company, settings, user_id, age=timedelta(minutes=1))
    async with client_of(address) as client, opened(client, old) as stream:
        await passwords.reset(database, email, "another horse battery", now())
        reason = "The password has changed. Sign in again."
        assert await stream.rest() == [StreamEvent(event="end", data={"reason": reason})]


async def test_an_expired_token_ends_its_stream_at_a_heartbeat(
    settings: Settings, urls: DatabaseUrls, company: Company, person: tuple[uuid.UUID, str]
) -> None:
    with serving(settings, urls, heartbeat=SHORT_SECONDS) as address:
        nearly_over = _signed_in(company, settings, person[0], minutes=1, age=timedelta(seconds=56))
        async with client_of(address) as client, opened(client, nearly_over) as stream:
            reason = "Sign in again, or send a valid API key."
            assert await stream.rest() == [StreamEvent(event="end", data={"reason": reason})]


async def test_a_lower_role_keeps_its_stream(address: str, company: Company, database: Database) -> None:
    engineer = company.users[Role.ENGINEER]
    async with client_of(address) as client, opened(client, company.headers(Role.ENGINEER)) as stream:
        body = {"role": "viewer"}
        await client.patch(f"{MEMBERS}/{engineer}", json=body, headers=company.headers())
        await add_events(database, company, add_handoff(company))
        assert await stream.numbers(1) == [1]


async def test_a_caller_has_so_many_streams_and_no_more(address: str, company: Company) -> None:
    async with client_of(address) as client, AsyncExitStack() as stack:
        for _ in range(STREAMS_PER_CALLER - 1):
            await stack.enter_async_context(opened(client, company.headers()))
        async with opened(client, company.headers()):
            refused = await client.get(PATH, headers=company.headers())
            assert (refused.status_code, refused.json()["type"]) == (429, "urn:flowpilot:problem:too-many-streams")
            assert refused.json()["detail"] == "You have 20 streams open already. Close one first."
            await stack.enter_async_context(opened(client, company.headers(Role.VIEWER)))
        # The place is free once the server has seen that its client is gone.
        while (status := await _status(client, company)) == 429:
            pass
        assert status == 200


async def _status(client: httpx2.AsyncClient, company: Company) -> int:
    async with client.stream("GET", PATH, headers=company.headers()) as answer:
        return answer.status_code


async def test_two_hundred_listeners_all_hear_it(address: str, company: Company, database: Database) -> None:
    async with database.write(company.id) as db:
        keys = [
            (await create_key(db, company.id, None, Role.ENGINEER, now=now(), name=f"Listener {number}"))[1]
            for number in range(200)
        ]
    async with client_of(address) as client, AsyncExitStack() as stack:
        streams = [
            await stack.enter_async_context(opened(client, {"Authorization": f"Bearer {key}"})) for key in keys
        ]
        await add_events(database, company, add_handoff(company))
        assert [await stream.numbers(1) for stream in streams] == [[1]] * 200


async def test_a_listener_that_does_not_read_holds_nobody_and_is_ended(
    settings: Settings, urls: DatabaseUrls, company: Company, database: Database
) -> None:
    patience = 5 * SHORT_SECONDS
    with serving(settings, urls, heartbeat=SHORT_SECONDS, patience=patience) as address, socket.socket() as stuck:
        host, port = address.removeprefix("http://").split(":")
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.settimeout(30)
        stuck.connect((host, int(port)))
        key = company.keys[Role.VIEWER]
        stuck.sendall(f"GET {PATH} HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
        assert stuck.recv(15) == b"HTTP/1.1 200 OK"
        async with client_of(address) as client, opened(client, company.headers()) as stream:
            handoff_id, text = add_handoff(company), "x" * 400_000
            for number in range(40):
                await add_events(database, company, handoff_id, text=text)
                assert await stream.numbers(1) == [number + 1]
            for _ in range(20):
                await stream.next()
        received = bytearray()
        while len(received) < 40 * len(text) and (some := stuck.recv(1_000_000)):
            received += some
    # It ended in the middle, which is not how an answer ends that was sent in full.
    assert len(received) < 40 * len(text)
    assert not received.endswith(b"0\r\n\r\n")


def _listening(owner: psycopg.Connection) -> set[int]:
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
    return {pid for (pid,) in owner.execute(query, [APPLICATION_NAME])}


async def test_events_arrive_after_the_listening_connection_was_killed(
    address: str, urls: DatabaseUrls, company: Company, database: Database
) -> None:
    handoff_id = add_handoff(company)
    async with client_of(address) as client, opened(client, company.headers()) as stream:
        with psycopg.connect(urls.owner, autocommit=True) as owner:
            killed = _listening(owner)
            assert killed
            for pid in killed:
                owner.execute("SELECT pg_terminate_backend(%s::int, 5000)", [pid])
        await add_events(database, company, handoff_id, 3)
        assert await stream.numbers(3) == [1, 2, 3]
        await add_events(database, company, handoff_id)
        assert await stream.numbers(1) == [4]
        with psycopg.connect(urls.owner, autocommit=True) as owner:
            assert killed.isdisjoint(_listening(owner))


async def test_foreign_payloads_on_the_channel_are_ignored(
    address: str, urls: DatabaseUrls, company: Company, database: Database
) -> None:
    async with client_of(address) as client, opened(client, company.headers()) as stream:
        with psycopg.connect(urls.runtime, autocommit=True) as runtime:
            for payload in ("", "handoffs", "handoffs 1", f"weather {company.id}", "\u00e4 \u00e4"):
                runtime.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
        await add_events(database, company, add_handoff(company))
        assert await stream.numbers(1) == [1]


async def test_streams_end_well_when_the_server_stops(
    settings: Settings, urls: DatabaseUrls, company: Company
) -> None:
    async with AsyncExitStack() as stack:
        with serving(settings, urls) as address:
            client = await stack.enter_async_context(client_of(address))
            stream = await stack.enter_async_context(opened(client, company.headers()))
        # No `end`, which would tell the client not to come back.
        assert await stream.rest() == []
