"""What Redmine's answers mean: tickets, notes and the records that FlowPilot wrote."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from flowpilot.psa.plain_text import plain
from flowpilot.psa.provider import Ticket, TicketNote
from flowpilot.psa.providers.redmine.forms import Settings

Entry = Mapping[str, Any]


def ticket(issue: Entry, base_url: str, settings: Settings) -> Ticket:
    """A ticket. Its contact is the person who reported it."""
    client_id, client = client_of(issue, settings)
    status = issue["status"]
    return Ticket(
        id=str(issue["id"]),
        url=f"{base_url}/issues/{issue['id']}",
        summary=issue["subject"],
        client=client,
        client_id=client_id,
        contact=_name(issue.get("author")),
        board=issue["project"]["name"],
        board_id=str(issue["project"]["id"]),
        status=status["name"],
        status_id=str(status["id"]),
        priority=_name(issue.get("priority")),
        is_closed=bool(status.get("is_closed")),
        updated_at=moment(issue.get("updated_on")),
    )


def client_of(issue: Entry, settings: Settings) -> tuple[str | None, str | None]:
    """The id and the name of a ticket's client: of its project, or what the client field says."""
    if settings.client_field is None:
        return str(issue["project"]["id"]), issue["project"]["name"]
    for field in issue.get("custom_fields", ()):
        if field["name"].casefold() == settings.client_field.casefold():
            value = field.get("value")
            said = ", ".join(map(str, value)) if isinstance(value, list) else value
            return said or None, said or None
    return None, None


def notes(issue: Entry) -> Iterator[TicketNote]:
    """The notes of a ticket that was read with its journals, newest first. Other changes have no text."""
    for journal in reversed(journals(issue)):
        if journal["notes"]:
            yield TicketNote(
                _name(journal.get("user")),
                plain(journal["notes"]),
                bool(journal.get("private_notes")),
                moment(journal.get("created_on")),
            )


def marked_note(issue: Entry, marker: str) -> Entry | None:
    """The journal with this marker in a line of its own: a line that quotes one begins with a sign."""
    return next(
        (one for one in journals(issue) if marker in map(str.strip, (one["notes"] or "").splitlines())), None
    )


def moment(text: str | None) -> datetime | None:
    """A moment as Redmine writes it."""
    return datetime.fromisoformat(text) if text else None


def journals(issue: Entry) -> Sequence[Entry]:
    """Oldest first. Redmine turns them round for somebody who wants to read the newest first."""
    return sorted(issue["journals"], key=lambda journal: int(journal["id"]))


def _name(entry: Entry | None) -> str | None:
    return None if entry is None else entry.get("name")


def marked_file(issue: Entry, marker: str) -> Entry | None:
    """The file of an issue that has the marker as its description."""
    return next((one for one in issue.get("attachments", ()) if one.get("description") == marker), None)
