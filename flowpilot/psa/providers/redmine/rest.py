"""Redmine's REST interface: whose key it is, lists in pages, and what a refusal means."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import Client, content
from flowpilot.psa.numbers import number
from flowpilot.psa.provider import NoSuchTicketError, ProviderError, TryLater, Unknown

# The most that Redmine gives at once.
PAGE = 100

_LONGEST_REASON = 500


class ForbiddenError(ProviderError):
    """Redmine does not let the key's owner read this."""


class NotThereError(ProviderError):
    """There is nothing with this number, or at this path."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The Redmine user whose key it is. `roles`: the numbers of their roles, by the project's number."""

    id: str
    name: str
    is_admin: bool
    roles: Mapping[int, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Rest:
    """Requests with one user's key."""

    client: Client
    key: str

    async def owner(self) -> Owner:
        """Whose key it is.

        Everything begins with this question. To Redmine, a request with an unknown key is a visitor's: it would
        show public projects, and might write a note in nobody's name.

        Raises:
            CredentialsError: nobody's, or of somebody who is locked.
            ProviderError: this is not a Redmine, or its interface is off.
        """
        try:
            user = (await self.read("/users/current.json", include="memberships"))["user"]
            roles = {
                member["project"]["id"]: [role["id"] for role in member["roles"]]
                for member in user.get("memberships", ())
            }
            return Owner(str(user["id"]), name_of(user), bool(user.get("admin")), roles)
        except ForbiddenError:
            raise ProviderError(
                "Redmine's REST web service is off. An administrator turns it on: Administration, Settings, API."
            ) from None
        except (NotThereError, KeyError, TypeError):
            raise ProviderError(
                "There is no Redmine at this address. Enter the address at which people open its start page."
            ) from None

    async def read(self, path: str, **params: str | int) -> dict[str, Any]:
        """What Redmine has there.

        Raises:
            ForbiddenError: not for the key's owner.
            NotThereError: there is nothing.
        """
        answer = await self.client.read("GET", path, headers=self._headers, params=params)
        if answer.status == HTTPStatus.FORBIDDEN:
            raise ForbiddenError("Redmine does not let the key's owner read this.")
        if answer.status == HTTPStatus.NOT_FOUND:
            raise NotThereError("Redmine has nothing there.")
        if not answer.is_success:
            raise ProviderError(f"Redmine answered {answer.status}. {words(answer)}".strip())
        found = content(answer)
        if not isinstance(found, dict):
            raise ProviderError(
                "The answer is not Redmine's. Enter the address at which people open its start page."
            )
        return found

    async def read_all(
        self, path: str, name: str, *, most: int | None = None, **params: str | int
    ) -> AsyncIterator[dict[str, Any]]:
        """Each entry of a list, page by page; pages only as far as they begin below `most`."""
        offset, total = 0, 1
        while offset < min(total, most or total):
            page = await self.read(path, offset=offset, limit=PAGE, **params)
            for entry in page[name]:
                yield entry
            # A list that does not come in pages has no total.
            offset, total = offset + PAGE, page.get("total_count", 0)

    async def read_issue(self, ticket_id: str, **params: str) -> dict[str, Any]:
        """A ticket as Redmine has it.

        Raises:
            NoSuchTicketError: there is none, or it is not for the key's owner.
        """
        # The number becomes a part of the address.
        if (numbered := number(ticket_id)) is None:
            raise NoSuchTicketError(ticket_id)
        try:
            issue: dict[str, Any] = (await self.read(f"/issues/{numbered}.json", **params))["issue"]
        except (ForbiddenError, NotThereError):
            raise NoSuchTicketError(ticket_id) from None
        return issue

    async def upload(self, name: str, content: bytes) -> Answer | TryLater | Unknown:
        """Send a file, which belongs to nothing until an issue is told its token."""
        headers = {**self._headers, "Content-Type": "application/octet-stream"}
        params = {"filename": name}
        return await self.client.write(
            "POST", "/uploads.json", headers=headers, params=tuple(params.items()), body=content
        )

    async def write(self, method: str, path: str, data: Any) -> Answer | TryLater | Unknown:
        """Change something. The answer is a success or a refusal that is final."""
        answer = await self.client.write(method, path, headers=self._headers, data=data)
        if not isinstance(answer, Answer):
            return answer
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # Some plugins, such as those for timesheets, refuse so; but it may also have come after the write.
            return Unknown(f"Redmine answered {answer.status}. It may have stored this all the same.")
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY and not words(answer):
            return TryLater("Somebody changed the ticket at the same moment.")
        return answer

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"X-Redmine-API-Key": self.key, "Accept": "application/json"}


def name_of(user: Mapping[str, Any]) -> str:
    """A user's name as Redmine's pages have it."""
    return f"{user.get('firstname', '')} {user.get('lastname', '')}".strip() or f"User {user['id']}"


def words(answer: Answer) -> str:
    """What Redmine says of a request that it refuses, in the language of the key's owner."""
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        return ". ".join(str(error) for error in json.loads(answer.body)["errors"])[:_LONGEST_REASON]
    return ""
