"""What happened to tickets, from their actions, which HaloPSA shows ticket by ticket."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from flowpilot.psa.history import ChangeKind, TicketChange, TicketHistory
from flowpilot.psa.provider import Ticket
from flowpilot.psa.providers.halopsa import records
from flowpilot.psa.providers.halopsa.forms import Settings
from flowpilot.psa.providers.halopsa.requests import Requests, rows_of
from flowpilot.psa.providers.numbered import read_id, read_moment

LACKS = "A ticket that changed its agent without the action “Re-Assign” is not known to have done so."
_TICKETS = 25
_REASSIGNED = {"re-assign", "reassign"}

Row = Mapping[str, Any]


async def rows_of_page(requests: Requests, since: datetime, page: int) -> tuple[list[dict[str, Any]], bool]:
    """The tickets of a page, and whether there are more."""
    answer = await requests.read(
        "/Tickets",
        pageinate="true",
        page_size=_TICKETS,
        page_no=page,
        order="id",
        orderdesc="false",
        lastupdatefromdate=since.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    found = rows_of(answer, "tickets")
    is_more = isinstance(answer, dict) and answer.get("record_count", 0) > page * _TICKETS
    # A version that does not know the filter sends all tickets.
    return [row for row in found if _is_since(row, since)], is_more


def history(
    row: Row, ticket: Ticket, actions: Sequence[Row], names: records.Names, settings: Settings
) -> TicketHistory | None:
    """A ticket with what was done; None if it does not say when it was opened."""
    opened_at = read_moment(row.get("dateoccurred"))
    if opened_at is None:
        return None
    changes = [change for action in actions for change in _action(action, names, settings)]
    opened = TicketChange(opened_at, None, ChangeKind.CREATED)
    return TicketHistory(
        ticket,
        opened_at,
        read_moment(row.get("dateclosed")),
        read_id(row.get("agent_id")),
        sorted([opened, *changes], key=lambda change: change.at),
    )


def _action(row: Row, names: records.Names, settings: Settings) -> Iterator[TicketChange]:
    """An action is a note with its time, and may change the status or the agent."""
    at, by = read_moment(row.get("datetime") or row.get("actiondatecreated")), _agent(row, settings)
    if at is None:
        return
    minutes = records.minutes_taken(row, settings) or None
    if str(row.get("outcome") or "").strip().casefold() in _REASSIGNED:
        yield TicketChange(at, by, ChangeKind.OWNER, by, read_id(row.get("new_agent")), minutes)
    else:
        yield TicketChange(at, by, ChangeKind.NOTE, minutes=minutes)
    before, after = read_id(row.get("old_status")), read_id(row.get("new_status"))
    if after is not None and after != before:
        status = names.statuses
        yield TicketChange(at, by, ChangeKind.STATUS, status.get(before or "", before), status.get(after, after))


def _agent(row: Row, settings: Settings) -> str | None:
    """The agent who did it; an agent's name is all that some versions tell."""
    return read_id(row.get(settings.agent_field) or row.get("who_agentid") or row.get("actionby_agent_id")) or (
        row.get("who") or None
    )


def _is_since(row: Row, since: datetime) -> bool:
    changed = read_moment(row.get("lastactiondate") or row.get("dateoccurred"))
    return changed is None or changed >= since
