"""Requests to ConnectWise's REST interface: at the address that it has today, with what every request carries."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import Client, content, is_page, not_the_interface
from flowpilot.psa.multipart import multipart
from flowpilot.psa.provider import (
    CredentialsError,
    ProviderError,
    TicketFile,
    TryLater,
    UnavailableError,
    Unknown,
)
from flowpilot.psa.providers.connectwise.failures import Right, check_access, failure
from flowpilot.psa.providers.connectwise.settings import Credentials, Hosting, Settings

_CLOUDS = ("myconnectwise.net", "connectwisedev.com")
# The path on a company's own server. In the cloud, it has the version of the last upgrade.
_CODEBASE = "v4_6_release/"
_MOST_PAGES = 200

# What each cloud was last found to use, so that a process asks once and not before every request.
_codebases: dict[tuple[str, str], str] = {}

Parameters = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and whether there is another one."""

    items: list[Any]
    has_next: bool


@dataclass(frozen=True, slots=True)
class Rest:
    """Sends requests with one API member's keys."""

    client: Client
    credentials: Credentials
    settings: Settings

    async def read(
        self, path: str, right: Right, params: Parameters | None = None, *, method: str = "GET", data: Any = None
    ) -> Answer:
        """Ask for something.

        Args:
            path: below `apis/3.0`.
            right: what the API member needs for it.
            params: of the address.
            method: `POST` for a search.
            data: sent as JSON.

        Raises:
            ProviderError: as `Client.read` does; `ForbiddenError` and `NotThereError` among them.
        """
        answer = await self._read(path, params, method, data)
        if answer.status == HTTPStatus.NOT_FOUND and self._is_cloud and await self._has_moved():
            answer = await self._read(path, params, method, data)
        await self._check_access(answer)
        if is_page(answer):
            raise UnavailableError(not_the_interface(self.client.system, answer))
        if not answer.is_success:
            raise failure(answer, right)
        return answer

    async def read_page(
        self, path: str, right: Right, params: Parameters, *, method: str = "GET", data: Any = None
    ) -> Page:
        """One page of a list; `params` has `page` and `pageSize`."""
        answer = await self.read(path, right, params, method=method, data=data)
        items = content(answer)
        if not isinstance(items, list):
            raise ProviderError("ConnectWise PSA did not answer with a list. Is the address right?")
        # Where the link leads is not followed: only the address that was entered gets the keys.
        link = answer.headers.get("Link")
        is_full = len(items) >= int(params["pageSize"])
        return Page(items, 'rel="next"' in link if link else is_full)

    async def read_all(
        self, path: str, right: Right, params: Parameters | None = None, *, page_size: int = 1000
    ) -> list[Any]:
        """A whole list, page by page.

        Raises:
            ProviderError: it cannot be read now, or not to its end.
        """
        found: list[Any] = []
        for number in range(1, _MOST_PAGES + 1):
            page = await self.read_page(path, right, {**(params or {}), "page": number, "pageSize": page_size})
            found += page.items
            if not page.has_next:
                return found
        # Part of a list would do harm: what is not found in it would be written again.
        raise ProviderError(
            f"ConnectWise PSA has more than {len(found)} records at {path}, which FlowPilot cannot read."
        )

    async def write(self, method: str, path: str, data: Any) -> Answer | TryLater | Unknown:
        """Send a change.

        Raises:
            ProviderError: it was not written.
        """
        return await self._written(partial(self._write, method, path, data=data))

    async def upload(self, path: str, fields: Mapping[str, str], file: TicketFile) -> Answer | TryLater | Unknown:
        """Send a form with a file.

        Raises:
            ProviderError: it was not written.
        """
        body, media_type = multipart(fields, file)
        return await self._written(partial(self._write, "POST", path, body=body, media_type=media_type))

    async def _written(
        self, send: Callable[[], Awaitable[Answer | TryLater | Unknown]]
    ) -> Answer | TryLater | Unknown:
        answer = await send()
        if not isinstance(answer, Answer):
            return answer
        if answer.status == HTTPStatus.NOT_FOUND and self._is_cloud and await self._has_moved():
            answer = await send()
        if isinstance(answer, Answer):
            await self._check_access(answer)
            if is_page(answer):
                return TryLater(not_the_interface(self.client.system, answer), is_down=True)
        return answer

    async def _read(self, path: str, params: Parameters | None, method: str, data: Any) -> Answer:
        url = await self._url(path)
        return await self.client.read(method, url, headers=self._headers(), params=params or {}, data=data)

    async def _write(
        self, method: str, path: str, *, data: Any = None, body: bytes = b"", media_type: str | None = None
    ) -> Answer | TryLater | Unknown:
        headers = {**self._headers(), **({"Content-Type": media_type} if media_type else {})}
        return await self.client.write(method, await self._url(path), headers=headers, data=data, body=body)

    def _headers(self) -> dict[str, str]:
        given = self.credentials
        key = f"{given.company}+{given.public_key}:{given.private_key.get_secret_value()}".encode()
        version = f"; version={self.settings.api_version}" if self.settings.api_version else ""
        return {
            "Authorization": f"Basic {b64encode(key).decode('ascii')}",
            "clientId": given.client_id,
            "Accept": f"application/vnd.connectwise.com+json{version}",
        }

    @property
    def _is_cloud(self) -> bool:
        if self.settings.hosting is Hosting.BY_ADDRESS:
            return _is_cloud_host(urlsplit(self.client.access.base_url).hostname or "")
        return self.settings.hosting is Hosting.CLOUD

    async def _url(self, path: str) -> str:
        codebase = self.settings.codebase or _CODEBASE
        if self._is_cloud and not self.settings.codebase:
            codebase = _codebases.get(self._key) or await self._find_codebase()
        return f"{api_address(self.client.access.base_url)}/{codebase}apis/3.0{path}"

    @property
    def _key(self) -> tuple[str, str]:
        return self.client.access.base_url, self.credentials.company

    async def _find_codebase(self) -> str:
        company = quote(self.credentials.company, safe="")
        url = f"{api_address(self.client.access.base_url)}/login/companyinfo/{company}"
        answer = await self.client.read("GET", url, headers={"Accept": "application/json"})
        if not answer.is_success:
            raise ProviderError("This is not the address of a ConnectWise cloud. Check the address.")
        info = content(answer)
        if not info:
            raise CredentialsError(
                "ConnectWise PSA does not know the company of the credentials. Enter the one that people sign in "
                "with."
            )
        _codebases[self._key] = str(info["Codebase"]).strip("/") + "/"
        return _codebases[self._key]

    async def _has_moved(self) -> bool:
        """Whether the interface has another path since an upgrade of the cloud. It is looked up again once."""
        if self.settings.codebase:
            return False
        before = _codebases.get(self._key)
        return await self._find_codebase() != before

    async def _check_access(self, answer: Answer) -> None:
        """A cloud may say "not found" to wrong keys: then it also says so of what is always there."""
        check_access(answer)
        if answer.status == HTTPStatus.NOT_FOUND and self._is_cloud:
            always_there = await self._read("/service/boards", {"pageSize": 1}, "GET", None)
            if always_there.status == HTTPStatus.NOT_FOUND:
                raise CredentialsError(
                    "ConnectWise PSA does not accept the credentials: the company or the keys are wrong. Enter "
                    "valid ones."
                )


def _is_cloud_host(host: str) -> bool:
    return any(host == cloud or host.endswith(f".{cloud}") for cloud in _CLOUDS)


def api_address(base_url: str) -> str:
    """Where programs reach the server that people reach at `base_url`: a cloud has a host of its own for them."""
    host = urlsplit(base_url).hostname or ""
    is_for_people = _is_cloud_host(host) and not host.startswith("api-")
    return base_url.replace("://", "://api-", 1) if is_for_people else base_url


def people_address(base_url: str) -> str:
    """Where people reach the server, if `base_url` is the address for programs."""
    return base_url.replace("://api-", "://", 1) if _is_cloud_host(urlsplit(base_url).hostname or "") else base_url
