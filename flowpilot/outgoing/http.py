"""One request over HTTP to an address that a member entered: to the very address that was checked."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache

import httpx2

from flowpilot.outgoing.destinations import Address, Network, lookup, parse

NO_CONNECTION = "The receiver could not be reached."

_LONGEST_WAIT = timedelta(days=1)

# Nothing has been sent when one of these is raised.
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class NotSentError(Exception):
    """The receiver could not be reached, so it knows nothing of the request. `reason` is a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnansweredError(Exception):
    """The request was sent and no whole answer came: the receiver may have done what it says, or may yet."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request, with its body as far as it was read."""

    status: int
    headers: httpx2.Headers
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the receiver says that it did what was asked."""
        return 200 <= self.status < 300

    @property
    def is_redirect(self) -> bool:
        """Whether the receiver says that the address is another one."""
        return 300 <= self.status < 400

    def retry_after(self, now: datetime) -> datetime | None:
        """The time in the Retry-After header, given in seconds or as a date; at most a day from now."""
        text = self.headers.get("Retry-After", "")
        try:
            moment = now + timedelta(seconds=int(text)) if text.isdigit() else parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return min(moment, now + _LONGEST_WAIT)


async def send(
    method: str,
    address: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    allowed: Sequence[Network],
    timeout_seconds: float,
    read_bytes: int = 0,
) -> Answer:
    """Send a request and return the answer with the first `read_bytes` of its body. Redirects are not followed.

    Every request has a connection of its own: when an idle one is closed by the receiver at the wrong moment,
    nobody knows whether the request arrived.

    Raises:
        AddressRefusedError: nothing may be sent there.
        NotSentError: the receiver cannot be reached.
        UnansweredError: it was reached, and has not answered in time.
    """
    url, is_sent = parse(address), False
    # A client of httpx2 logs the addresses it calls, which are secrets here. The transport beneath it does not.
    try:
        async with asyncio.timeout(timeout_seconds):
            found = await lookup(url, allowed)
            is_sent = True
            async with httpx2.AsyncHTTPTransport(verify=_tls()) as transport:
                request = _request(method, url, found, headers, body, timeout_seconds)
                response = await _send_to_first(transport, request, url, found)
                answer = Answer(response.status_code, response.headers, await _beginning(response, read_bytes))
                await response.aclose()
                return answer
    except _NOT_SENT as error:
        raise NotSentError(_no_connection(error)) from None
    except (TimeoutError, httpx2.TimeoutException):
        failure = UnansweredError if is_sent else NotSentError
        raise failure(f"The receiver did not answer within {timeout_seconds:g} seconds.") from None
    except httpx2.HTTPError as error:
        reason = f"The connection to the receiver was interrupted ({type(error).__name__})."
        raise UnansweredError(reason) from None
    except OSError:
        raise NotSentError("The host name could not be looked up.") from None


def _request(
    method: str,
    url: httpx2.URL,
    addresses: Sequence[Address],
    headers: Mapping[str, str],
    body: bytes,
    timeout_seconds: float,
) -> httpx2.Request:
    # The certificate and the Host header keep the name, although the connection goes to the address.
    extensions = {
        "sni_hostname": url.raw_host.decode("ascii"),
        "timeout": {"connect": timeout_seconds / len(addresses)},
    }
    return httpx2.Request(
        method, url, headers={"User-Agent": "FlowPilot", **headers}, content=body, extensions=extensions
    )


async def _send_to_first(
    transport: httpx2.AsyncHTTPTransport,
    request: httpx2.Request,
    url: httpx2.URL,
    addresses: Sequence[Address],
) -> httpx2.Response:
    """The answer of the first address that can be connected to."""
    *others, last = addresses
    for address in others:
        request.url = url.copy_with(host=str(address))
        try:
            return await transport.handle_async_request(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            continue
    request.url = url.copy_with(host=str(last))
    return await transport.handle_async_request(request)


async def _beginning(response: httpx2.Response, size: int) -> bytes:
    """The first bytes of the body, decompressed, and no more, however long it is."""
    read = bytearray()
    if size:
        async for chunk in response.aiter_bytes():
            read += chunk
            if len(read) >= size:
                break
    return bytes(read[:size])


def _no_connection(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "The receiver's certificate is not valid for its name, or not from a trusted authority."
        cause = cause.__cause__ or cause.__context__
    return NO_CONNECTION


@cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()
