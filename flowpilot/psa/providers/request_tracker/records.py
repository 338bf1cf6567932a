"""Request Tracker's records as FlowPilot knows them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flowpilot.psa.plain_text import plain, plain_from_html
from flowpilot.psa.provider import Member, Status, Ticket, TicketNote

# All that a list of tickets shows comes with one request.
TICKET_FIELDS = {
    "fields": "Subject,Status,Priority,LastUpdated,Queue,Requestor",
    "fields[Queue]": "Name,Lifecycle",
    "fields[Requestor]": "EmailAddress,RealName,Organization",
}
NOTE_FIELDS = {"fields": "Type,Created,Creator", "fields[Creator]": "RealName"}
MEMBER_FIELDS = {"fields": "Name,EmailAddress,RealName"}

DELETED = "deleted"
# Nobody works as one of these.
_SYSTEM_USERS = frozenset({"Nobody", "RT_System", "root"})


def ticket(found: Mapping[str, Any], base_url: str, lifecycles: Mapping[str, Sequence[Status]]) -> Ticket:
    """A ticket. One has as many requestors as it likes: the first is its contact, the first with an organisation
    says whose ticket it is.
    """
    people = [person for person in found.get("Requestor") or () if isinstance(person, dict)]
    organisations = [person["Organization"] for person in people if person.get("Organization")]
    contacts = [person.get("RealName") or person.get("EmailAddress") or person.get("id") for person in people]
    queue, status = found["Queue"], found["Status"]
    return Ticket(
        id=str(found["id"]),
        url=f"{base_url}/Ticket/Display.html?id={found['id']}",
        summary=plain(found["Subject"] or "") or f"Ticket {found['id']}",
        client=organisations[0] if organisations else None,
        client_id=organisations[0] if organisations else None,
        contact=contacts[0] if contacts else None,
        board=queue.get("Name") or None,
        board_id=str(queue["id"]),
        status=status,
        status_id=status,
        priority=found.get("Priority") or None,
        is_closed=status == DELETED or status in _closed(lifecycles, queue.get("Lifecycle", "")),
        is_deleted=status == DELETED,
        updated_at=moment(found.get("LastUpdated")),
    )


def note(found: Mapping[str, Any], attachments: Sequence[Mapping[str, Any]]) -> TicketNote | None:
    """What a transaction says, if it says something: its own text rather than the same as HTML, and no files."""
    own = [one for one in attachments if one["TransactionId"] == found["id"] and not one.get("Filename")]
    texts = [plain(one["Content"]) for one in own if one["ContentType"] == "text/plain"]
    texts += [plain_from_html(one["Content"]) for one in own if one["ContentType"] == "text/html"]
    creator = found["Creator"]
    return next(
        (
            TicketNote(
                author=creator.get("RealName") or creator["id"],
                text=text,
                is_internal=found["Type"] == "Comment",
                created_at=moment(found.get("Created")),
            )
            for text in texts
            if text
        ),
        None,
    )


def is_person(found: Mapping[str, Any]) -> bool:
    """Whether a user is a person with an address."""
    return bool(found["EmailAddress"]) and found["Name"] not in _SYSTEM_USERS


def member(found: Mapping[str, Any], *, is_active: bool, is_own: bool) -> Member:
    """A user as a member. Other records name users by their names."""
    return Member(found["Name"], found["RealName"] or found["Name"], found["EmailAddress"], is_active, is_own)


def _closed(lifecycles: Mapping[str, Sequence[Status]], name: str) -> set[str]:
    return {status.id for status in lifecycles.get(name, lifecycles.get("default", ())) if status.is_closed}


def moment(text: str | None) -> datetime | None:
    """A moment as Request Tracker writes it."""
    # What was never set is the beginning of 1970 there.
    moment = datetime.fromisoformat(text) if text else None
    return moment if moment is not None and moment.year > 1970 else None
