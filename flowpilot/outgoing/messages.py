"""Sending a message: one POST, within ten seconds, whose answer is a status."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus

from flowpilot.outgoing.destinations import AddressRefusedError, Network
from flowpilot.outgoing.failures import GoneError, RefusedError, TryLaterError
from flowpilot.outgoing.http import Answer, NotSentError, UnansweredError, send

TIMEOUT_SECONDS = 10.0

_MAY_PASS = frozenset({408, 425, 429})


async def post_message(
    address: str, body: bytes, headers: Mapping[str, str], *, allowed: Sequence[Network], now: datetime
) -> int:
    """Post the body and return the answer's status. The answer's body is not read, and redirects are not followed.

    Raises:
        RefusedError: nothing may be sent there, or the receiver refuses it. GoneError: it refuses all messages.
        TryLaterError: the receiver cannot be reached, or fails.
    """
    try:
        answer = await send(
            "POST", address, headers=headers, body=body, allowed=allowed, timeout_seconds=TIMEOUT_SECONDS
        )
    except AddressRefusedError as error:
        raise RefusedError(error.detail) from None
    except (NotSentError, UnansweredError) as error:
        raise TryLaterError(error.reason) from None
    return _status_of(answer, now)


def _status_of(answer: Answer, now: datetime) -> int:
    """The status of an answer that accepts the message; any other answer is raised as a failure."""
    status = answer.status
    if answer.is_success:
        return status
    if status in _MAY_PASS or status >= 500:
        raise TryLaterError(f"The receiver answered {status}.", status, answer.retry_after(now))
    if status == HTTPStatus.GONE:
        raise GoneError("The receiver answered 410: it is gone for good and accepts no more messages.", status)
    if answer.is_redirect:
        raise RefusedError(f"The receiver answered {status}: it has moved. Enter its new address.", status)
    raise RefusedError(f"The receiver answered {status}: it refuses this message.", status)
