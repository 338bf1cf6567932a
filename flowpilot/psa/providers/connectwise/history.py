"""What happened to tickets: their notes and audit trails, ticket by ticket, and the entries of time of a page."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from flowpilot.psa.history import ChangeKind, HistoryPage, TicketChange, TicketHistory
from flowpilot.psa.numbers import read_cursor
from flowpilot.psa.providers.changed import changes_told
from flowpilot.psa.providers.connectwise import boards, conditions, finding, reading
from flowpilot.psa.providers.connectwise.failures import ForbiddenError, NotThereError, Right
from flowpilot.psa.providers.connectwise.reading import Json
from flowpilot.psa.providers.connectwise.rest import Rest

LACKS = (
    "Changes of status, owner and board are read from the audit trail, if the API member may inquire it and the "
    "server is in English."
)
_TICKETS = 25
# On some servers "from this moment on" leaves out what it should not, so more is asked for and looked through.
_EARLIER = timedelta(days=1)


async def page(rest: Rest, address: str, since: datetime, cursor: str | None) -> HistoryPage:
    """The tickets after that number; those that were merged into others are told by those."""
    after = read_cursor(cursor, 0)
    changed = f"lastUpdated > [{since.astimezone(UTC) - _EARLIER:%Y-%m-%dT%H:%M:%SZ}]"
    asked = {"conditions": conditions.both([f"id > {after}", changed]), "orderBy": "id asc"}
    found = await rest.read_page("/service/tickets", Right.TICKETS, {**asked, "page": 1, "pageSize": _TICKETS})
    tickets = [one for one in found.items if not one.get("mergedParentTicket") and _is_since(one, since)]
    times, known = await _times(rest, tickets), await boards.recent(rest)
    found_changes = await asyncio.gather(*(_changes(rest, one) for one in tickets))
    items = []
    for ticket, changes in zip(tickets, found_changes, strict=True):
        opened_at = _opened(ticket)
        if opened_at is not None:
            opened = TicketChange(opened_at, None, ChangeKind.CREATED)
            all_changes = sorted([opened, *changes, *times[int(ticket["id"])]], key=lambda change: change.at)
            items.append(
                TicketHistory(
                    reading.ticket(ticket, address, known), opened_at, _closed(ticket), _owner(ticket), all_changes
                )
            )
    return HistoryPage(items, str(found.items[-1]["id"]) if found.has_next and found.items else None)


async def _changes(rest: Rest, ticket: Json) -> Sequence[TicketChange]:
    number = ticket["id"]
    notes = await rest.read_all(f"/service/tickets/{number}/notes", Right.TICKETS, page_size=finding.LONG_RECORDS)
    try:
        trail = await rest.read_all("/system/audittrail", Right.TICKETS, {"type": "Ticket", "id": number})
    except (ForbiddenError, NotThereError):
        trail = []
    return [
        *(change for one in notes for change in _note(one)),
        *(change for one in trail for change in _entry(one)),
    ]


async def _times(rest: Rest, tickets: Sequence[Json]) -> Mapping[int, list[TicketChange]]:
    found: dict[int, list[TicketChange]] = defaultdict(list)
    if tickets:
        ids = conditions.is_one_of("chargeToId", (str(one["id"]) for one in tickets))
        asked = {"conditions": conditions.both(['chargeToType = "ServiceTicket"', ids]), "orderBy": "id asc"}
        for one in await rest.read_all("/time/entries", Right.TIME, asked, page_size=finding.LONG_RECORDS):
            at = reading.moment(one.get("timeEnd") or one.get("timeStart"))
            if at is not None:
                by, minutes = _identifier(one, "member"), float(one.get("actualHours") or 0) * 60
                found[int(one["chargeToId"])].append(TicketChange(at, by, ChangeKind.TIME, minutes=minutes))
    return found


def _note(record: Json) -> Iterator[TicketChange]:
    at = reading.moment(record.get("dateCreated") or (record.get("_info") or {}).get("dateEntered"))
    if at is not None:
        yield TicketChange(at, _identifier(record, "member") or record.get("createdBy"), ChangeKind.NOTE)


def _entry(record: Json) -> Iterator[TicketChange]:
    at = reading.moment(record.get("enteredDate"))
    if at is not None:
        about = f"{record.get('auditType') or ''} {record.get('auditSubType') or ''}"
        for kind, before, after in changes_told(str(record.get("text") or ""), about):
            yield TicketChange(at, record.get("enteredBy") or None, kind, before, after)


def _is_since(ticket: Json, since: datetime) -> bool:
    changed = reading.moment((ticket.get("_info") or {}).get("lastUpdated"))
    return changed is None or changed >= since


def _opened(ticket: Json) -> datetime | None:
    info = ticket.get("_info") or {}
    return reading.moment(ticket.get("dateEntered") or info.get("dateEntered"))


def _closed(ticket: Json) -> datetime | None:
    return reading.moment(ticket.get("closedDate") or ticket.get("dateResolved"))


def _owner(ticket: Json) -> str | None:
    return _identifier(ticket, "owner") or str(ticket.get("resources") or "").split(",")[0].strip() or None


def _identifier(record: Json, name: str) -> str | None:
    return (record.get(name) or {}).get("identifier")
