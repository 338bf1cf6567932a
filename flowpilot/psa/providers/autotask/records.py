"""How Autotask's records read as ours, and ours as Autotask's."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from flowpilot.psa.markers import marked
from flowpilot.psa.plain_text import plain
from flowpilot.psa.provider import Audience, Board, Member, Record, Status, Ticket, TicketNote, WorkTime
from flowpilot.psa.providers.autotask.forms import Settings
from flowpilot.psa.providers.numbered import read_id, read_moment, split_ids

# Autotask takes 32,000.
MAX_NOTE_CHARS = 31_000

_TITLE_CHARS = 250
_TICKET_PATH = "/Autotask/AutotaskExtend/ExecuteCommand.aspx?Code=OpenTicketDetail&TicketID="

# The fields of an entity that are lists of choices, by name: each choice's label by its number.
Choices = Mapping[str, Mapping[str, str]]


def choices(information: Any) -> Choices:
    """The choices of an entity, from its entityInformation/fields."""
    fields = information.get("fields") if isinstance(information, dict) else None
    return {
        field["name"]: {
            str(value["value"]): str(value["label"])
            for value in field.get("picklistValues") or []
            if value.get("isActive", True)
        }
        for field in fields or []
    }


def note(record: Record, settings: Settings) -> dict[str, Any]:
    """A note. Who may read it is always said."""
    text = record.text or ""
    title = next((line.strip() for line in text.splitlines() if line.strip()), "Note")
    is_internal = record.audience is Audience.INTERNAL
    return {
        "title": title if len(title) <= _TITLE_CHARS else f"{title[: _TITLE_CHARS - 1]}…",
        "description": marked(text, record.marker, MAX_NOTE_CHARS),
        "noteType": settings.note_type,
        "publish": settings.internal_publish if is_internal else settings.client_publish,
    }


def entry(ticket_id: str, record: Record, time_: WorkTime, role_id: int, settings: Settings) -> dict[str, Any]:
    """An entry of time. Its marker is where the desk alone can read it."""
    started_at = time_.started_at.astimezone(UTC).replace(microsecond=0)
    ended_at = started_at + timedelta(minutes=time_.minutes)
    said = {
        "ticketID": int(ticket_id),
        "resourceID": int(time_.member_id or 0),
        "roleID": role_id,
        "dateWorked": _utc(datetime.combine(started_at.date(), time(), UTC)),
        "startDateTime": _utc(started_at),
        "endDateTime": _utc(ended_at),
        "hoursWorked": round(time_.minutes / 60, 4),
        "summaryNotes": settings.time_summary,
        "internalNotes": marked(record.text, record.marker, MAX_NOTE_CHARS) if record.text else record.marker,
    }
    if settings.billing_code_id is not None:
        said["billingCodeID"] = settings.billing_code_id
    return said


def ticket(row: Mapping[str, Any], settings: Settings, base_url: str, fields: Choices) -> Ticket:
    """A ticket, as far as its own row says; `client` and `contact` are in others."""
    status_id, board_id = read_id(row.get("status")), read_id(row.get("queueID"))
    return Ticket(
        id=str(row["id"]),
        url=f"{base_url}{_TICKET_PATH}{row['id']}",
        summary=row.get("title") or "",
        number=row.get("ticketNumber"),
        # The desk itself is the company 0.
        client_id=None if row.get("companyID") is None else str(row["companyID"]),
        board=fields.get("queueID", {}).get(board_id or ""),
        board_id=board_id,
        status=fields.get("status", {}).get(status_id or ""),
        status_id=status_id,
        priority=fields.get("priority", {}).get(str(row.get("priority"))),
        is_closed=status_id in split_ids(settings.closed_status_ids),
        updated_at=read_moment(row.get("lastActivityDate") or row.get("createDate")),
    )


def boards(fields: Choices, settings: Settings) -> Sequence[Board]:
    """The queues. Statuses are the tenant's: each queue has all of them."""
    closed = split_ids(settings.closed_status_ids)
    statuses = tuple(Status(number, name, number in closed) for number, name in fields.get("status", {}).items())
    return [Board(number, name, statuses) for number, name in fields.get("queueID", {}).items()]


def member(row: Mapping[str, Any], own_username: str) -> Member:
    """A resource; the API user is one, too."""
    is_own = str(row.get("userName") or "").casefold() == own_username.casefold()
    is_active = bool(row.get("isActive", True))
    return Member(str(row["id"]), name_of(row), row.get("email") or None, is_active, is_own)


def name_of(row: Mapping[str, Any]) -> str:
    """The name of a resource or a contact."""
    return f"{row.get('firstName') or ''} {row.get('lastName') or ''}".strip()


def ticket_note(row: Mapping[str, Any], names: Mapping[str, str], settings: Settings) -> TicketNote:
    """A note as it reads; what is not known to be shown to the client is internal."""
    return TicketNote(
        names.get(str(row.get("creatorResourceID"))),
        plain(row.get("description") or ""),
        row.get("publish") != settings.client_publish,
        read_moment(row.get("createDateTime")),
    )


def _utc(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ")
