"""Errors as pages that a person understands, with the request id that leads to the details in the server's log."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import quote

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from flowpilot.db.failures import (
    DatabaseBusyError,
    DatabaseTimeoutError,
    DatabaseUnavailableError,
    OutcomeUnknownError,
    TransactionUndoneError,
)
from flowpilot.errors import OutdatedError
from flowpilot.http.body_limits import sent_again
from flowpilot.identity.auth import NoAccountError
from flowpilot.identity.cookies import COOKIE
from flowpilot.identity.idempotency import IdempotencyKeyReusedError, RecordedBeforeError
from flowpilot.psa.providers.registry import PROVIDERS
from flowpilot.sessions.following.seen import SessionMovedOnError
from flowpilot.sessions.path import NothingOfferedError
from flowpilot.text import sentence
from flowpilot.web.flows.refusals import FLOW_PROBLEMS, LinkedProblem, linked_problems, without_problems
from flowpilot.web.formatting import field_label
from flowpilot.web.frame import Frame, frame_of
from flowpilot.web.outdated import NOT_PAGES, page_before, show_again, show_present, written
from flowpilot.web.refused.leading import is_of_ours, lead_to, path_of, wanted
from flowpilot.web.refused.resending import to_resend
from flowpilot.web.render import Page, accounts_path, render

_HEADINGS_OF_KINDS = {"urn:flowpilot:problem:cross-site": "That request did not come from a FlowPilot page"}

# What may help, after the detail.
_HELP_OF_KINDS = {"urn:flowpilot:problem:forbidden": "A team admin or an owner can help."}

_BAD_ADDRESS = "The address is incomplete, or does not belong to FlowPilot."

_HEADINGS_OF_OUTAGES: dict[type[Exception], str] = {
    DatabaseUnavailableError: "FlowPilot cannot reach its database",
    DatabaseBusyError: "FlowPilot is overloaded",
    DatabaseTimeoutError: "That took too long",
    TransactionUndoneError: "Somebody else changed it at the same time",
    OutcomeUnknownError: "It is not known whether this was saved",
}
# These pass by themselves. A page that took too long would only take too long again.
_RELOADED = {DatabaseUnavailableError, DatabaseBusyError}
_RELOAD_SECONDS = 5

# Their fields are named by themselves on a page.
_GROUPS = {"credentials", "settings"}

_FRAMED = {403, 404, 409, 422}
# The same may be done a little later.
_MAY_PASS = {429, 503}

_HEADINGS = {
    403: "Not allowed",
    404: "Not found",
    409: "Not possible",
    422: "Check the form",
    429: "Too many requests",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Page):
    """An error. `detail` says what to do, if that helps; `problems` are those of a flow, with links.

    Without scripts a form leaves the screen. If no page shows it again, `kept` is what was written in it; `back`
    leads to where it was, or `sign_in` to signing in first. `is_known`: that it was not recorded. `resent` are all
    its fields, if it can be sent again as it is, to `action`.
    """

    template: ClassVar[str] = "error.html"
    heading: str
    detail: str
    request_id: str | None
    problems: Sequence[LinkedProblem] = ()
    kept: Sequence[tuple[str, str]] = ()
    is_known: bool = True
    back: str | None = None
    resent: Sequence[tuple[str, str]] = ()
    action: str = ""
    sign_in: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureNote(Failure):
    """The same as a note on the page whose form failed, so that what was written stays.

    `fields`: what is wrong with which field, to be said there.
    """

    template: ClassVar[str] = "error_note.html"
    fields: Mapping[str, str]


async def as_page(request: Request, problem: dict[str, Any], error: Exception) -> Response | None:
    """The answer to a person whose request failed; None if a program sent it."""
    if request.url.path.startswith(NOT_PAGES) or "Authorization" in request.headers:
        return None
    status: int = problem["status"]
    if status == 401:
        return await _sign_in(request)
    if isinstance(error, NoAccountError):
        return lead_to(request, accounts_path(wanted(request)))
    if request.method == "POST" and (page := await _page_of_form(request, problem, error)):
        return page
    if isinstance(error, DatabaseUnavailableError):
        return await _outage(request, problem, error)
    return await _failure(request, problem, error)


async def _page_of_form(request: Request, problem: dict[str, Any], error: Exception) -> Response | None:
    """The page of a refused form with what was typed, if it is to be shown again."""
    if isinstance(error, RecordedBeforeError):
        # It was recorded, so its page shows it, and nothing is kept of what was written.
        of_what, before = "/".join(request.url.path.split("/")[:3]), page_before(request)
        return lead_to(request, of_what if before is None or before.startswith(of_what) else before)
    if isinstance(error, OutdatedError):
        has_moved_on = isinstance(error, (SessionMovedOnError, NothingOfferedError))
        # Words that missed their place can be recorded at another; those of a page that is not theirs cannot.
        keeps_words = has_moved_on or isinstance(error, IdempotencyKeyReusedError)
        return await show_present(request, error.detail, keeps_words=keeps_words, has_moved_on=has_moved_on)
    # With scripts, the form is still there: a note says what is wrong. The problems of a flow have links.
    if (
        not _comes_back(request, problem["status"])
        or problem["type"] == FLOW_PROBLEMS
        or _has_bad_address(problem, error)
    ):
        return None
    heading = _heading(problem["type"], problem["status"])
    return await show_again(
        request, problem["status"], heading, _words(problem, request.url.path), _fields(problem)
    )


async def _lost(request: Request, status: int, error: Exception) -> dict[str, Any]:
    """What was in a form that is gone with this answer, and whether it can be sent again."""
    if not _is_lost(request) or not is_of_ours(request):
        return {}
    if status == 500:
        return await _lost_by_failure(request)
    is_known = not isinstance(error, OutcomeUnknownError)
    kept, resent = await written(request), await to_resend(request) if status in _MAY_PASS and is_known else []
    back = page_before(request) if kept or resent else None
    return {"kept": kept, "is_known": is_known, "back": back, "resent": resent, "action": path_of(request)}


async def _lost_by_failure(request: Request) -> dict[str, Any]:
    """The same after something unexpected: what was written, of which nobody knows whether it was recorded."""
    sent, kept = sent_again(request), list[tuple[str, str]]()
    # What is no form has nothing that a person wrote.
    if sent is not None:
        with suppress(HTTPException):
            kept = await written(sent)
        await sent.close()
    return {"kept": kept, "is_known": False, "back": page_before(request) if kept else None}


async def _failure(request: Request, problem: dict[str, Any], error: Exception) -> Response:
    status, detail = problem["status"], _words(problem, request.url.path)
    if _has_bad_address(problem, error):
        status, detail = 404, _BAD_ADDRESS
    heading = _heading(problem["type"], status)
    if isinstance(error, OutdatedError):
        heading = "That is no longer possible"
    # After too many requests, the answer needs no database.
    frame = await frame_of(request) if status in _FRAMED else None
    # What was asked for wrongly is mended by the person who asked. Only our own failures are in the server's log.
    request_id = problem["request_id"] if status >= 500 else None
    found = linked_problems(request.url.path, problem)
    lost = await _lost(request, status, error)
    return _told(request, status, heading, detail, request_id, frame, _fields(problem), problems=found, **lost)


def _has_bad_address(problem: dict[str, Any], error: Exception) -> bool:
    has_no_route = isinstance(error, HTTPException) and problem["status"] == 404
    return has_no_route or any(one["field"].startswith("path.") for one in problem.get("errors", ()))


def _heading(kind: str, status: int) -> str:
    return _HEADINGS_OF_KINDS.get(kind) or _HEADINGS.get(status, "Something went wrong")


def _is_lost(request: Request) -> bool:
    """Whether what was written in a form would be gone with this answer."""
    return request.method == "POST" and "HX-Request" not in request.headers


def _comes_back(request: Request, status: int) -> bool:
    """Whether its page may show a form again: not to strangers who send too many."""
    may_come_back = status in _FRAMED or (status == 429 and COOKIE in request.cookies)
    return may_come_back and _is_lost(request) and is_of_ours(request)


async def _outage(request: Request, problem: dict[str, Any], error: DatabaseUnavailableError) -> Response:
    """The database is unavailable: a page reloads itself until it works, and no form is sent twice."""
    is_reloaded = request.method == "GET" and type(error) in _RELOADED
    if is_reloaded and "HX-Boosted" in request.headers:
        # The browser then requests the page itself, and obeys the Refresh header below.
        return Response(status_code=problem["status"], headers={"HX-Redirect": path_of(request)})
    detail = error.detail
    if is_reloaded:
        detail = "This page reloads until it works again."
    elif isinstance(error, OutcomeUnknownError):
        detail = "The database went away at the last moment. Check whether it was saved before you send it again."
    # The log has one line for the whole outage, so there is no request id.
    lost = await _lost(request, problem["status"], error)
    answer = _told(request, problem["status"], _HEADINGS_OF_OUTAGES[type(error)], detail, None, **lost)
    if is_reloaded:
        answer.headers["Refresh"] = str(_RELOAD_SECONDS)
    return answer


def _told(
    request: Request,
    status: int,
    heading: str,
    detail: str,
    request_id: str | None,
    frame: Frame | None = None,
    fields: Mapping[str, str] = MappingProxyType({}),
    **said: Any,
) -> Response:
    is_note = request.method not in {"GET", "HEAD"} and "HX-Request" in request.headers
    said |= {"title": heading, "heading": heading, "detail": detail, "request_id": request_id}
    page = FailureNote(**said, fields=fields) if is_note else Failure(**said)
    answer = render(request, page, frame, status=status)
    if not is_note and "HX-Request" in request.headers and "HX-Boosted" not in request.headers:
        # A part of a page that cannot be refreshed stays as it is.
        answer.headers["HX-Reswap"] = "none"
    if is_note:
        answer.headers["HX-Retarget"] = "#notes"
        answer.headers["HX-Reswap"] = "innerHTML"
        # A form that renews a part of its page would look for that part in the note.
        answer.headers["HX-Reselect"] = "unset"
        answer.headers["HX-Push-Url"] = "false"
    return answer


def _words(problem: dict[str, Any], path: str) -> str:
    """What is wrong, with a form's fields named as on the page."""
    errors = problem.get("errors")
    if problem["type"] == FLOW_PROBLEMS:
        return without_problems(problem)
    if not errors:
        return f"{problem['detail']} {_HELP_OF_KINDS.get(problem['type'], '')}".rstrip()
    return sentence("; ".join(_said(error, path.rpartition("/")[2]).removesuffix(".") for error in errors))


