"""Clients that keep a server busy, each over one connection, with as little work of their own as they can have."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Self
from urllib.parse import urlsplit

from benchmarks.server import bearer

_SESSIONS = "/api/v1/ai-sessions"
# No flow is about it, so that what is measured is a step and no tree.
_PROBLEM = "Something odd happens with my chair"


class Client:
    """One connection to the server, with the key of one caller."""

    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    def __init__(self, address: str, key: str) -> None:
        self._place = urlsplit(address)
        lines = {"Host": self._place.netloc, "Content-Type": "application/json", **bearer(key)}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    @classmethod
    async def connect(cls, address: str, key: str) -> Self:
        """A client of the server at this address."""
        client = cls(address, key)
        await client._open()
        return client

    async def _open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._place.hostname, self._place.port)

    async def post(self, path: str, body: object = None) -> dict[str, Any]:
        """The answer, which must be a good one."""
        if self._reader.at_eof():  # The server closes a connection that waits for longer than some seconds.
            self.close()
            await self._open()
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Length: {len(sent)}\r\n\r\n"
        self._writer.write(head.encode() + sent)
        answered = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answered.partition(b"content-length:")[2].partition(b"\r\n")[0])
        answer = await self._reader.readexactly(length)
        if answered[9:10] != b"2":
            raise RuntimeError(f"{path} was answered with {answer.decode()}")
        found: dict[str, Any] = json.loads(answer)
        return found

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def start(self) -> str:
        """The id of a new session."""
        return str((await self.post(_SESSIONS, {"problem_summary": _PROBLEM}))["id"])

    async def step(self, session_id: str, number: int) -> None:
        """Take a step in a session."""
        await self.post(f"{_SESSIONS}/{session_id}/steps", {"free_text": f"Looked at the fuse, number {number}"})

    async def escalate(self) -> str:
        """The id of the handoff of a new session."""
        path = f"{_SESSIONS}/{await self.start()}/handoffs"
        return str((await self.post(path, {"reason": "Out of ideas"}))["id"])

    async def claim(self, handoff_id: str) -> None:
        """Claim a handoff."""
        await self.post(f"/api/v1/handoffs/{handoff_id}/claim")


async def steps_a_second(engineers: Sequence[Client], each: int) -> float:
    """The rate at which these take so many steps each, in sessions of their own."""
    sessions = await asyncio.gather(*(client.start() for client in engineers))

    async def work(client: Client, session_id: str) -> None:
        for number in range(each):
            await client.step(session_id, number)

    return await _rate(each, [partial(work, *one) for one in zip(engineers, sessions, strict=True)])


async def claims_a_second(engineers: Sequence[Client], seniors: Sequence[Client], each: int) -> float:
    """The rate at which seniors claim so many handoffs each, which engineers have made before."""

    async def made(client: Client) -> list[str]:
        return [await client.escalate() for _ in range(each)]

    async def work(client: Client, handoffs: Sequence[str]) -> None:
        for handoff_id in handoffs:
            await client.claim(handoff_id)

    waiting = await asyncio.gather(*(made(client) for client in engineers))
    return await _rate(each, [partial(work, *one) for one in zip(seniors, waiting, strict=True)])


async def _rate(each: int, works: Sequence[Callable[[], Awaitable[None]]]) -> float:
    begun = time.perf_counter()
    await asyncio.gather(*(work() for work in works))
    return each * len(works) / (time.perf_counter() - begun)
