"""Sending a message over HTTP: one POST, within ten seconds, to a checked address and nowhere else."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus

import httpx2

from flowpilot.outgoing.destinations import Address, AddressRefusedError, Network, lookup, parse
from flowpilot.outgoing.failures import GoneError, RefusedError, TryLaterError

TIMEOUT_SECONDS = 10.0

_LONGEST_WAIT = timedelta(days=1)
_MAY_PASS = frozenset({408, 425, 429})


async def post_message(
    address: str, body: bytes, headers: Mapping[str, str], *, allowed: Sequence[Network], now: datetime
) -> int:
    """Post the body and return the answer's status. The answer's body is not read, and redirects are not followed.

    Raises:
        RefusedError: nothing may be sent there, or the receiver refuses it. GoneError: it refuses all messages.
        TryLaterError: the receiver cannot be reached, or fails.
    """
    # A client of httpx2 logs the addresses it calls, which are secrets here. The transport beneath it does not.
    try:
        url = parse(address)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            found = await lookup(url, allowed)
            async with httpx2.AsyncHTTPTransport(verify=_tls()) as transport:
                response = await _post_to_first(transport, url, found, body, headers)
                await response.aclose()
    except AddressRefusedError as error:
        raise RefusedError(error.detail) from None
    except (TimeoutError, httpx2.TimeoutException):
        raise TryLaterError(f"The receiver did not answer within {TIMEOUT_SECONDS:g} seconds.") from None
    except httpx2.ConnectError as error:
        raise TryLaterError(_no_connection(error)) from None
    except httpx2.HTTPError as error:
        raise TryLaterError(f"The connection to the receiver was interrupted ({type(error).__name__}).") from None
    except OSError:
        raise TryLaterError("The host name could not be looked up.") from None
    return _status_of(response, now)


async def _post_to_first(
    transport: httpx2.AsyncHTTPTransport,
    url: httpx2.URL,
    addresses: Sequence[Address],
    body: bytes,
    headers: Mapping[str, str],
) -> httpx2.Response:
    """The answer of the first address that can be connected to."""
    # The certificate and the Host header keep the name, although the connection goes to the address.
    extensions = {
        "sni_hostname": url.raw_host.decode("ascii"),
        "timeout": {"connect": TIMEOUT_SECONDS / len(addresses)},
    }
    request = httpx2.Request(
        "POST", url, headers={"User-Agent": "FlowPilot", **headers}, content=body, extensions=extensions
    )
    *others, last = addresses
    for address in others:
        request.url = url.copy_with(host=str(address))
        try:
            return await transport.handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            continue
    request.url = url.copy_with(host=str(last))
    return await transport.handle_async_request(request)


def _status_of(response: httpx2.Response, now: datetime) -> int:
    """The status of an answer that accepts the message; any other answer is raised as a failure."""
    status = response.status_code
    if response.is_success:
        return status
    if status in _MAY_PASS or status >= 500:
        not_before = _retry_after(response.headers.get("Retry-After", ""), now)
        raise TryLaterError(f"The receiver answered {status}.", status, not_before)
    if status == HTTPStatus.GONE:
        raise GoneError("The receiver answered 410: it is gone for good and accepts no more messages.", status)
    if response.is_redirect:
        raise RefusedError(f"The receiver answered {status}: it has moved. Enter its new address.", status)
    raise RefusedError(f"The receiver answered {status}: it refuses this message.", status)


def _retry_after(text: str, now: datetime) -> datetime | None:
    """The time in a Retry-After header, given in seconds or as a date; at most a day from now."""
    try:
        moment = now + timedelta(seconds=int(text)) if text.isdigit() else parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(moment, now + _LONGEST_WAIT)


def _no_connection(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "The receiver's certificate is not valid for its name, or not from a trusted authority."
        cause = cause.__cause__ or cause.__context__
    return "The receiver could not be reached."


@cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()
