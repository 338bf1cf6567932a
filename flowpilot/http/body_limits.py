"""The body of a request: how large it may be, and how long it may take to arrive."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowpilot.errors import FlowPilotError
from flowpilot.http.problems import problem
from flowpilot.http.routers import Room

MAX_BYTES = 1_000_000

_PIECE_BYTES = 256 * 1024
# So much of a body is read once more if something unexpected has failed: the words of a form, and some files.
_KEPT_BYTES = 16 * MAX_BYTES

Admit = Callable[[Request], Awaitable[object]]
"""Makes sure, from a request's head alone, that its sender may send files. Raises a `FlowPilotError` if not."""


async def takes_files() -> None:
    """A dependency that does nothing but name its route as one that takes files, so bodies longer than usual."""


async def takes_logs() -> None:
    """The same for a route that takes a log of another system, which may be far longer."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """How long a body with files may be, and from whom, at routes with this dependency."""

    max_bytes: int
    admit: Admit
    at: Callable[[], Awaitable[None]] = takes_files


class BodyMiddleware:
    """Refuse a body that is too large before any of it is read, and a body that does not arrive in time.

    A body may be longer than usual only at a route that takes files or logs, from a sender whom `uploads` admit.

    The whole body is read before anything else is done, so that a slow sender never holds a database connection.
    It has some seconds to begin, and then as long as its length takes at a modest speed. What is longer than
    usual, a form with files, waits on the disk meanwhile.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int = MAX_BYTES,
        uploads: Sequence[Uploads] = (),
        grace_seconds: float = 20,
        bytes_per_second: float = 4_000,
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.uploads = uploads
        self.grace_seconds = grace_seconds
        self.bytes_per_second = bytes_per_second

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        answer: ASGIApp = await self._refusal(request) or self.app
        if answer is not self.app or not int(request.headers.get("content-length", 0)):
            await answer(scope, receive, send)
            return
        with SpooledTemporaryFile(max_size=MAX_BYTES) as body:
            try:
                receive = await self._received(receive, body)
            except TimeoutError:
                answer = _too_slow(request)
            try:
                await answer(scope, receive, send)
            except Exception:
                await _keep(scope, body)
                raise

    async def _refusal(self, request: Request) -> Response | None:
        if "transfer-encoding" in request.headers:
            return problem(request, 411, "length-required", "Send the request with a Content-Length.")
        length = int(request.headers.get("content-length", 0))
        if length <= self.max_bytes:
            return None
        uploads = self._uploads_at(request)
        most = self.max_bytes if uploads is None else uploads.max_bytes
        if uploads is None or length > most:
            return problem(request, 413, "too-large", f"A request may have at most {most:,} bytes.")
        try:
            await uploads.admit(request)
        except FlowPilotError as error:
            # Answered as everywhere else, to a person by a page. What does that is further inside.
            answer: Response = await request.app.exception_handlers[FlowPilotError](request, error)
            return answer
        return None

    def _uploads_at(self, request: Request) -> Uploads | None:
        route = _answering(request)
        calls = set() if route is None else set(_calls(route.dependant))
        return next((uploads for uploads in self.uploads if uploads.at in calls), None)

    async def _received(self, receive: Receive, body: SpooledTemporaryFile[bytes]) -> Receive:
        """Wait for the whole body, and return the function that hands it to the application.

        Raises:
            TimeoutError: it does not arrive, or too slowly.
        """
        deadline = asyncio.get_running_loop().time() + self.grace_seconds
        is_over = False
        while not is_over:
            async with asyncio.timeout_at(deadline):
                message = await receive()
            piece = message.get("body", b"")
            deadline += len(piece) / self.bytes_per_second
            # A client that disconnects also ends it.
            is_over = not message.get("more_body", False)
            await _write(body, piece)
        return _again(body, message, receive)


def _answering(request: Request) -> APIRoute | None:
    """The route that will answer."""
    scope = request.scope
    for route in request.app.routes:
        room = getattr(route, "original_router", None)
        found = room.answering(scope) if isinstance(room, Room) else route
        if isinstance(found, APIRoute) and found.matches(scope)[0] is Match.FULL:
            return found
    return None


def _calls(dependant: Dependant) -> Iterator[object]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


def _too_slow(request: Request) -> Response:
    answer = problem(request, 408, "too-slow", "The request's body did not arrive in time. Send it again.")
    answer.headers["Connection"] = "close"
    return answer


async def _write(body: SpooledTemporaryFile[bytes], piece: bytes) -> None:
    """Keep a piece of a body; what goes to the disk is written in a thread."""
    if body.tell() + len(piece) > MAX_BYTES:
        await asyncio.to_thread(body.write, piece)
    else:
        body.write(piece)


def sent_again(request: Request) -> Request | None:
    """The request once something unexpected has failed, with its body to be read again; None if that is gone."""
    body = request.scope.get("state", {}).get("sent_body")

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return None if body is None else Request(request.scope, receive)


async def _keep(scope: Scope, body: SpooledTemporaryFile[bytes]) -> None:
    """Keep a body for who answers a failure, outside of this, where it can no longer be received."""
    body.seek(0)
    kept = await asyncio.to_thread(body.read, _KEPT_BYTES + 1)
    if len(kept) <= _KEPT_BYTES:
        scope.setdefault("state", {})["sent_body"] = kept


def _again(body: SpooledTemporaryFile[bytes], ending: Message, receive: Receive) -> Receive:
    """What hands a received body on, piece by piece. `ending` is the message with which it was over."""
    left = body.tell()
    body.seek(0)
    is_whole, is_over = ending["type"] == "http.request", False

    async def receive_again() -> Message:
        nonlocal left, is_over
        if is_over:
            return await receive()
        if left == 0 and not is_whole:
            is_over = True
            return ending
        piece = body.read(_PIECE_BYTES)
        left -= len(piece)
        is_over = left == 0 and is_whole
        return {"type": "http.request", "body": piece, "more_body": not is_over}

    return receive_again