def _fields(problem: dict[str, Any]) -> dict[str, str]:
    """What is wrong with each field of a form, by its name there."""
    errors = ((one["field"].partition("."), one["message"]) for one in problem.get("errors", ()))
    found = {name: sentence(message) for (place, _, name), message in errors if place == "body" and name}
    return {problem["field"]: problem["detail"]} if "field" in problem else found


def _said(error: dict[str, str], form: str) -> str:
    _, *path = error["field"].split(".")
    message = error["message"]
    if not path:
        return message[:1].upper() + message[1:]
    is_of_ticket_system = len(path) > 1 and path[0] in _GROUPS
    return f"{_title(*path[:2]) if is_of_ticket_system else field_label(path[0], form)}: {message}"


def _title(group: str, name: str) -> str:
    """What a ticket system calls one of its fields."""
    schemas = (getattr(kind, group).model_json_schema() for kind in PROVIDERS.values())
    titles = (schema["properties"][name].get("title") for schema in schemas if name in schema["properties"])
    return next(titles, None) or field_label(name)


async def _sign_in(request: Request) -> Response:
    """Lead to the sign-in page, and from there back to the requested page, or to the one that had the form.

    With scripts, what was typed in that page is kept in its tab. Without them it would be gone, so it is shown.
    """
    leads_to = wanted(request)
    path = "/sign-in" if leads_to == "/" else f"/sign-in?next={quote(leads_to)}"
    kept = await written(request) if _is_lost(request) and is_of_ours(request) else []
    if not kept:
        return lead_to(request, path, status=401)
    page = Failure(
        title="Sign in again",
        heading="Sign in again",
        detail="You are no longer signed in, so this was not recorded.",
        request_id=None,
        kept=kept,
        sign_in=path,
    )
    return render(request, page, None, status=401)
