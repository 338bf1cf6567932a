"""A form that was sent from a page that is no longer up to date: the page as it is now, and what was not recorded.

The page is asked for as the browser would ask for it, so that it shows what the person may see at this moment, and
no form needs code of its own for this.
"""

import hashlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.exceptions import HTTPException
from starlette.types import Message

from flowpilot.errors import OutdatedError
from flowpilot.web.formatting import plain

# What a page sends along to say what it showed; nobody has written it.
_SENT_ALONG = frozenset({"after_step", "caller", "from_role", "node", "show", "shown", "up"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not recorded; `lost` is what the person had written or chosen, each with its name."""

    detail: str
    lost: list[tuple[str, str]]


class FieldsChangedError(OutdatedError):
    """What a form was filled in with is no longer what is there: to save it would undo somebody's change."""

    def __init__(self) -> None:
        super().__init__("Somebody has changed it since, and to save yours would undo that. Nothing was saved.")


def digest(*values: object) -> str:
    """What stands for the values that a form was filled in with."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


def check_shown(shown: str, present: str) -> None:
    """Make sure that what a form was filled in with is still there; both are digests.

    Raises:
        FieldsChangedError: it is not.
    """
    if shown != present:
        raise FieldsChangedError


async def show_present(request: Request, detail: str) -> Response | None:
    """The page that the form was in, as it is now, with what was refused; None where there is no such page."""
    form = await request.form()
    written = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    lost = [(plain(name), value) for name, value in written if value.strip() and _is_written(name, value)]
    request.state.refusal = Refusal(detail, lost)
    for path, query in _pages_of(request):
        page = await _get(request, path, query)
        if page is not None:
            return page
    return None


def _is_written(name: str, value: str) -> bool:
    if "password" in name:
        return False  # It is not for a screen.
    try:
        uuid.UUID(value)
    except ValueError:
        return name not in _SENT_ALONG
    return False


def _pages_of(request: Request) -> Iterator[tuple[str, str]]:
    """Where the page may be: where the browser says it is, else at the form's own address or above that."""
    here = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    if here.netloc == request.headers.get("Host"):
        yield here.path, here.query
    path = request.url.path
    while path:
        yield path, ""
        path = path.rpartition("/")[0]


async def _get(request: Request, path: str, query: str) -> Response | None:
    """What a GET of the path answers, as the answer to this request; None unless it is a page."""
    asked = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode()}
    matched = {"route", "endpoint", "path_params"}
    scope = {name: value for name, value in request.scope.items() if name not in matched} | asked
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        await request.app.router(scope, request.receive, send)
    except HTTPException:
        return None
    start, *parts = sent
    page = Response(b"".join(part.get("body", b"") for part in parts), status_code=409)
    page.raw_headers = [*start["headers"], (b"hx-push-url", b"false")]
    is_page = start["status"] == 200 and page.headers["content-type"].startswith("text/html")
    return page if is_page else None
