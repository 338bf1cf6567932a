"""Measure the time from an event's commit to its arrival on the last of many open streams."""

import asyncio
import time
import uuid
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from benchmarks.server import bearer, create_keys
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs import events
from flowpilot.handoffs.models import HandoffEventKind, SessionHandoff

LISTENERS = 200
EVENTS = 50
AIM_MS = 1000

_PATH = "/api/v1/handoffs/stream"


@dataclass(frozen=True, slots=True)
class LiveTiming:
    """Milliseconds from just before the commit until the last listener has the event."""

    p50: float
    p95: float
    worst: float

    def __str__(self) -> str:
        return (
            f"From commit to the last of {LISTENERS} listeners: p50 {self.p50:.0f} ms, p95 {self.p95:.0f} ms, "
            f"worst {self.worst:.0f} ms (aim: {AIM_MS} ms) of {EVENTS} events, one at a time. Each listener has a "
            "key of its own; one client process holds them all."
        )


def measure_live(address: str, urls: DatabaseUrls, account: uuid.UUID) -> LiveTiming:
    """Open the streams on the server at `address`, and commit the events over a separate connection."""
    keys = create_keys(urls.runtime, [account] * LISTENERS)
    milliseconds = asyncio.run(_measure(address, urls.runtime, account, keys))
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return LiveTiming(float(p50), float(p95), max(milliseconds))


async def _measure(address: str, runtime_url: str, account: uuid.UUID, keys: list[str]) -> list[float]:
    listeners = await asyncio.gather(*(_open(address, key) for key in keys))
    database = Database(runtime_url, pool_size=1)
    async with database.read(account) as db:
        number = await events.newest_number(account).alone(db)
        query = select(SessionHandoff.id).where(SessionHandoff.account_id == account).limit(1)
        handoff_id = (await db.scalars(query)).one()
    milliseconds = []
    for following in range(number + 1, number + 1 + EVENTS):
        async with database.write(account) as db:
            events.record(db, account, handoff_id, HandoffEventKind.ASSESSED, by=None, at=now())
            await events.write_recorded(db)
            started = time.perf_counter()
        end = f"id: {following}\n\n".encode()
        await asyncio.gather(*(reader.readuntil(end) for reader, _ in listeners))
        milliseconds.append(1000 * (time.perf_counter() - started))
    for _, writer in listeners:
        writer.close()
    await database.close()
    return milliseconds


async def _open(address: str, key: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream after its `hello`, read as bytes, since the work of an HTTP client would be measured as well."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    headers = {"Host": host, **bearer(key)}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"GET {_PATH} HTTP/1.1\r\n{head}\r\n".encode())
    await reader.readuntil(b"event: hello")
    return reader, writer
