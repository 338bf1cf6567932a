"""`GET /api/v1/handoffs/stream`, over real connections."""

import asyncio
import contextlib
import json
import random
import time
import uuid
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import update

from flowpilot.clock import now
from flowpilot.db.announce import announce
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs import events
from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind
from flowpilot.handoffs.removal import begin_removal_of_events
from flowpilot.identity import members
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.company import Company, fresh_email
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


@pytest.fixture(scope="module")
def address(settings: Settings, urls: DatabaseUrls) -> Iterator[str]:
    """A server without heartbeats, so that its streams only react to announcements."""
    with serving(settings, urls, heartbeat=NEVER_SECONDS) as address:
        yield address


@pytest.fixture(scope="module")
def beating(settings: Settings, urls: DatabaseUrls) -> Iterator[str]:
    """A server with a heartbeat that a test can wait for."""
    with serving(settings, urls, heartbeat=SHORT_SECONDS) as address:
        yield address


class _ChangedItsMindError(Exception):
    """The error that rolls a transaction back."""


async def _event(database: Database, company: Company) -> None:
    await add_events(database, company, add_handoff(company))


async def test_a_stream_says_hello_at_once(address: str, company: Company) -> None:
    [(key_id,)] = company.query("SELECT id FROM api_keys WHERE role = 'owner'")
    async with client_of(address) as client, client.stream("GET", PATH, headers=company.headers()) as answer:
        lines = answer.aiter_lines()
        assert [await anext(lines) for _ in range(7)] == [
            ": FlowPilot",
            "retry: 2000",
            "",
            "event: hello",
            f'data: {{"number": 0, "heartbeat_seconds": 3600.0, "caller": "{company.id}:{key_id}"}}',
            "id: 0",
            "",
        ]
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"


async def test_an_event_comes_with_what_a_queue_shows(address: str, company: Company, database: Database) -> None:
    session_id, email = company.add("ai_sessions"), fresh_email()
    handoff_id = company.add("session_handoffs", session_id=session_id)
    async with database.write(company.id) as db:
        person = await members.add_new_member(db, company.id, email, Role.ENGINEER, now(), name="Kim")
    at = now()
    async with client_of(address) as client, opened(client, company.headers(Role.VIEWER)) as stream:
        async with database.write(company.id) as db:
            events.record(db, company.id, handoff_id, HandoffEventKind.CLAIMED, by=person, at=at, lease=30)
        said = await stream.next_event()
    assert said == StreamEvent(
        event="claimed",
        id=1,
        data={
            "handoff_id": str(handoff_id),
            "session_id": str(session_id),
            "kind": "claimed",
            "actor_id": str(person),
            "actor_name": "Kim",
            "at": at.isoformat().replace("+00:00", "Z"),
            "content": {"lease": 30},
        },
    )


async def test_an_event_comes_when_it_is_committed_and_not_before(
    beating: str, company: Company, database: Database
) -> None:
    handoff_id = add_handoff(company)
    async with client_of(beating) as client, opened(client, company.headers()) as stream:
        async with database.write(company.id) as db:
            events.record(db, company.id, handoff_id, HandoffEventKind.ASSESSED, by=None, at=now())
            await events.write_recorded(db)
            assert [(await stream.next()).event for _ in range(3)] == [None] * 3
        assert (await stream.next_event()).event == "assessed"


async def test_a_rolled_back_event_is_never_sent_and_leaves_no_gap(
    address: str, company: Company, database: Database
) -> None:
    handoff_id = add_handoff(company)
    async with client_of(address) as client, opened(client, company.headers()) as stream:
        for number in range(10):
            for _ in range(3):
                with contextlib.suppress(_ChangedItsMindError):
                    async with database.write(company.id) as db:
                        events.record(db, company.id, handoff_id, HandoffEventKind.CREATED, by=None, at=now())
                        await events.write_recorded(db)
                        raise _ChangedItsMindError
            await add_events(database, company, handoff_id, text=number)
        received = [await stream.next_event() for _ in range(10)]
    assert [(said.id, said.data["content"]) for said in received] == [(n + 1, {"text": n}) for n in range(10)]


async def test_a_neighbours_events_never_arrive(
    address: str, company: Company, neighbour: Company, database: Database
) -> None:
    async with (
        client_of(address) as client,
        opened(client, company.headers()) as ours,
        opened(client, neighbour.headers()) as theirs,
    ):
        await _event(database, neighbour)
        await _event(database, company)
        await _event(database, neighbour)
        told_theirs = [await theirs.next_event() for _ in range(2)]
        told_ours = await ours.next_event()
        await _event(database, company)
        told_ours_next = await ours.next_event()
    assert [said.id for said in told_theirs] == [1, 2]
    assert [told_ours.id, told_ours_next.id] == [1, 2]
    handoffs = {said.data["handoff_id"] for said in told_theirs}
    assert handoffs.isdisjoint({told_ours.data["handoff_id"], told_ours_next.data["handoff_id"]})


async def test_all_servers_tell_the_same(
    address: str, settings: Settings, urls: DatabaseUrls, company: Company, database: Database
) -> None:
    with serving(settings, urls) as other:
        async with (
            client_of(address) as one,
            client_of(other) as two,
            opened(one, company.headers()) as first,
            opened(two, company.headers()) as second,
        ):
            await add_events(database, company, add_handoff(company), 3)
            received = [[await stream.next_event() for _ in range(3)] for stream in (first, second)]
    assert received[0] == received[1]
    assert [said.id for said in received[0]] == [1, 2, 3]


