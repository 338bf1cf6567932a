"""Requests to Autotask: in the tenant's zone, within our share of its limit, with failures told apart."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flowpilot.clock import now
from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import Access, Client, content
from flowpilot.psa.provider import CredentialsError, ProviderError, Refused, TryLater, UnavailableError, Unknown
from flowpilot.psa.providers.autotask.forms import Credentials, Settings
from flowpilot.psa.providers.autotask.tenant import tenant_of
from flowpilot.psa.targets import nothing_sent

SYSTEM = "Autotask"

Row = dict[str, Any]
Filter = Mapping[str, Any]

_MOST_ROWS = 500
_MOST_PAGES = 40
# Autotask answers 500 to what it refuses as well as to what has failed inside it; only its words tell them apart.
_REFUSED = re.compile(
    r"permission|not allowed|authori[sz]|access|impersonat|timesheet|midnight|required|invalid|violation|must |"
    r"does not exist|cannot|can not|not found|unable to find",
    re.IGNORECASE,
)
_RIGHTS = re.compile(r"permission|not allowed|authori[sz]|access|impersonat", re.IGNORECASE)

T = TypeVar("T")


class Requests:
    """Requests to one tenant of Autotask."""

    def __init__(self, access: Access, credentials: Credentials, settings: Settings) -> None:
        self._client = Client(access, SYSTEM)
        self._credentials = credentials
        self._settings = settings
        self._tenant = tenant_of(settings.zone_lookup_url, credentials.username)

    async def read(self, path: str) -> Any:
        """What is at a path of the API; None if there is nothing.

        Raises:
            ProviderError: it is not shown, or cannot be read now.
        """
        return self._content(path, await self._in_zone(partial(self._client.write, "GET"), path))

    async def query(
        self, entity: str, *filters: Filter, pages: int | None = None, rows: int = _MOST_ROWS
    ) -> list[Row]:
        """The records of an entity that pass all filters: all of them, or those of the first `pages`.

        `rows` is how many a page has.

        Raises:
            ProviderError: they are not shown, or cannot be read now, or not all of them.
        """
        asked = {"filter": list(filters), "MaxRecords": rows}
        send = partial(self._client.write, "POST", data=asked)
        page = self._content(entity, await self._in_zone(send, f"{entity}/query"))
        found: list[Row] = []
        for number in range(1, _MOST_PAGES + 1):
            found += (page or {}).get("items") or []
            following = ((page or {}).get("pageDetails") or {}).get("nextPageUrl")
            if not following or number == pages:
                return found
            if not following.startswith(self._tenant.api_url):
                raise ProviderError("Autotask named a next page in another zone. Try again.")
            page = self._content(entity, await self._in_zone(send, following))
        # Some of them would do harm: what is not found among them would be written again.
        raise ProviderError(
            f"Autotask has more {entity} than the {_MOST_PAGES * _MOST_ROWS} that FlowPilot can read."
        )

    async def write(
        self, method: str, path: str, data: Row, *, member_id: str | None = None
    ) -> Answer | Refused | TryLater | Unknown:
        """Send something that changes the tenant, in a member's name if one is given.

        Raises:
            CredentialsError: the credentials are not accepted, so nothing was written.
        """
        send = partial(self._client.write, method, data=data)
        try:
            return await self._in_zone(send, path, member_id)
        except ProviderError as error:
            return nothing_sent(error)

    async def mind_the_limit(self) -> None:
        """Leave requests to the tenant's other integrations; their usage is asked for once a minute at most.

        Raises:
            UnavailableError: all of them together have used our share of the limit.
        """
        if not self._tenant.is_usage_known(now()):
            try:
                self._tenant.learn_usage(await self.read("ThresholdInformation"), now())
            except (CredentialsError, UnavailableError):
                raise
            except ProviderError:
                self._tenant.learn_usage(None, now())
        moment = self._tenant.rests_until(self._settings.share_percent, now())
        if moment is not None:
            raise UnavailableError(
                f"All integrations with Autotask together have used {self._settings.share_percent} % of its "
                "requests in an hour. FlowPilot waits.",
                moment,
            )

    async def find_zone(self) -> str:
        """The address of the API in the zone where the tenant is now.

        Raises:
            CredentialsError: Autotask does not know the user name.
        """
        lookup = self._settings.zone_lookup_url.rstrip("/")
        answer = await self._client.write(
            "GET",
            f"{lookup}/atservicesrest/v1.0/zoneInformation",
            headers={"Accept": "application/json"},
            params={"user": self._credentials.username},
        )
        if isinstance(answer, Answer) and answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise UnavailableError(
                f"Autotask answered {answer.status} when asked in which zone this user name is. Is it right?"
            )
        zone = self._content("its zone", answer)
        url = zone.get("url") if isinstance(zone, dict) else None
        if not url:
            raise CredentialsError("Autotask does not accept the credentials: it does not know this user name.")
        # The secret goes to this address, so it has to be Autotask's.
        host = urlsplit(url).hostname or ""
        if host != urlsplit(lookup).hostname and not host.endswith(".autotask.net"):
            raise ProviderError("The zone look-up named an address that is not Autotask's. Correct its address.")
        self._tenant.api_url = f"{url.rstrip('/')}/v1.0/"
        return self._tenant.api_url

    async def _in_zone(self, send: Callable[..., Awaitable[T]], path: str, member_id: str | None = None) -> T:
        """Send to the tenant's zone; it may have moved if the credentials are suddenly not accepted."""
        zone = self._tenant.api_url or await self.find_zone()
        headers = self._headers(member_id)
        try:
            return await send(path if "://" in path else f"{zone}{path}", headers=headers)
        except CredentialsError:
            found = await self.find_zone()
            if found == zone or "://" in path:
                raise
            return await send(f"{found}{path}", headers=headers)

    def _headers(self, member_id: str | None) -> Mapping[str, str]:
        credentials = self._credentials
        headers = {
            "UserName": credentials.username,
            "Secret": credentials.secret.get_secret_value(),
            "ApiIntegrationCode": credentials.integration_code.get_secret_value(),
            "Accept": "application/json",
        }
        return headers if member_id is None else {**headers, "ImpersonationResourceId": member_id}

    @staticmethod
    def _content(what: str, answer: Answer | TryLater | Unknown) -> Any:
        # The client's way to write is used for reading too, because it hands on what a 500 says: a missing right.
        if isinstance(answer, TryLater):
            raise UnavailableError(answer.reason, answer.not_before)
        if isinstance(answer, Unknown):
            raise UnavailableError(answer.reason)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not _RIGHTS.search(said(answer)):
            raise UnavailableError(f"Autotask answered {answer.status}.", answer.retry_after(now()))
        if not answer.is_success:
            raise ProviderError(f"Autotask does not show {what} to FlowPilot. {said(answer)}")
        return content(answer)


