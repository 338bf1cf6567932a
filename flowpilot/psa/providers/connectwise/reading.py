"""ConnectWise's records as what FlowPilot knows."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from flowpilot.psa.plain_text import plain
from flowpilot.psa.provider import Board, Client, Member, Status, Ticket, TicketNote

Json = Mapping[str, Any]

# People who work: full, StreamlineIT, subcontractors. The fourth class is that of programs.
PEOPLE = ("F", "C", "X")


def ticket(record: Json, address: str, boards: Mapping[str, Board]) -> Ticket:
    """A ticket, closed if its board says so of its status; the ticket's own flag is not reliable."""
    board, status = _reference(record, "board"), _reference(record, "status")
    known = boards[board[0] or ""].statuses if board[0] in boards else ()
    closed = {one.id: one.is_closed for one in known}
    company = _reference(record, "company")
    return Ticket(
        id=str(record["id"]),
        url=address.replace("{id}", str(record["id"])),
        summary=str(record.get("summary") or ""),
        client=company[1],
        client_id=company[0],
        contact=record.get("contactName") or _reference(record, "contact")[1],
        board=board[1],
        board_id=board[0],
        status=status[1],
        status_id=status[0],
        priority=_reference(record, "priority")[1],
        is_closed=closed.get(status[0] or "", bool(record.get("closedFlag"))),
        updated_at=moment((record.get("_info") or {}).get("lastUpdated")),
    )


def note(record: Json) -> TicketNote:
    """A note of a ticket, or of a time entry."""
    info = record.get("_info") or {}
    said_at = record.get("dateCreated") or info.get("sortByDate") or info.get("dateEntered")
    author = _reference(record, "member")[1] or _reference(record, "contact")[1]
    return TicketNote(
        author=author or record.get("originalAuthor") or record.get("createdBy") or info.get("enteredBy"),
        text=plain(str(record.get("text") or "")),
        is_internal=not is_for_client(record),
        created_at=moment(said_at or record.get("timeStart") or info.get("lastUpdated")),
    )


def is_for_client(record: Json) -> bool:
    """Whether the client can read a note: the two flags decide that, and `externalFlag` does not."""
    return bool(record.get("detailDescriptionFlag") or record.get("resolutionFlag"))


def newest(notes: list[Json], limit: int) -> list[TicketNote]:
    """The last notes, newest first."""
    read = [(note(record), int(record.get("id") or 0)) for record in notes if record.get("text")]
    read.sort(key=lambda one: (one[0].created_at or datetime.min.replace(tzinfo=UTC), one[1]), reverse=True)
    return [one for one, _ in read[:limit]]


def member(record: Json) -> Member:
    """Somebody who works there; records name people by their identifier."""
    names = (str(record.get(key) or "").strip() for key in ("firstName", "lastName"))
    return Member(
        id=str(record["identifier"]),
        name=" ".join(name for name in names if name) or str(record["identifier"]),
        email=record.get("officeEmail") or record.get("primaryEmail") or None,
        is_active=not record.get("inactiveFlag"),
    )


def client(record: Json) -> Client:
    """A company."""
    return Client(str(record["id"]), str(record.get("name") or record["id"]))


def status(record: Json, closed_names: Collection[str]) -> Status:
    """A status of a board."""
    name = str(record.get("name") or record["id"])
    is_closed = bool(record.get("closedStatus")) or name.casefold() in closed_names
    return Status(str(record["id"]), name, is_closed, not record.get("timeEntryNotAllowed"))


def moment(text: Any) -> datetime | None:
    """A moment as ConnectWise writes it; one without a zone is in UTC."""
    try:
        read = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def _reference(record: Json, name: str) -> tuple[str | None, str | None]:
    """The id and the name of another record."""
    other = record.get(name) or {}
    return (str(other["id"]) if other.get("id") else None), other.get("name") or other.get("identifier")
