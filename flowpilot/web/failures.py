"""Errors as pages a person understands, each with the request id under which the server's log has the details."""

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from flowpilot.db.failures import (
    DatabaseBusyError,
    DatabaseTimeoutError,
    DatabaseUnavailableError,
    OutcomeUnknownError,
    TransactionUndoneError,
)
from flowpilot.errors import OutdatedError
from flowpilot.web.outdated import show_present
from flowpilot.web.render import Page, render
from flowpilot.web.words import plain

_NOT_PAGES = ("/api/", "/static/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics")

_HEADINGS_OF_KINDS = {"urn:flowpilot:problem:cross-site": "That did not come from a page of FlowPilot"}

_HEADINGS_OF_OUTAGES: dict[type[Exception], str] = {
    DatabaseUnavailableError: "FlowPilot cannot reach its database",
    DatabaseBusyError: "FlowPilot has too much to do",
    DatabaseTimeoutError: "That took too long",
    TransactionUndoneError: "Somebody else changed it at the same moment",
    OutcomeUnknownError: "That may have been saved, or not",
}
# What passes by itself. A page that takes too long would only take so long again.
_RELOADED = {DatabaseUnavailableError, DatabaseBusyError}
_RELOAD_SECONDS = 5

_HEADINGS = {
    403: "This is not for your role",
    404: "There is nothing here",
    409: "That is not possible any more",
    422: "Something in the form is not right",
    429: "Too many requests",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Page):
    """An error. `detail` says what to do where that helps."""

    template: ClassVar[str] = "failure.html"
    heading: str
    detail: str
    request_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureNote(Failure):
    """The same as a note in the page whose form failed, where what was written stays as it is."""

    template: ClassVar[str] = "failure_note.html"


async def as_page(request: Request, problem: dict[str, Any], error: Exception) -> Response | None:
    """The answer to a person whose request failed; None where a program has asked."""
    if request.url.path.startswith(_NOT_PAGES) or "Authorization" in request.headers:
        return None
    status: int = problem["status"]
    if status == 401:
        return _sign_in(request)
    if isinstance(error, OutdatedError) and request.method == "POST":
        return await show_present(request, error.detail) or _failure(request, problem)
    if isinstance(error, DatabaseUnavailableError):
        return _outage(request, problem, error)
    return _failure(request, problem)


def _failure(request: Request, problem: dict[str, Any]) -> Response:
    heading = _HEADINGS_OF_KINDS.get(problem["type"]) or _HEADINGS.get(problem["status"], "Something went wrong")
    return _told(request, problem["status"], heading, _words(problem), problem["request_id"])


def _outage(request: Request, problem: dict[str, Any], error: DatabaseUnavailableError) -> Response:
    """The database is away: a page that was asked for tries again by itself, and nothing is sent twice."""
    is_reloaded = request.method == "GET" and type(error) in _RELOADED
    if is_reloaded and "HX-Boosted" in request.headers:
        # The browser asks itself, and then obeys the header below.
        return Response(status_code=problem["status"], headers={"HX-Redirect": _path(request)})
    detail = error.detail
    if is_reloaded:
        detail = "This page tries again by itself."
    elif isinstance(error, OutcomeUnknownError):
        detail = "The database went away at the last moment. Look whether it is there before you send it again."
    # The log says it once for all, so it has no request's id.
    answer = _told(request, problem["status"], _HEADINGS_OF_OUTAGES[type(error)], detail, None)
    if is_reloaded:
        answer.headers["Refresh"] = str(_RELOAD_SECONDS)
    return answer


def _told(request: Request, status: int, heading: str, detail: str, request_id: str | None) -> Response:
    kind = Failure if request.method in {"GET", "HEAD"} or "HX-Request" not in request.headers else FailureNote
    page = kind(title=heading, heading=heading, detail=detail, request_id=request_id)
    answer = render(request, page, status=status)
    if kind is Failure and "HX-Request" in request.headers and "HX-Boosted" not in request.headers:
        # A part of a page that cannot be renewed stays as it is.
        answer.headers["HX-Reswap"] = "none"
    if kind is FailureNote:
        answer.headers["HX-Retarget"] = "#notes"
        answer.headers["HX-Reswap"] = "innerHTML"
        answer.headers["HX-Push-Url"] = "false"
    return answer


def _words(problem: dict[str, Any]) -> str:
    """What is wrong, naming a form's fields as a person does."""
    errors = problem.get("errors")
    if not errors:
        return str(problem["detail"])
    return "; ".join(f"{plain(error['field'].rsplit('.', 1)[-1])}: {error['message']}" for error in errors)


def _sign_in(request: Request) -> Response:
    """Lead to the sign-in, and from there back to the page that was asked for."""
    htmx_page = request.headers.get("HX-Current-URL")
    if request.method == "GET" and htmx_page is None:
        wanted = _path(request)
        path = "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted)}"
    else:
        path = "/sign-in"
    if htmx_page is not None:
        # A part of a page would else show the sign-in inside the page.
        return Response(status_code=200, headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


def _path(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
