"""Requests to HaloPSA, with a bearer token that is renewed when it has run out."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import Access, Client, content
from flowpilot.psa.provider import CredentialsError, ProviderError, Refused, TryLater, UnavailableError, Unknown
from flowpilot.psa.providers.halopsa.forms import Credentials, Settings
from flowpilot.psa.targets import nothing_sent

SYSTEM = "HaloPSA"

_PAGE = 100
_PAGES = 200

T = TypeVar("T")

# By where they are valid and for whom. A provider lives for one job, and a token for about an hour.
_tokens: dict[tuple[str, Credentials], str] = {}


class Requests:
    """Requests to one HaloPSA."""

    def __init__(self, access: Access, credentials: Credentials, settings: Settings) -> None:
        self._client = Client(access, SYSTEM)
        self._credentials = credentials
        self._token_url = f"{(settings.auth_url or f'{access.base_url}/auth').rstrip('/')}/token"
        self._key = self._token_url, credentials

    async def read(self, path: str, **params: str | int) -> Any:
        """What is at a path below /api; None if there is nothing.

        Raises:
            ProviderError: it is not shown, or cannot be read now.
        """
        answer = await self._with_token(partial(self._client.read, "GET", f"/api{path}", params=params))
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if not answer.is_success:
            raise ProviderError(f"HaloPSA does not show {path} to FlowPilot. {said(answer)}")
        return content(answer)

    async def read_all(self, path: str, key: str, **params: str | int) -> list[dict[str, Any]]:
        """All records of a list, page by page. `key` is the list's name in the answer, if it has one.

        Raises:
            ProviderError: it cannot be read now, or not to its end.
        """
        found: dict[Any, dict[str, Any]] = {}
        for page in range(1, _PAGES + 1):
            answer = await self.read(path, pageinate="true", page_size=_PAGE, page_no=page, **params)
            rows = rows_of(answer, key)
            new = {row["id"]: row for row in rows if row["id"] not in found}
            found |= new
            # Some lists are not in pages, and answer with all that they have to each page.
            if len(rows) < _PAGE or not new:
                return list(found.values())
        # Part of a list would do harm: what is not found in it would be written again.
        raise ProviderError(
            f"HaloPSA has more than {_PAGES * _PAGE} records at {path}, which FlowPilot cannot read."
        )

    async def write(self, path: str, records: list[dict[str, Any]]) -> Answer | Refused | TryLater | Unknown:
        """Send records to a path below /api.

        Raises:
            CredentialsError: the credentials are not accepted, so nothing was written.
        """
        try:
            return await self._with_token(partial(self._client.write, "POST", f"/api{path}", data=records))
        except ProviderError as error:
            return nothing_sent(error)

    async def sign_in(self) -> None:
        """Get a token, which lasts about an hour.

        Raises:
            CredentialsError: the client's id or its secret is not valid.
        """
        credentials = self._credentials
        answer = await self._client.read(
            "POST",
            self._token_url,
            headers={"Accept": "application/json"},
            params={"tenant": credentials.tenant} if credentials.tenant else (),
            form={
                "grant_type": "client_credentials",
                "client_id": credentials.client_id,
                "client_secret": credentials.client_secret.get_secret_value(),
                "scope": "all",
            },
        )
        if answer.status == HTTPStatus.NOT_FOUND:
            raise ProviderError(
                "There is no authorisation server of HaloPSA at this address. Is the address right?"
            )
        if not answer.is_success and not answer.body.strip():
            raise UnavailableError(f"HaloPSA's authorisation server answered {answer.status} without a word.")
        if not answer.is_success:
            raise CredentialsError("HaloPSA does not accept the credentials. Enter a valid client ID and secret.")
        given = content(answer)
        if not isinstance(given, dict) or "access_token" not in given:
            raise ProviderError("HaloPSA's authorisation server gave no token. Is the address right?")
        _tokens[self._key] = str(given["access_token"])

    async def _with_token(self, send: Callable[..., Awaitable[T]]) -> T:
        if self._key not in _tokens:
            await self.sign_in()
        try:
            return await send(headers=self._headers())
        except CredentialsError:
            await self.sign_in()
            return await send(headers=self._headers())

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {_tokens[self._key]}", "Accept": "application/json"}


def rows_of(answer: Any, key: str) -> list[dict[str, Any]]:
    """The records of a list, which is in an answer by its name, or is the answer."""
    rows = answer.get(key) if isinstance(answer, dict) else answer
    return rows if isinstance(rows, list) else []


def said(answer: Answer) -> str:
    """What HaloPSA says about a failure, as far as it does."""
    try:
        body = content(answer)
    except ProviderError:
        body = None
    if isinstance(body, str):
        return body[:300]
    names = ("error_description", "message", "Message", "error", "title")
    texts = (body.get(name) for name in names) if isinstance(body, dict) else iter(())
    return next((text[:300] for text in texts if isinstance(text, str) and text), f"It answered {answer.status}.")


def not_written(answer: Answer, sent: Mapping[str, Any]) -> Refused | TryLater | Unknown:
    """What became of a write that was answered with a failure."""
    reason = said(answer)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.is_redirect:
        return Unknown(f"HaloPSA answered {answer.status}, and may have written this all the same.")
    if answer.status == HTTPStatus.CONFLICT:
        return TryLater(f"The ticket is in use in HaloPSA. {reason}")
    if answer.status == HTTPStatus.FORBIDDEN:
        return Refused(f"FlowPilot's application in HaloPSA may not do this: it needs edit:tickets. {reason}")
    if answer.status == HTTPStatus.NOT_FOUND:
        return Refused(f"HaloPSA has no such ticket, or does not show it to FlowPilot. {reason}")
    field = next((name for name in sent if name in reason), None)
    return Refused(f"HaloPSA refused this. {reason}", field)
