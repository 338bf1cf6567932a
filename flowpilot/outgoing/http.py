"""Sending a message over HTTP: one POST, within ten seconds, to an address that was checked, and nowhere else."""

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
    """Send the body and return the answer's status; its body is not read, nor are redirects followed.

    Raises:
        RefusedError: nothing may be sent there, or the receiver will not have it; a GoneError: nor any other.
        TryLaterError: the receiver cannot be reached or is in trouble.
    """
    # A client of httpx2 logs the addresses it calls, and ours are secrets. The transport beneath it does not.
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
        raise TryLaterError(f"The connection to the receiver broke off ({type(error).__name__}).") from None
    except OSError:
        raise TryLaterError("The host's name could not be looked up.") from None
    return _status_of(response, now)


async def _post_to_first(
    transport: httpx2.AsyncHTTPTransport,
    url: httpx2.URL,
    addresses: Sequence[Address],
    body: bytes,
    headers: Mapping[str, str],
) -> httpx2.Response:
    """The answer of the first address that can be connected to."""
    # The name stays what the certificate must be for, and what the receiver is called by in the Host header.
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
    """The status of an answer that takes the message; any other is raised as a failure."""
    status = response.status_code
    if response.is_success:
        return status
    if status in _MAY_PASS or status >= 500:
        not_before = _retry_after(response.headers.get("Retry-After", ""), now)
        raise TryLaterError(f"The receiver answered {status}.", status, not_before)
    if status == HTTPStatus.GONE:
        raise GoneError("The receiver answered 410: it is gone for good and wants no more messages.", status)
    if response.is_redirect:
        raise RefusedError(f"The receiver answered {status}: it has moved. Enter the address it has now.", status)
    raise RefusedError(f"The receiver answered {status}: it will not have this message.", status)


def _retry_after(text: str, now: datetime) -> datetime | None:
    """The moment that a Retry-After header names, by seconds or by date; within a day."""
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
            return "The receiver's certificate is not valid for its name, or from nobody that is trusted here."
        cause = cause.__cause__ or cause.__context__
    return "The receiver could not be connected to."


@cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()
