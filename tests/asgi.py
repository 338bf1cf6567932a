"""A client of an app in this process that goes to the app's thread once for each request."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx2
from anyio.from_thread import BlockingPortal
from fastapi.testclient import TestClient


class AppClient(TestClient):
    """A test client that answers with whole responses.

    Starlette's own hands each request over in eight trips, so that it can pass on a response as it comes. Two
    threads that take turns so often cost more than many a route does. Streams are read from a real server.
    """

    def __init__(
        self,
        app: Any,
        *,
        raise_server_exceptions: bool = True,
        client: tuple[str, int] = ("testclient", 50000),
        **said: Any,
    ) -> None:
        super().__init__(app, raise_server_exceptions=raise_server_exceptions, client=client, **said)
        answers = httpx2.ASGITransport(app, raise_app_exceptions=raise_server_exceptions, client=client)
        self._transport = _InOneTrip(answers, self._portal_factory, in_parts=self._transport)


class _InOneTrip(httpx2.BaseTransport):
    def __init__(
        self,
        app: httpx2.ASGITransport,
        portals: Callable[[], AbstractContextManager[BlockingPortal]],
        *,
        in_parts: httpx2.BaseTransport,
    ) -> None:
        self._app = app
        self._portals = portals
        self._in_parts = in_parts

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if not isinstance(request.stream, httpx2.AsyncByteStream):
            return self._in_parts.handle_request(request)  # Its body is a generator, which may go on for ever.
        with self._portals() as portal:
            return portal.call(self._whole, request)

    async def _whole(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._app.handle_async_request(request)
        assert isinstance(answer.stream, httpx2.AsyncByteStream)
        body = b"".join([part async for part in answer.stream])
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=httpx2.ByteStream(body))
