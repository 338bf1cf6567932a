"""What the answers to all requests need when there is a replica."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flowpilot.db.stored import watch_what_is_stored
from flowpilot.http.replica.reads import ReplicaReads

_READS = {"GET", "HEAD"}


class ReplicaMiddleware:
    """Notes who writes before they are answered, and lets the primary answer what fails at the replica."""

    def __init__(self, app: ASGIApp, reads: ReplicaReads) -> None:
        self.app = app
        self.reads = reads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["method"] in _READS:
            await self._read(scope, receive, send)
        else:
            await self._write(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer. A GET has changed nothing, so it can be done again from its beginning."""
        state = scope.setdefault("state", {})
        has_begun = False

        async def send_unless_failed(message: Message) -> None:
            nonlocal has_begun
            if has_begun or not state.get("replica_has_failed"):
                has_begun = True
                await send(message)

        again = dict(scope)
        await self.app(scope, receive, send_unless_failed)
        if not has_begun and state.get("replica_has_failed"):
            await self.app(again, receive, send)

    async def _write(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer. Whoever it was has written if anything was stored, or may be, by the time the answer begins."""
        state = scope.setdefault("state", {})

        async def send_when_noted(message: Message) -> None:
            if message["type"] == "http.response.start" and stored.has_stored and "user_id" in state:
                await self.reads.writers.note(state["user_id"])
            await send(message)

        with watch_what_is_stored() as stored:
            await self.app(scope, receive, send_when_noted)