def said(answer: Answer) -> str:
    """What Autotask says about a failure, as far as it does."""
    try:
        body = content(answer)
    except ProviderError:
        body = None
    errors = body.get("errors") if isinstance(body, dict) else None
    texts = [_text(error) for error in errors] if isinstance(errors, list) else []
    return " ".join(text for text in texts if text)[:300] or f"It answered {answer.status}."


def not_written(answer: Answer, sent: Mapping[str, Any]) -> Refused | TryLater | Unknown:
    """What became of a write that was answered with a failure."""
    reason = said(answer)
    is_inside = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.is_redirect
    if is_inside and not _REFUSED.search(reason):
        return Unknown(f"Autotask answered {answer.status}, and may have written this all the same.")
    if answer.status == HTTPStatus.CONFLICT:
        return TryLater(f"The ticket is in use in Autotask. {reason}")
    if answer.status == HTTPStatus.FORBIDDEN or _RIGHTS.search(reason):
        return Refused(
            f"Autotask does not allow this. {reason} Look at the security levels of API user and engineer."
        )
    if answer.status == HTTPStatus.NOT_FOUND:
        return Refused(f"Autotask has no such ticket, or does not show it to FlowPilot. {reason}")
    return Refused(f"Autotask refused this. {reason}", _field(reason, sent))


def _field(reason: str, sent: Mapping[str, Any]) -> str | None:
    return next((name for name in sent if name.lower() in reason.lower()), None)


def _text(error: Any) -> str:
    return str(error.get("message", "")) if isinstance(error, dict) else str(error)


def any_of(filters: Sequence[Filter]) -> Filter:
    """Passes what one of the filters passes."""
    return {"op": "or", "items": list(filters)}


def equal(field: str, value: str | int | bool) -> Filter:
    """Passes rows with this value."""
    return {"op": "eq", "field": field, "value": value}