async def test_coming_back_misses_nothing_and_hears_nothing_twice(
    address: str, company: Company, database: Database
) -> None:
    writers, transactions, newest = 4, 40, 320
    chance = random.Random(7)  # noqa: S311 - no secret

    async def write(handoff_id: uuid.UUID) -> None:
        for _ in range(transactions):
            await add_events(database, company, handoff_id, newest // writers // transactions)

    writing = asyncio.gather(*(write(add_handoff(company)) for _ in range(writers)))
    heard = [0]
    async with client_of(address) as client:
        while heard[-1] < newest:
            async with opened(client, company.headers(), after=heard[-1]) as stream:
                heard += await stream.numbers(min(chance.randint(1, 9), newest - heard[-1]))
    await writing
    assert heard == list(range(newest + 1))


async def test_all_events_of_a_long_absence_are_sent(address: str, company: Company, database: Database) -> None:
    handoff_id = add_handoff(company)
    async with client_of(address) as client, opened(client, company.headers()) as present:
        await add_events(database, company, handoff_id, 1200)
        assert await present.numbers(1200) == list(range(1, 1201))
        async with opened(client, company.headers(), after=3) as stream:
            assert await stream.numbers(1197) == list(range(4, 1201))
            await _event(database, company)
            assert await stream.numbers(1) == await present.numbers(1) == [1201]


@pytest.mark.parametrize("malformed", ["-1", "next", "1.5"])
async def test_a_malformed_number_is_refused(address: str, company: Company, malformed: str) -> None:
    async with client_of(address) as client:
        headers = company.headers() | {"Last-Event-ID": malformed}
        answers = [
            await client.get(PATH, headers=headers),
            await client.get(PATH, params={"last_event_id": malformed}, headers=company.headers()),
        ]
    assert [answer.status_code for answer in answers] == [422, 422]


async def test_a_number_from_before_a_restored_backup_starts_over(
    address: str, company: Company, database: Database
) -> None:
    await _event(database, company)
    async with client_of(address) as client:
        headers = company.headers() | {"Last-Event-ID": "99999999999999999999"}
        async with client.stream("GET", PATH, headers=headers) as answer:
            lines = answer.aiter_lines()
            hello = [await anext(lines) for _ in range(7)]
    said = json.loads(hello[4].removeprefix("data: "))
    assert (said["number"], said["reset"], hello[5]) == (1, True, "id: 1")


async def test_the_first_time_the_number_may_be_in_the_query(
    address: str, company: Company, database: Database
) -> None:
    await add_events(database, company, add_handoff(company), 3)
    async with client_of(address) as client:
        client.params = client.params.set("last_event_id", 1)
        async with opened(client, company.headers()) as stream:
            assert await stream.numbers(2) == [2, 3]
        # On coming back a browser sends both, and the header is newer.
        async with opened(client, company.headers(), after=2) as stream:
            assert await stream.numbers(1) == [3]


async def test_a_stream_needs_a_caller(address: str) -> None:
    async with client_of(address) as client:
        assert (await client.get(PATH)).status_code == 401


async def test_streams_hold_no_connection(
    settings: Settings, urls: DatabaseUrls, company: Company, database: Database
) -> None:
    tight = settings.model_copy(update={"database_pool_size": 2})
    with serving(tight, urls) as address:
        async with client_of(address) as client, AsyncExitStack() as stack:
            streams = [await stack.enter_async_context(opened(client, company.headers())) for _ in range(12)]
            answer = await client.get("/api/v1/auth/me", headers=company.headers())
            assert answer.status_code == 200
            await _event(database, company)
            assert [await stream.numbers(1) for stream in streams] == [[1]] * 12


async def test_an_hour_of_streaming_is_no_slow_request(
    settings: Settings, urls: DatabaseUrls, company: Company
) -> None:
    labels = f'{{method="GET",route="{PATH}"}} '
    count, total = (f"flowpilot_http_request_seconds_{what}{labels}" for what in ("count", "sum"))
    with serving(settings, urls, heartbeat=SHORT_SECONDS) as address:
        async with client_of(address) as client:
            asked_at = time.perf_counter()
            async with opened(client, company.headers()) as stream:
                answered_within = time.perf_counter() - asked_at
                for _ in range(5):
                    await stream.next()
            text = ""
            while count not in text:
                text = (await client.get("/metrics")).text
    assert float(text.partition(total)[2].split()[0]) <= answered_within


async def test_after_a_removal_no_stream_says_the_words_again(
    address: str, company: Company, database: Database
) -> None:
    session_id = company.add("ai_sessions")
    handoff_id = company.add("session_handoffs", session_id=session_id)
    async with client_of(address) as client, opened(client, company.headers()) as stream:
        await add_events(database, company, handoff_id, 2, text="hunter2")
        assert await stream.numbers(2) == [1, 2]
        async with database.write(company.id) as db:
            await begin_removal_of_events(db, [handoff_id])
            mine = update(HandoffEvent).where(HandoffEvent.account_id == company.id)
            await db.execute(mine.values(content={"text": "[removed]"}))
            announce(db, company.id, "removals")
        await add_events(database, company, handoff_id, text="later")
        assert await stream.numbers(1) == [3]
        async with opened(client, company.headers(), after=0) as resumed:
            said = [await resumed.next_event() for _ in range(3)]
    assert [one.data["content"]["text"] for one in said] == ["[removed]", "[removed]", "later"]
