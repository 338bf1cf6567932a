"""Requests to one ticket system: within its limits, over the checked way out, with failures told apart.

There is no library that serves: an outbox must know whether a request was refused, may be sent again, or may have
been done although nobody answered, and none of the vendors' clients tells (docs/decisions/0032).
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from flowpilot.clock import now
from flowpilot.outgoing.destinations import AddressRefusedError, Network
from flowpilot.outgoing.http import NO_CONNECTION, Answer, NotSentError, UnansweredError, send
from flowpilot.psa.provider import CredentialsError, ProviderError, TryLater, UnavailableError, Unknown

# Ticket systems that check a hash on each request take about a second for one.
TIMEOUT_SECONDS = 30.0

_READ_BYTES = 8_000_000
_PAUSE = timedelta(seconds=30)

Parameters = Mapping[str, str | int] | Sequence[tuple[str, str | int]]


class Limiter(Protocol):
    """What all processes that use one connection agree on."""

    def call(self) -> AbstractAsyncContextManager[None]:
        """Wait until a request may be sent, and hold its place until it is answered.

        Raises:
            UnavailableError: the ticket system asked to wait for longer than anybody should.
        """
        ...

    async def rest_until(self, moment: datetime) -> None:
        """Let nobody send a request before then, because the ticket system has asked for it."""
        ...


class NoLimiter:
    """For one caller alone, such as a test."""

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        """Let every request pass."""
        yield

    async def rest_until(self, moment: datetime) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where a ticket system is, and what a request to it passes through.

    `base_url` has no slash at its end. `allowed`: private networks that the operator allows. `files` is a
    directory of this account's own, for a ticket system that is only files.
    """

    base_url: str
    allowed: Sequence[Network]
    limiter: Limiter
    files: Path
    timeout_seconds: float = TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class Client:
    """Sends requests to one ticket system. `system` is its name in sentences.

    `judges_missing`: a web page with the status 404 is handed on, because the caller knows what else it may mean.
    """

    access: Access
    system: str
    judges_missing: bool = False

    async def read(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Parameters = (),
        data: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask for something. The answer is a success, or a refusal with a status from 400 to 499.

        Args:
            method: of the request.
            url: absolute, or a path below `base_url`.
            headers: with the credentials.
            params: of the address.
            data: sent as JSON, unless it is None.
            form: sent as a form.

        Raises:
            CredentialsError: the answer is 401.
            UnavailableError: there is no answer, or it says that there will be one later.
            ProviderError: nothing may be sent to this address, or it is another one now.
        """
        try:
            answer = await self._send(method, url, headers, params, data, form)
        except AddressRefusedError as error:
            raise ProviderError(error.detail) from None
        except (NotSentError, UnansweredError) as error:
            raise UnavailableError(_unreachable(self.system, error.reason)) from None
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= 500:
            raise UnavailableError(f"{self.system} answered {answer.status}.", answer.retry_after(now()))
        if answer.is_redirect:
            raise ProviderError(f"{self.system} answered {answer.status}: it has moved. Enter its new address.")
        if self._is_page(answer):
            raise UnavailableError(not_the_interface(self.system, answer))
        return answer

    async def write(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Parameters = (),
        data: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer | TryLater | Unknown:
        """Send something that changes the ticket system. An answer is a success or any failure but 401 and 429.

        `body` is sent as it is, if there is neither `data` nor a form.

        Raises:
            CredentialsError: the answer is 401, so nothing was written.
        """
        try:
            answer = await self._send(method, url, headers, params, data, form, body)
        except (AddressRefusedError, NotSentError) as error:
            reason = error.reason if isinstance(error, NotSentError) else error.detail
            return TryLater(_unreachable(self.system, reason), is_down=True)
        except UnavailableError as error:
            return TryLater(error.detail, error.not_before, is_down=True)
        except UnansweredError as error:
            return Unknown(f"{self.system} was sent this and did not answer. {error.reason}")
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            reason = f"{self.system} asks to wait, because it gets too many requests."
            return TryLater(reason, answer.retry_after(now()), is_down=True)
        if self._is_page(answer):
            return TryLater(not_the_interface(self.system, answer), is_down=True)
        return answer

    def _is_page(self, answer: Answer) -> bool:
        return is_page(answer) and not (self.judges_missing and answer.status == HTTPStatus.NOT_FOUND)

    async def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        params: Parameters,
        data: Any,
        form: Mapping[str, str] | None,
        body: bytes = b"",
    ) -> Answer:
        more = dict(headers)
        if data is not None:
            more.setdefault("Content-Type", "application/json")
            body = json.dumps(data).encode()
        if form is not None:
            more.setdefault("Content-Type", "application/x-www-form-urlencoded")
            body = urlencode(form).encode()
        # With a slash between, so that a path from a setting cannot make the host another one.
        address = url if "://" in url else f"{self.access.base_url}/{url.lstrip('/')}"
        if params:
            address += f"{'&' if '?' in address else '?'}{urlencode(params)}"
        async with self.access.limiter.call():
            answer = await send(
                method,
                address,
                headers=more,
                body=body,
                allowed=self.access.allowed,
                timeout_seconds=self.access.timeout_seconds,
                read_bytes=_READ_BYTES,
            )
            # Still in its place, so that nobody who waits for it sends a request before knowing.
            if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                await self.access.limiter.rest_until(answer.retry_after(now()) or now() + _PAUSE)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise CredentialsError(f"{self.system} does not accept the credentials. Enter valid ones.")
        return answer


def content(answer: Answer) -> Any:
    """The answer's JSON.

    Raises:
        ProviderError: it is something else, so the address leads to another program or to a page for people.
    """
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise ProviderError(
            "The answer is not from the ticket system's programming interface. Is the address right?"
        ) from None


def is_page(answer: Answer) -> bool:
    """Whether a refusal is a web page: of something before the ticket system, which itself was not asked.

    Not so if a body is too large, for whom it may be.
    """
    is_refusal = 400 <= answer.status < 500 and answer.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return is_refusal and answer.body.lstrip()[:1] == b"<"


def not_the_interface(system: str, answer: Answer) -> str:
    """The sentence about it."""
    return (
        f"The answer {answer.status} is a web page, so it is not from {system}'s programming interface. It may be "
        "under maintenance, or the address may be wrong."
    )


def _unreachable(system: str, reason: str) -> str:
    """Why it cannot be reached, unless that is all that is known."""
    return f"{system} cannot be reached." if reason == NO_CONNECTION else f"{system} cannot be reached. {reason}"
