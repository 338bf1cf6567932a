"""What happened to tickets, from their transactions: those of many tickets with one request."""

import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flowpilot.psa.history import ChangeKind, HistoryPage, TicketChange, TicketHistory
from flowpilot.psa.numbers import read_cursor
from flowpilot.psa.provider import Ticket
from flowpilot.psa.providers.request_tracker import records
from flowpilot.psa.providers.request_tracker.rest import PAGE_ITEMS, Rest

_TICKETS = {
    **records.TICKET_FIELDS,
    "fields": f"{records.TICKET_FIELDS['fields']},Created,Resolved,Owner",
    "fields[Owner]": "Name",
}
_CHANGES = {"fields": "Type,Field,Creator,Created,OldValue,NewValue,TimeTaken,ObjectId"}
# A condition for each ticket has to fit into an address.
_AT_ONCE = 25
_KINDS = {
    "Create": ChangeKind.CREATED,
    "Comment": ChangeKind.NOTE,
    "Correspond": ChangeKind.NOTE,
    "Status": ChangeKind.STATUS,
}
_SET = {"Owner": ChangeKind.OWNER, "Queue": ChangeKind.BOARD}
# Older versions have types of their own for a new owner.
_TAKES = {"Take", "Untake", "Steal", "Give", "Force"}
_OF_TYPES = " OR ".join(f"Type = '{one}'" for one in (*_KINDS, "Set", *sorted(_TAKES)))
_NOBODY = "Nobody"

Found = Mapping[str, Any]


class History:
    """Reads histories. Who somebody is, and which queue that is, is asked once for each number."""

    def __init__(self, rest: Rest, ticket: Callable[[dict[str, Any]], Ticket]) -> None:
        self._rest, self._ticket = rest, ticket
        self._users: dict[str, str | None] = {}
        self._queues: dict[str, str] | None = None

    async def page(self, since: datetime, cursor: str | None) -> HistoryPage:
        """The tickets after that number."""
        after = read_cursor(cursor, 0)
        query = f"LastUpdated >= '{since:%Y-%m-%dT%H:%M:%SZ}' AND id > {after}"
        order = {"orderby": "id", "order": "ASC", "per_page": PAGE_ITEMS}
        found = (await self._rest.get("/tickets", {"query": query, **_TICKETS, **order}))["items"]
        changes = await self._changes([str(one["id"]) for one in found])
        items = [await self._history(one, changes[str(one["id"])]) for one in found]
        return HistoryPage(items, str(found[-1]["id"]) if len(found) == PAGE_ITEMS else None)

    async def _changes(self, tickets: Sequence[str]) -> Mapping[str, list[Found]]:
        found: dict[str, list[Found]] = defaultdict(list)
        for first in range(0, len(tickets), _AT_ONCE):
            numbers = " OR ".join(f"TicketId = {number}" for number in tickets[first : first + _AT_ONCE])
            # Queues and assets have the same numbers. Most transactions are of e-mails that were sent.
            query = f"ObjectType = 'RT::Ticket' AND ({numbers}) AND ({_OF_TYPES})"
            async for one in self._transactions(query):
                found[str(one["ObjectId"])].append(one)
        return found

    async def _transactions(self, query: str) -> AsyncIterator[Found]:
        """All of them, the oldest first. Request Tracker does not say how many pages of transactions there are."""
        for number in itertools.count(1):
            page = {"orderby": "id", "order": "ASC", "per_page": PAGE_ITEMS, "page": number}
            items = (await self._rest.get("/transactions", {"query": query, **_CHANGES, **page}))["items"]
            for one in items:
                yield one
            # A page is short where transactions are hidden from the token's owner: the last one is empty.
            if not items:
                return

    async def _history(self, found: dict[str, Any], changes: Sequence[Found]) -> TicketHistory:
        opened_at = records.moment(found["Created"])
        assert opened_at is not None
        owner = found["Owner"]["id"]
        found_changes = [await self._change(one) for one in changes]
        return TicketHistory(
            self._ticket(found),
            opened_at,
            records.moment(found.get("Resolved")),
            None if owner == _NOBODY else owner,
            list(itertools.chain.from_iterable(found_changes)),
        )

    async def _change(self, found: Found) -> Sequence[TicketChange]:
        kind, at, by = _kind(found), records.moment(found["Created"]), found["Creator"]["id"]
        if kind is None or at is None:
            return []
        before, after = found["OldValue"] or None, found["NewValue"] or None
        if kind is ChangeKind.OWNER:
            before, after = await self._user(before), await self._user(after)
        if kind is ChangeKind.BOARD:
            before, after = await self._queue(before), await self._queue(after)
        return [TicketChange(at, by, kind, before, after, float(found["TimeTaken"] or 0) or None)]

    async def _user(self, number: str | None) -> str | None:
        """The name of the user with that number, by which other records call them; None for nobody."""
        if number is None:
            return None
        if number not in self._users:
            name = str((await self._rest.get(f"/user/{number}"))["Name"]) if number.isdecimal() else number
            self._users[number] = None if name == _NOBODY else name
        return self._users[number]

    async def _queue(self, number: str | None) -> str | None:
        if self._queues is None:
            queues = await self._rest.items("/queues/all", {"fields": "Name"})
            self._queues = {str(queue["id"]): queue["Name"] for queue in queues}
        return None if number is None else self._queues.get(number, number)


def _kind(found: Found) -> ChangeKind | None:
    if found["Type"] == "Set":
        return _SET.get(found["Field"])
    return ChangeKind.OWNER if found["Type"] in _TAKES else _KINDS.get(found["Type"])
