"""Tickets with those that they were merged into, and the records on them by their markers."""

from collections.abc import Sequence
from typing import Any

from flowpilot.psa.client import content
from flowpilot.psa.numbers import number
from flowpilot.psa.provider import NoSuchTicketError, PostingStepKind
from flowpilot.psa.providers.connectwise import conditions, documents
from flowpilot.psa.providers.connectwise.failures import NotThereError, Right
from flowpilot.psa.providers.connectwise.reading import Json
from flowpilot.psa.providers.connectwise.rest import Rest
from flowpilot.psa.providers.connectwise.writing import charge_type, has_marker

_MOST_MERGES = 5
# Notes may be long, and a page of them must fit into what is read of an answer.
LONG_RECORDS = 200


async def lineage(rest: Rest, ticket_id: str) -> Sequence[Json]:
    """The ticket, the one that it was merged into, and so on; the last one is the one that is left.

    Raises:
        NoSuchTicketError: one of them is not there.
    """
    found = [await _ticket(rest, ticket_id, ticket_id)]
    while (parent := found[-1].get("mergedParentTicket")) and len(found) <= _MOST_MERGES:
        found.append(await _ticket(rest, str(parent["id"]), ticket_id))
    return found


async def record(rest: Rest, ticket_id: str, marker: str, kind: PostingStepKind) -> Json | None:
    """The note, the time or the file with this marker, which may have stayed on a ticket that was merged since."""
    tickets = await lineage(rest, ticket_id)
    found = await _first(rest, tickets, marker, kind)
    return found or await _first(rest, await _merged_into(rest, tickets[-1]), marker, kind)


async def _ticket(rest: Rest, text: str, ticket_id: str) -> Json:
    numbered = number(text)
    if numbered is None:
        raise NoSuchTicketError(ticket_id)
    try:
        ticket: Json = content(await rest.read(f"/service/tickets/{numbered}", Right.TICKETS))
    except NotThereError:
        raise NoSuchTicketError(ticket_id) from None
    return ticket


async def _merged_into(rest: Rest, ticket: Json) -> Sequence[Json]:
    """The tickets that were merged into this one, and into those."""
    found: list[Json] = []
    parents = [ticket]
    for _ in range(_MOST_MERGES):
        ids = [str(parent["id"]) for parent in parents if parent.get("hasMergedChildTicketFlag")]
        if not ids:
            break
        wanted = {
            "conditions": conditions.is_one_of("mergedParentTicket/id", ids),
            "fields": "id,recordType,hasMergedChildTicketFlag",
        }
        parents = await rest.read_all("/service/tickets", Right.TICKETS, wanted)
        found += parents
    return found


async def _first(rest: Rest, tickets: Sequence[Json], marker: str, kind: PostingStepKind) -> Json | None:
    """The oldest record that ends with the marker: a later one quotes it."""
    if kind is PostingStepKind.FILE:
        return min(await documents.find(rest, tickets, marker), key=lambda one: int(one["id"]), default=None)
    found: list[Any] = []
    for ticket in tickets:
        if kind is PostingStepKind.TIME:
            entries = await _entries(rest, ticket)
            found += [one for one in entries if has_marker(one.get("internalNotes"), marker)]
        else:
            found += [one for one in await _notes(rest, ticket) if has_marker(one.get("text"), marker)]
    return min(found, key=lambda one: int(one["id"]), default=None)


async def _notes(rest: Rest, ticket: Json) -> list[Any]:
    path = f"/service/tickets/{ticket['id']}/notes"
    return await rest.read_all(path, Right.TICKETS, page_size=LONG_RECORDS)


async def _entries(rest: Rest, ticket: Json) -> list[Any]:
    charged = f'chargeToType = "{charge_type(ticket)}" and chargeToId = {ticket["id"]}'
    wanted = {"conditions": charged, "orderBy": "id desc"}
    return await rest.read_all("/time/entries", Right.TIME, wanted, page_size=LONG_RECORDS)
