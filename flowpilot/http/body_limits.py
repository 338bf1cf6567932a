"""The body of a request: how large it may be, and how long it may take to arrive."""

import asyncio
from collections import deque

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowpilot.http.problems import problem

MAX_BYTES = 1_000_000


class BodyMiddleware:
    """Refuse a body that is too large before any of it is read, and a body that does not arrive in time.

    The whole body is read before anything else is done, so that a slow sender never holds a database connection.
    It has some seconds to begin, and then as long as its length takes at a modest speed.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        max_bytes: int = MAX_BYTES,
        grace_seconds: float = 20,
        bytes_per_second: float = 4_000,
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.grace_seconds = grace_seconds
        self.bytes_per_second = bytes_per_second

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        answer: ASGIApp = self._refusal(request) or self.app
        if answer is self.app and int(request.headers.get("content-length", 0)):
            try:
                receive = await self._received(receive)
            except TimeoutError:
                answer = _too_slow(request)
        await answer(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if "transfer-encoding" in request.headers:
            return problem(request, 411, "length-required", "Send the request with a Content-Length.")
        if int(request.headers.get("content-length", 0)) > self.max_bytes:
            return problem(request, 413, "too-large", f"A request may have at most {self.max_bytes:,} bytes.")
        return None

    async def _received(self, receive: Receive) -> Receive:
        """Wait for the whole body, and return the function that hands it to the application.

        Raises:
            TimeoutError: it does not arrive, or too slowly.
        """
        messages = deque[Message]()
        deadline = asyncio.get_running_loop().time() + self.grace_seconds
        is_over = False
        while not is_over:
            async with asyncio.timeout_at(deadline):
                message = await receive()
            messages.append(message)
            deadline += len(message.get("body", b"")) / self.bytes_per_second
            # A client that disconnects also ends it.
            is_over = not message.get("more_body", False)

        async def receive_again() -> Message:
            return messages.popleft() if messages else await receive()

        return receive_again


def _too_slow(request: Request) -> Response:
    answer = problem(request, 408, "too-slow", "The request's body did not arrive in time. Send it again.")
    answer.headers["Connection"] = "close"
    return answer
