"""Measure the time from an event's commit to its arrival on the last of many open streams, and their memory."""

import asyncio
import multiprocessing
import re
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

import numpy as np
from sqlalchemy import select

from benchmarks.listeners import follow
from benchmarks.server import bearer
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs import events
from flowpilot.handoffs.models import HandoffEventKind, SessionHandoff
from flowpilot.identity.actor import Role
from flowpilot.identity.keys import create_key

LISTENERS = 5_000
EVENTS = 30
AIM_MS = 1000

_PATH = "/api/v1/handoffs/stream"
_CLIENT_PROCESSES = 2
# As a browser sends it: a server that prepared to compress a stream would have to keep that for each.
_HEADERS = {"Accept": "text/event-stream", "Accept-Encoding": "gzip, deflate, br, zstd"}
_MEMORY = re.compile(r"^flowpilot_memory_bytes (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class LiveTiming:
    """Milliseconds from just before the commit until the last listener has the event, and memory of the server."""

    listeners: int
    events: int
    p50: float
    p95: float
    worst: float
    kb_each: float

    def __str__(self) -> str:
        return (
            f"From commit to the last of {self.listeners:,} listeners of one server process: "
            f"p50 {self.p50:.0f} ms, p95 {self.p95:.0f} ms, worst {self.worst:.0f} ms (aim: {AIM_MS} ms) of "
            f"{self.events} events, one at a time. Each listener has a key of its own and takes "
            f"{self.kb_each:.1f} kB of the server's memory; {_CLIENT_PROCESSES} client processes on the same "
            "machine hold them all."
        )


def measure_live(
    address: str, urls: DatabaseUrls, account: uuid.UUID, *, listeners: int = LISTENERS, n_events: int = EVENTS
) -> LiveTiming:
    """Open the streams on the server at `address`, and commit the events over a separate connection."""
    keys = asyncio.run(_create_keys(urls.runtime, account, listeners))
    before = memory(address)
    with _clients(address, keys) as clients:
        kb_each = (memory(address) - before) / 1000 / listeners
        milliseconds = asyncio.run(_measure(urls.runtime, account, clients, n_events))
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return LiveTiming(listeners, n_events, float(p50), float(p95), max(milliseconds), kb_each)


async def _create_keys(runtime_url: str, account: uuid.UUID, count: int) -> list[str]:
    database = Database(runtime_url, pool_size=1)
    async with database.write(account) as db:
        # Whoever makes a key has the owners read, so thousands of them would take minutes.
        made = [await create_key(db, account, None, Role.ENGINEER, now=now(), name="bench") for _ in range(count)]
    await database.close()
    return [secret for _, secret in made]


def memory(address: str) -> float:
    """Bytes that the server's process has resident, as `/metrics` says."""
    with urllib.request.urlopen(f"{address}/metrics") as answer:  # noqa: S310 (our own server)
        found = _MEMORY.search(answer.read().decode())
    assert found is not None
    return float(found[1])


@contextmanager
def _clients(address: str, keys: Sequence[str]) -> Iterator[list[Connection]]:
    """Processes that follow the stream, with each of the keys once; yields the connections to them."""
    place = urlsplit(address)
    assert place.hostname is not None
    assert place.port is not None
    requests = [_request(place.netloc, key) for key in keys]
    context = multiprocessing.get_context("spawn")
    processes, ours = [], []
    for number in range(_CLIENT_PROCESSES):
        own, theirs = context.Pipe()
        arguments = ((place.hostname, place.port), requests[number::_CLIENT_PROCESSES], theirs)
        processes.append(context.Process(target=follow, args=arguments, daemon=True))
        processes[-1].start()
        theirs.close()
        ours.append(own)
    for connection in ours:
        connection.recv()
    try:
        yield ours
    finally:
        for process in processes:
            process.kill()
            process.join()


def _request(host: str, key: str) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in ({"Host": host} | _HEADERS | bearer(key)).items())
    return f"GET {_PATH} HTTP/1.1\r\n{head}\r\n".encode()


async def _measure(
    runtime_url: str, account: uuid.UUID, clients: Sequence[Connection], n_events: int
) -> list[float]:
    database = Database(runtime_url, pool_size=1)
    async with database.read(account) as db:
        number = await events.newest_number(account).alone(db)
        query = select(SessionHandoff.id).where(SessionHandoff.account_id == account).limit(1)
        handoff_id = (await db.scalars(query)).one()
    milliseconds = []
    for following in range(number + 1, number + 1 + n_events):
        for client in clients:
            client.send(f"id: {following}\n\n".encode())
            client.recv()
        async with database.write(account) as db:
            events.record(db, account, handoff_id, HandoffEventKind.ASSESSED, by=None, at=now())
            await events.write_recorded(db)
            started = time.monotonic()
        last = max([await asyncio.to_thread(client.recv) for client in clients])
        milliseconds.append(1000 * (last - started))
    await database.close()
    return milliseconds
