"""A form was sent from an outdated page: show the page as it is now, and what was not recorded.

The page is requested as a browser would request it, so it shows what the person may see now, and no form needs
code of its own for this.
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
from flowpilot.web.formatting import field_label

# Hidden fields that say what the page showed; no person wrote them.
_SENT_ALONG = frozenset({"after_step", "caller", "from_role", "node", "show", "shown", "up"})


_SECRETS = ("password", "credentials", "token")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a form was not recorded; `lost` holds what the person had entered, by field."""

    detail: str
    lost: list[tuple[str, str]]


class FieldsChangedError(OutdatedError):
    """The values in a form are outdated: saving it would undo somebody else's change."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else has changed this in the meantime, and saving yours would undo that. Nothing was saved."
        )


def digest(*values: object) -> str:
    """A digest of the values that a form showed."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


def check_shown(shown: str, present: str) -> None:
    """Compare the digest that a form sent with that of the present values.

    Raises:
        FieldsChangedError: they differ.
    """
    if shown != present:
        raise FieldsChangedError


async def show_present(request: Request, detail: str) -> Response | None:
    """The form's page as it is now, with what was not recorded; None if there is no such page."""
    form = await request.form()
    written = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    lost = [(field_label(name), value) for name, value in written if value.strip() and _is_written(name, value)]
    request.state.refusal = Refusal(detail, lost)
    for path, query in _pages_of(request):
        page = await _get(request, path, query)
        if page is not None:
            return page
    return None


def _is_written(name: str, value: str) -> bool:
    if any(word in name for word in _SECRETS):
        return False  # They are never shown.
    try:
        uuid.UUID(value)
    except ValueError:
        return name not in _SENT_ALONG
    return False


def _pages_of(request: Request) -> Iterator[tuple[str, str]]:
    """Where the page may be: where the browser says it is, or at the form's own address or above it."""
    here = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    if here.netloc == request.headers.get("Host"):
        yield here.path, here.query
    path = request.url.path
    while path:
        yield path, ""
        path = path.rpartition("/")[0]


async def _get(request: Request, path: str, query: str) -> Response | None:
    """The answer to a GET of the path, with status 409; None unless it is a page."""
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
