"""The live stream of an account, as server-sent events: its handoffs, and the sessions that are watched.

Its path would also match `/api/v1/handoffs/{handoff_id}`, so this router has to come before that one.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Message, Send

from flowpilot.handoffs.events import newest_number
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import Credential, ReadSession
from flowpilot.live.hub import Hub
from flowpilot.live.listener import Listener, Watch
from flowpilot.live.messages import step_message
from flowpilot.live.queries import states_of

router = APIRouter(prefix="/api/v1/handoffs", tags=["handoffs"])


_RETRY_MS = 2000
_MOST_WATCHED = 100
_OPENING = format_sse_event(comment="FlowPilot", retry=_RETRY_MS)
_HEARTBEAT = format_sse_event(comment="")
# Not stored anywhere, and not buffered by proxies.
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

_KINDS = ", ".join(f"`{kind}`" for kind in HandoffEventKind)
_ABOUT = f"""\
Events of the account's handoffs as they are committed, from `hello` on: {_KINDS}. \
`claimant_action` comes only if the first step after the claim was no action of the claimant.

- `hello` comes first: `number` is that of the newest event. While nothing happens, a comment is sent at \
least every `heartbeat_seconds`.
- Every other event has its number as `id`, and `data` with `handoff_id`, `session_id`, `kind`, `actor_id`, \
`actor_name`, `at`, `content`.
- With `Last-Event-ID` (or `last_event_id`, if a header cannot be set) all events after that number come, \
then new ones as they happen: none is missed, and none is sent twice. A number that this database has not \
reached is answered with `"reset": true` in `hello`: reload what you show.
- `counts` comes with `counts=true`, at first and whenever one of them has changed: `n_waiting`, \
`n_claimed_without_action` and the caller's `unread_count`, as in `/api/v1/attention`. It has no `id`.
- `step` comes for each session in `watch`, at first and whenever it has changed: `session_id`, `position` (the \
number of its steps) and `version`, which grows with every change. Read the session if you show an older one.
- `presence` comes for each session or handoff in `watch`, and with `watch=queue` for all of them, when somebody \
has come, left, begun or ended to write: `place` and its `people` with `user_id`, `name`, `state` (`reading` or \
`writing`). These two have no `id` either.
- `end` comes last when the credential is no longer valid; `reason` says why. Do not connect again with it. \
A stream that closes without `end` can be opened again.
"""

_log = logging.getLogger(__name__)


class _LiveStream(StreamingResponse):
    """A stream that ends when its client has not read for `patience_seconds`."""

    media_type = "text/event-stream"

    def __init__(self, content: AsyncIterator[bytes], patience_seconds: float) -> None:
        super().__init__(content, headers=_HEADERS)
        self._patience_seconds = patience_seconds

    async def stream_response(self, send: Send) -> None:
        """Send messages for as long as the client reads them."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(self._patience_seconds):
                await send(message)

        try:
            await super().stream_response(send_in_time)
        except TimeoutError:
            _log.warning("a stream is ended: its client has not read for %s s", self._patience_seconds)


WatchQuery = Annotated[
    Sequence[Watch], Query(max_length=_MOST_WATCHED, description="Ids of sessions and handoffs, or `queue`.")
]


async def _listener(
    request: Request,
    actor: CanView,
    credential: Credential,
    watch: WatchQuery = (),
    counts: Annotated[bool, Query(description="Send `counts` as well.")] = False,
) -> AsyncIterator[Listener]:
    hub: Hub = request.app.state.live
    with hub.join(actor, credential, counts=counts, watch=watch) as listener:
        yield listener


@router.get(
    "/stream",
    status_code=200,  # The OpenAPI document cannot read it from a response class of ours.
    response_class=_LiveStream,
    description=_ABOUT,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def stream(
    request: Request,
    actor: CanView,
    listener: Annotated[Listener, Depends(_listener)],
    db: ReadSession,
    header: Annotated[int | None, Header(alias="Last-Event-ID", ge=0)] = None,
    last_event_id: Annotated[int | None, Query(ge=0, description="Used if the header is not set.")] = None,
) -> Response:
    """Follow the account's handoffs, and the sessions that are watched."""
    hub: Hub = request.app.state.live
    newest = await newest_number(actor.account_id).alone(db)
    # A browser that reconnects repeats the query of its first request, so the header is newer.
    asked = last_event_id if header is None else header
    hello: dict[str, Any] = {
        "number": newest,
        "heartbeat_seconds": hub.heartbeat_seconds,
        "caller": actor.caller,
    }
    if asked is not None and asked > newest:
        hello["reset"] = True
        asked = None
    start = newest if asked is None else asked
    # Read after the listener has joined, so that no change falls between the two.
    states = await states_of(db, actor.account_id, listener.watching)
    # It has an id, so that a client that loses the stream before the first event resumes from here.
    opening = _OPENING + format_sse_event(id=str(start), event="hello", data_str=json.dumps(hello))
    opening += b"".join(map(step_message, states))
    return _LiveStream(_chunks(listener, start, opening), hub.patience_seconds)


async def _chunks(listener: Listener, start: int, opening: bytes) -> AsyncIterator[bytes]:
    yield opening
    async for message in listener.follow(start):
        yield _HEARTBEAT if message is None else message.text
    if listener.refusal is not None:
        yield format_sse_event(event="end", data_str=json.dumps({"reason": listener.refusal}))
