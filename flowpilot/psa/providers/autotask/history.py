"""What happened to tickets: the history of each, and the notes and entries of time of a page."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from flowpilot.psa.history import ChangeKind, TicketChange, TicketHistory
from flowpilot.psa.provider import Ticket
from flowpilot.psa.providers.autotask.requests import Requests, Row, equal
from flowpilot.psa.providers.changed import changes_told
from flowpilot.psa.providers.numbered import read_id, read_moment

LACKS = "Changes of status, resource and queue are read from the ticket history, if the tenant is in English."
TICKETS = 25

Changes = Mapping[int, list[TicketChange]]


async def rows_of_page(requests: Requests, since: datetime, after: int) -> list[Row]:
    """The tickets of a page."""
    changed = {"op": "gte", "field": "lastActivityDate", "value": since.strftime("%Y-%m-%dT%H:%M:%SZ")}
    numbers = {"op": "gt", "field": "id", "value": after}
    return await requests.query("Tickets", numbers, changed, pages=1, rows=TICKETS)


async def changes_of_page(requests: Requests, tickets: Sequence[Row]) -> Changes:
    """What was done with the tickets of a page, by their ids."""
    found: dict[int, list[TicketChange]] = defaultdict(list)
    if not tickets:
        return found
    among = {"op": "in", "field": "ticketID", "value": [row["id"] for row in tickets]}
    for row in await requests.query("TimeEntries", among):
        found[row["ticketID"]] += _time(row)
    for row in await requests.query("TicketNotes", among):
        found[row["ticketID"]] += _note(row)
    for ticket in tickets:
        for row in await requests.query("TicketHistory", equal("ticketID", ticket["id"])):
            found[ticket["id"]] += _entry(row)
    return found


def history(row: Row, ticket: Ticket, changes: Sequence[TicketChange]) -> TicketHistory | None:
    """A ticket with what was done; None if it does not say when it was opened."""
    opened_at = read_moment(row.get("createDate"))
    if opened_at is None:
        return None
    opened = TicketChange(opened_at, read_id(row.get("creatorResourceID")), ChangeKind.CREATED)
    timeline = sorted([opened, *changes], key=lambda change: change.at)
    closed_at, owner = read_moment(row.get("completedDate")), read_id(row.get("assignedResourceID"))
    return TicketHistory(ticket, opened_at, closed_at, owner, timeline)


def _time(row: Row) -> Iterator[TicketChange]:
    at = read_moment(row.get("endDateTime") or row.get("createDateTime") or row.get("dateWorked"))
    if at is not None:
        minutes = float(row.get("hoursWorked") or 0) * 60
        yield TicketChange(at, read_id(row.get("resourceID")), ChangeKind.TIME, minutes=minutes)


def _note(row: Row) -> Iterator[TicketChange]:
    at = read_moment(row.get("createDateTime"))
    if at is not None:
        yield TicketChange(at, read_id(row.get("creatorResourceID")), ChangeKind.NOTE)


def _entry(row: Row) -> Iterator[TicketChange]:
    at = read_moment(row.get("date"))
    if at is not None:
        for kind, before, after in changes_told(str(row.get("detail") or ""), str(row.get("action") or "")):
            yield TicketChange(at, read_id(row.get("resourceID")), kind, before, after)
