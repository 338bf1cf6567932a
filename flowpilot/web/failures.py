"""Errors as pages a person understands, each with the request id under which the server's log has the details."""

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from flowpilot.errors import OutdatedError
from flowpilot.web.outdated import show_present
from flowpilot.web.render import Page, render
from flowpilot.web.words import plain

_NOT_PAGES = ("/api/", "/static/", "/docs", "/openapi.json", "/healthz", "/readyz", "/metrics")

_HEADINGS_OF_KINDS = {"urn:flowpilot:problem:cross-site": "That did not come from a page of FlowPilot"}

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
    return _failure(request, problem)


def _failure(request: Request, problem: dict[str, Any]) -> Response:
    status: int = problem["status"]
    kind = Failure if request.method in {"GET", "HEAD"} or "HX-Request" not in request.headers else FailureNote
    heading = _HEADINGS_OF_KINDS.get(problem["type"]) or _HEADINGS.get(status, "Something went wrong")
    page = kind(title=heading, heading=heading, detail=_words(problem), request_id=problem["request_id"])
    answer = render(request, page, status=status)
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
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        path = "/sign-in" if wanted == "/" else f"/sign-in?next={quote(wanted)}"
    else:
        path = "/sign-in"
    if htmx_page is not None:
        # A part of a page would else show the sign-in inside the page.
        return Response(status_code=200, headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)
