"""Requests to REST2, Request Tracker's programming interface."""

import asyncio
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowpilot.outgoing.http import Answer
from flowpilot.psa.client import Client, content
from flowpilot.psa.provider import ProviderError, TryLater, Unknown

# Request Tracker gives no more at once, however many are asked for.
PAGE_ITEMS = 100


class NotFoundError(ProviderError):
    """There is nothing there, or the token's owner may not see it."""

    status = 404


@dataclass(frozen=True, slots=True)
class Rest:
    """REST2 as the token's owner sees it. `parallel` is how many requests may be open at once."""

    client: Client
    token: str
    parallel: int

    @property
    def owner_id(self) -> str | None:
        """The number of the token's owner, which is the token's second part."""
        parts = self.token.split("-")
        return parts[1] if len(parts) == 3 and parts[1].isdecimal() else None

    async def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """What is at a path.

        Raises:
            NotFoundError: nothing that the token's owner may see.
            ProviderError: it cannot be read.
        """
        answer = await self.client.read(
            "GET", f"/REST/2.0{path}", headers=self._headers, params=tuple((params or {}).items())
        )
        found = content(answer)
        if answer.status in {403, 404}:
            raise NotFoundError(f"Request Tracker has nothing at {path}, or does not show it to FlowPilot.")
        if not answer.is_success:
            raise ProviderError(f"Request Tracker refused to answer: {message(answer)}")
        return found

    async def items(self, path: str, params: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        """All that a collection has, page by page."""
        found: list[dict[str, Any]] = []
        for number in itertools.count(1):
            page = {"per_page": PAGE_ITEMS, "page": number}
            answer = await self.get(path, {"orderby": "id", **params, **page})
            found += answer["items"]
            # A page is short where items are left out that the token's owner may not see.
            if not answer.get("next_page"):
                break
        return found

    async def get_each(self, paths: Iterable[str]) -> Sequence[Any]:
        """What is at each of the paths, in their order."""
        turns = asyncio.Semaphore(self.parallel)

        async def get(path: str) -> Any:
            async with turns:
                return await self.get(path)

        return await asyncio.gather(*map(get, paths))

    async def send(self, method: str, path: str, data: Mapping[str, Any]) -> Answer | TryLater | Unknown:
        """Change something. Raises `CredentialsError`."""
        return await self.client.write(method, f"/REST/2.0{path}", headers=self._headers, data=data)

    @property
    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"token {self.token}", "Accept": "application/json"}


def message(answer: Answer) -> str:
    """The sentences with which Request Tracker explains an answer, which does not say whether it did anything."""
    try:
        said = content(answer)
    except ProviderError:
        return f"it answered {answer.status}."
    said = said.get("message") if isinstance(said, dict) else said
    return " ".join(str(sentence).strip() for sentence in (said if isinstance(said, list) else [said]))
