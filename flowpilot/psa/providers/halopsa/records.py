"""How HaloPSA's records read as ours, and ours as HaloPSA's."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from flowpilot.psa.markers import marked
from flowpilot.psa.plain_text import plain, plain_from_html
from flowpilot.psa.provider import Audience, Member, Record, Status, Ticket, TicketNote
from flowpilot.psa.providers.halopsa.forms import Settings
from flowpilot.psa.providers.numbered import read_id, read_moment, split_ids

MAX_NOTE_CHARS = 60_000

# An agent, as opposed to somebody of the client.
_BY_AGENT = 1


def action(ticket_id: str, record: Record, settings: Settings) -> dict[str, Any]:
    """The action that holds a note, the time of one person, or both.

    Its visibility is always said. An internal one says that no e-mail goes out; the outcome decides that for one
    for the client.
    """
    text = marked(record.text, record.marker, MAX_NOTE_CHARS) if record.text else record.marker
    is_internal = record.audience is Audience.INTERNAL
    said: dict[str, Any] = {
        "ticket_id": int(ticket_id),
        "outcome_id": settings.outcome_id if is_internal else settings.client_outcome_id,
        "note": text,
        "note_html": "<br>".join(escape(line, quote=False) for line in text.split("\n")),
        "hiddenfromuser": is_internal,
    }
    if is_internal:
        said["sendemail"] = False
    author = record.author_id if record.time is None else record.time.member_id
    if author is not None:
        said |= {settings.agent_field: int(author), "who_type": _BY_AGENT}
    if record.time is not None:
        said |= {
            "timetaken": taken(record.time.minutes, settings),
            "actionarrivaldate": _utc(record.time.started_at),
            "actioncompletiondate": _utc(record.time.ended_at),
        }
    return said


def taken(minutes: float, settings: Settings) -> float:
    """Minutes in the unit of timetaken."""
    return round(minutes / 60, 4) if settings.time_unit == "hours" else minutes


def minutes_taken(row: Mapping[str, Any], settings: Settings) -> float:
    """The minutes that an action took, as they were worked and not as they are billed."""
    time = float(row.get("timetaken") or 0)
    return time * 60 if settings.time_unit == "hours" else time


def carries(row: Mapping[str, Any], marker: str) -> bool:
    """Whether an action has this marker."""
    return marker in (row.get("note") or "").split() or marker in (row.get("note_html") or "")


def ticket(row: Mapping[str, Any], settings: Settings, base_url: str, names: "Names") -> Ticket:
    """A ticket. Its board is its type, which is what says which statuses it may have."""
    priority = row.get("priority")
    status_id, type_id = read_id(row.get("status_id")), read_id(row.get("tickettype_id"))
    return Ticket(
        id=str(row["id"]),
        url=f"{base_url}{settings.ticket_path}{row['id']}",
        summary=row.get("summary") or "",
        client=row.get("client_name") or None,
        client_id=read_id(row.get("client_id")),
        contact=row.get("user_name") or None,
        board=names.types.get(type_id or ""),
        board_id=type_id,
        status=names.statuses.get(status_id or ""),
        status_id=status_id,
        priority=priority.get("name") if isinstance(priority, dict) else None,
        is_closed=status_id in split_ids(settings.closed_status_ids),
        is_deleted=bool(row.get("deleted")),
        updated_at=read_moment(row.get("lastactiondate") or row.get("dateoccurred")),
    )


class Names:
    """The names of ticket types and statuses, by their ids."""

    def __init__(self, types: Sequence[Mapping[str, Any]], statuses: Sequence[Mapping[str, Any]]) -> None:
        self.types = {str(row["id"]): str(row["name"]) for row in types}
        self.statuses = {str(row["id"]): str(row["name"]) for row in statuses}


def status(status_id: str, name: str, settings: Settings) -> Status:
    """A status."""
    return Status(status_id, name, is_closed=status_id in split_ids(settings.closed_status_ids))


def member(row: Mapping[str, Any]) -> Member:
    """An agent."""
    is_inactive = any(row.get(name) for name in ("isdisabled", "is_disabled", "inactive"))
    return Member(str(row["id"]), row.get("name") or "", row.get("email") or None, is_active=not is_inactive)


def note(row: Mapping[str, Any]) -> TicketNote:
    """An action, as a note."""
    created = read_moment(row.get("datetime") or row.get("actiondatecreated"))
    html = row.get("note_html")
    text = plain_from_html(html) if html else plain(row.get("note") or "")
    return TicketNote(row.get("who") or None, text, bool(row.get("hiddenfromuser")), created)


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
