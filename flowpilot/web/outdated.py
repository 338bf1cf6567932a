"""A form was sent from an outdated page: show the page as it is now, and what was not recorded.

The page is requested as a browser would request it, so it shows what the person may see now, and no form needs
code of its own for this.
"""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from fastapi import Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Message

from flowpilot.errors import OutdatedError
from flowpilot.web.formatting import field_label
from flowpilot.web.refused.filling import CAME_FROM, Sent, filled_in, is_secret

# What is no page for a person to see.
NOT_PAGES = ("/api/", "/static/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics")

# Hidden fields, which say what the page showed and what a form is about; no person wrote them.
SENT_ALONG = frozenset(
    (
        *("account_id", "action", "after_step", "attachments", "audience", "back", "based_on", "board_id"),
        *("caller", "channel_id", "client_id", "connection_id", "do", "external_id", "file_id", "flow_id"),
        *("forced", "from_role", "handoff_id", "holder", "idempotency_key", "into", "is_active", "is_note"),
        *("item", "mine", "node", "offered", "page", "part", "place", "provider", "q", "question_id"),
        *("records", "section", "seen_removal", "session_id", "sheet", "show", "shown", "shown_base"),
        *(
            "shown_delimiter",
            "shown_encoding",
            "shown_header_line",
            "shown_shape",
            "shows_handoffs",
            "shows_names",
            "shows_system",
            "source",
            "state",
        ),
        *("step_id", "text_name", "ticket", "up", "up_to", "was"),
    )
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a form was not recorded; `lost` holds what the person had entered, by field.

    `has_moved_on`: its session is elsewhere by now.
    `free_text` and `attachments`: what belongs to no button of the old page. It can be sent again as it is.
    """

    detail: str
    lost: list[tuple[str, str]]
    free_text: str = ""
    attachments: tuple[str, ...] = ()
    has_moved_on: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a form that a browser without scripts sent was refused. Its page shows it again, filled in.

    `files` are those chosen in it, by their names: a browser sends them only if they are chosen again.
    """

    heading: str
    detail: str
    files: tuple[str, ...]


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


async def show_present(request: Request, detail: str, *, keeps_words: bool, has_moved_on: bool) -> Response | None:
    """The form's page as it is now, with what was not recorded; None if there is no such page.

    `keeps_words`: whether its free text can be sent again as it is.
    """
    again = await _to_send_again(request) if keeps_words else ("", ())
    request.state.refusal = Refusal(detail, await written(request), *again, has_moved_on=has_moved_on)
    for path, query in _pages_of(request):
        page = await _get(request, path, query)
        if page is not None:
            return page
    return None


async def written(request: Request) -> list[tuple[str, str]]:
    """What the person had entered into the form that was sent, by the names of its fields."""
    form = await request.form()
    texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return [(field_label(name), value) for name, value in texts if value.strip() and _is_written(name, value)]


def page_before(request: Request) -> str | None:
    """The page of ours from which the browser came, if it says."""
    said = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    before = _came_from(request) or urlsplit(said)
    if before.netloc not in {"", request.headers.get("Host")} or not before.path:
        return None
    return _address(before.path, before.query)


async def show_again(
    request: Request, status: int, heading: str, detail: str, wrong: Mapping[str, str]
) -> Response | None:
    """The page of a refused form, which is as it was sent, with what is wrong at its fields.

    None if nobody filled in anything, or no page has the form any more.
    """
    items = (await request.form()).multi_items()
    said = [(name, value) for name, value in items if isinstance(value, str)]
    files = tuple(value.filename for _, value in items if isinstance(value, UploadFile) and value.filename)
    if not (wrong or files or await written(request)):
        return None
    request.state.refused = Refused(heading, detail, files)
    for path, query in _pages_of(request):
        page = await _get(request, path, query, status=status)
        if page is None:
            continue
        sent = Sent(request.url.path, said, _address(path, query))
        html = filled_in(bytes(page.body).decode(), sent, wrong)
        if html is not None:
            again = Response(html, status_code=status)
            own = {name for name, _ in again.raw_headers}
            again.raw_headers += [(name, value) for name, value in page.raw_headers if name not in own]
            return again
    request.state.refused = None
    return None


async def _to_send_again(request: Request) -> tuple[str, tuple[str, ...]]:
    form = await request.form()
    text, files = form.get("free_text"), form.getlist("attachments")
    return text if isinstance(text, str) else "", tuple(one for one in files if isinstance(one, str))


def _is_written(name: str, value: str) -> bool:
    # Who knows the address of a channel can write into it: it stays in its own form.
    if is_secret(name) or name == "url":
        return False
    try:
        uuid.UUID(value)
    except ValueError:
        return name not in SENT_ALONG
    return False


def _pages_of(request: Request) -> Iterator[tuple[str, str]]:
    """Where the page may be: where the form or the browser says, or at the form's own address or above it."""
    here = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
    said = [_came_from(request), here if here.netloc == request.headers.get("Host") else None]
    # A stream of the API never ends.
    yield from ((one.path, one.query) for one in said if one is not None and not one.path.startswith(NOT_PAGES))
    path = request.url.path
    while path:
        yield path, ""
        path = path.rpartition("/")[0]


def _came_from(request: Request) -> SplitResult | None:
    """The page of ours that a form was on before it came back."""
    address = urlsplit(request.query_params.get(CAME_FROM, ""))
    is_ours = not (address.scheme or address.netloc) and address.path.startswith("/") and "\\" not in address.path
    return address if is_ours else None


def _address(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


async def _get(request: Request, path: str, query: str, *, status: int = 409) -> Response | None:
    """The answer to a GET of the path, with that status; None unless it is a page."""
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
    page = Response(b"".join(part.get("body", b"") for part in parts), status_code=status)
    page.raw_headers = [*start["headers"], (b"hx-push-url", b"false")]
    is_page = start["status"] == 200 and page.headers["content-type"].startswith("text/html")
    return page if is_page else None
