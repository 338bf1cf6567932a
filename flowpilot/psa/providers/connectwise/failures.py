"""What ConnectWise's refusals mean, in sentences that a person can act on."""

import json
import re
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from flowpilot.outgoing.http import Answer
from flowpilot.psa.provider import (
    Accepted,
    CredentialsError,
    Outcome,
    ProviderError,
    Refused,
    TryLater,
    Unknown,
)

_LONGEST = 500
_CLOSED = re.compile(r"time ?sheet|period|submitted|approved", re.IGNORECASE)


class Right(StrEnum):
    """A right of the API member's security role, as ConnectWise's own page lists it."""

    INFO = "System > API Reports: Inquire"
    BOARDS = "System > Table Setup: Inquire, with Service / Service Board"
    TICKETS = "Service Desk > Service Tickets: Inquire"
    NOTES = "Service Desk > Service Tickets: Add and Edit"
    STATUS = "Service Desk > Service Tickets and Close Service Tickets: Edit"
    TIME = "Time & Expense > Time Entry: Inquire"
    BOOK = "Time & Expense > Time Entry: Add, for all members"
    FILES = "Companies > Manage Documents: Add and Inquire"
    MEMBERS = "System > Member Maintenance: Inquire"
    COMPANIES = "Companies > Company Maintenance: Inquire"


class ForbiddenError(ProviderError):
    """The API member's security role lacks a right."""

    def __init__(self, right: Right) -> None:
        super().__init__(missing(right))


class NotThereError(ProviderError):
    """There is no such record, or the API member does not see it."""

    status = 404


def missing(right: Right) -> str:
    """A sentence that names a right to give."""
    return f"ConnectWise PSA refuses this to FlowPilot's API member. Give its security role “{right}”."


def check_access(answer: Answer) -> None:
    """Stop if a refusal concerns FlowPilot as a whole.

    Raises:
        CredentialsError: the client ID is missing or not valid.
    """
    if answer.status == HTTPStatus.FORBIDDEN and b"clientid" in answer.body.lower().replace(b" ", b""):
        raise CredentialsError(
            "ConnectWise PSA does not accept the client ID. Enter the one from developer.connectwise.com with the "
            "credentials."
        )


def failure(answer: Answer, right: Right) -> ProviderError:
    """The error that a refused read is."""
    if answer.status == HTTPStatus.FORBIDDEN:
        return ForbiddenError(right)
    if answer.status == HTTPStatus.NOT_FOUND:
        return NotThereError("ConnectWise PSA has no such record, or no interface at this address.")
    said, field = _said(answer)
    return ProviderError(f"ConnectWise PSA refused this: {said}{f' ({field})' if field else ''}")


def outcome(answer: Answer | TryLater | Unknown, right: Right) -> Outcome:
    """What became of a write, so far as the answer tells."""
    if isinstance(answer, TryLater | Unknown):
        return answer
    if answer.is_success:
        return _accepted(answer)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unknown(f"ConnectWise PSA answered {answer.status}, which does not say whether it was written.")
    if answer.status == HTTPStatus.CONFLICT:
        return TryLater("Somebody else is changing the ticket in ConnectWise PSA.")
    return _refused(answer, right)


def _refused(answer: Answer, right: Right) -> Refused:
    if answer.status == HTTPStatus.FORBIDDEN:
        return Refused(missing(right))
    if answer.status == HTTPStatus.NOT_FOUND:
        return Refused("The ticket is not in ConnectWise PSA any more.")
    said, field = _said(answer)
    advice = ""
    if right is Right.BOOK and _CLOSED.search(said):
        advice = " Have the timesheet or the period opened again there, and try again."
    return Refused(f"ConnectWise PSA refused this: {said}{f' ({field})' if field else ''}{advice}", field)


def _accepted(answer: Answer) -> Outcome:
    record = _json(answer)
    if isinstance(record, dict) and record.get("id"):
        return Accepted(str(record["id"]))
    return Unknown("ConnectWise PSA answered without saying what it has written.")


def _said(answer: Answer) -> tuple[str, str | None]:
    """The messages of a refusal, and the field that the first of them is about."""
    body = _json(answer)
    if not isinstance(body, dict):
        return f"its answer was {answer.status}.", None
    details = [one for one in body.get("errors") or [] if isinstance(one, dict) and one.get("message")]
    messages = [str(one["message"]) for one in details] or [str(body.get("message") or body.get("code") or "")]
    field = next((str(one["field"]) for one in details if one.get("field")), None)
    return " ".join(messages)[:_LONGEST] or f"its answer was {answer.status}.", field


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
