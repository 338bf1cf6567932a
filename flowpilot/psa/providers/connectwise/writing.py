"""What FlowPilot writes to ConnectWise PSA: notes and entries of time."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flowpilot.psa.markers import marked
from flowpilot.psa.provider import Audience, Record, WorkTime
from flowpilot.psa.providers.connectwise.settings import Settings


def note(record: Record, settings: Settings) -> dict[str, Any]:
    """The body of a new note. Every flag is sent, because a missing one has a default that may show the note."""
    is_internal = record.audience is Audience.INTERNAL
    body: dict[str, Any] = {
        "text": _marked(record.text or "", record.marker, settings),
        "internalAnalysisFlag": is_internal,
        "detailDescriptionFlag": not is_internal,
        "resolutionFlag": False,
        "issueFlag": False,
        "customerUpdatedFlag": False,
        "processNotifications": not is_internal and settings.notifies_clients,
    }
    if record.author_id is not None:
        body["member"] = {"identifier": record.author_id}
    return body


def time_entry(ticket: Mapping[str, Any], record: Record, work: WorkTime, settings: Settings) -> dict[str, Any]:
    """The body of a new entry of time. It shows nothing to the client and sends no e-mail."""
    body: dict[str, Any] = {
        "chargeToId": ticket["id"],
        "chargeToType": charge_type(ticket),
        "member": {"identifier": work.member_id},
        **_hours(work, settings),
        "internalNotes": record.marker,
        "addToDetailDescriptionFlag": False,
        "addToInternalAnalysisFlag": False,
        "addToResolutionFlag": False,
        "emailResourceFlag": False,
        "emailContactFlag": False,
        "emailCcFlag": False,
    }
    chosen = {
        "notes": settings.time_notes or None,
        "workType": {"id": settings.work_type_id} if settings.work_type_id else None,
        "workRole": {"id": settings.work_role_id} if settings.work_role_id else None,
        "billableOption": settings.billable_option,
    }
    return body | {name: value for name, value in chosen.items() if value is not None}


def charge_type(ticket: Mapping[str, Any]) -> str:
    """What time on this ticket is charged to."""
    return "ProjectTicket" if str(ticket.get("recordType") or "").startswith("Project") else "ServiceTicket"


def has_marker(text: Any, marker: str) -> bool:
    """Whether a text ends with the marker, with or without the line breaks before it."""
    words = str(text or "").split()
    return bool(words) and words[-1] == marker


def _hours(work: WorkTime, settings: Settings) -> dict[str, Any]:
    """Start, end and hours that agree with each other. Hours have two decimals: rounded up, they move the end."""
    hours = round(work.minutes / 60, 2)
    start = work.started_at.astimezone(UTC)
    body: dict[str, Any] = {"timeStart": _text(start), "actualHours": hours}
    if settings.sends_end:
        body["timeEnd"] = _text(max(work.ended_at.astimezone(UTC), start + timedelta(hours=hours)))
    return body


def _text(moment: datetime) -> str:
    """A moment to the second: a fraction of one is refused."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _marked(text: str, marker: str, settings: Settings) -> str:
    if settings.breaks_lines_in_markdown:
        text = "\n".join(f"{line}  " if line else line for line in text.split("\n"))
    return marked(text, marker, settings.max_note_chars)
