"""Notes, time and statuses: one request each, and what became of it.

No request says more of an issue than it has to: its description and its fields are other people's.
"""

from http import HTTPStatus
from typing import Any

from flowpilot.clock import zone
from flowpilot.outgoing.http import Answer
from flowpilot.psa import targets
from flowpilot.psa.client import content
from flowpilot.psa.markers import marked
from flowpilot.psa.provider import (
    Accepted,
    Audience,
    Outcome,
    ProviderError,
    Record,
    Refused,
    TicketFile,
    TryLater,
    Unknown,
)
from flowpilot.psa.providers.redmine import reading
from flowpilot.psa.providers.redmine.forms import Settings
from flowpilot.psa.providers.redmine.reading import Entry
from flowpilot.psa.providers.redmine.rest import Rest, words
from flowpilot.psa.providers.redmine.rights import Right

# Redmine takes far longer ones, and shows them slowly.
MAX_NOTE_CHARS = 60_000


async def note(rest: Rest, issue: Entry, record: Record) -> Outcome:
    """Add a note, and read back that it is there for the readers that it was written for."""
    is_private = record.audience is Audience.INTERNAL
    text = marked(record.text or "", record.marker, MAX_NOTE_CHARS)
    sent = await _put(rest, issue, {"notes": text, "private_notes": is_private}, Right.ADD_NOTES)
    if sent is not None:
        return sent
    try:
        read_back = await rest.read_issue(str(issue["id"]), include="journals")
    except ProviderError as error:
        return Unknown(f"The note was sent, and could not be read back. {error.detail}")
    stored = reading.marked_note(read_back, record.marker)
    if stored is None:
        return Refused("Redmine answered that all is well, and did not store the note. Look at the ticket there.")
    if bool(stored.get("private_notes")) is not is_private:
        readers = "everybody who sees the ticket" if is_private else "the desk alone"
        said = f"Redmine stored the note for {readers}. Correct that in the ticket there, at once."
        return Refused(said, wrong_id=str(stored["id"]))
    return Accepted(str(stored["id"]))


async def file(rest: Rest, issue: Entry, record: Record) -> Outcome:
    """Attach a file, with a note that names it. Its description is the marker, by which it is found again."""
    assert record.file is not None
    token = await _upload(rest, record.file)
    if not isinstance(token, str):
        return token
    one = {"token": token, "filename": record.file.name, "content_type": record.file.media_type}
    uploads = [{**one, "description": record.marker}]
    is_private = record.audience is Audience.INTERNAL
    change = {"notes": record.text, "private_notes": is_private, "uploads": uploads}
    sent = await _put(rest, issue, change, Right.ADD_NOTES)
    if sent is not None:
        return sent
    try:
        read_back = await rest.read_issue(str(issue["id"]), include="attachments")
    except ProviderError as error:
        return Unknown(f"The file was sent, and could not be read back. {error.detail}")
    stored = reading.marked_file(read_back, record.marker)
    if stored is None:
        return Refused("Redmine answered that all is well, and did not store the file. Look at the ticket there.")
    return Accepted(str(stored["id"]))


async def _upload(rest: Rest, one: TicketFile) -> str | Refused | TryLater:
    """The token of a file that Redmine has. It is nobody's until an issue names it, and removed if none does."""
    sent = await rest.upload(one.name, one.content)
    if isinstance(sent, Unknown):
        return TryLater(sent.reason)
    if isinstance(sent, TryLater):
        return sent
    return str(content(sent)["upload"]["token"]) if sent.status == HTTPStatus.CREATED else _no_file(sent)


def _no_file(answer: Answer) -> Refused:
    if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused("Redmine takes no files of this size. Attach it there by hand, or give it up.")
    return _refused(answer, Right.ADD_NOTES)


async def time(rest: Rest, issue: Entry, record: Record, settings: Settings) -> Outcome:
    """Book the time of one person on the day on which it began."""
    work = record.time
    assert work is not None
    day_zone = work.started_at.tzinfo if settings.timezone is None else zone(settings.timezone)
    try:
        activity = await _activity(rest, issue["project"]["id"], settings.activity)
    except ProviderError as error:
        return targets.nothing_sent(error)
    if isinstance(activity, Refused):
        return activity
    entry: dict[str, Any] = {
        "issue_id": issue["id"],
        "hours": round(work.minutes / 60, 2),
        "spent_on": work.started_at.astimezone(day_zone).date().isoformat(),
        "comments": f"FlowPilot {record.marker}",
    }
    if work.member_id is not None:
        entry["user_id"] = work.member_id
    if activity is not None:
        entry["activity_id"] = activity
    sent = await rest.write("POST", "/time_entries.json", {"time_entry": entry})
    if not isinstance(sent, Answer):
        return sent
    if sent.status == HTTPStatus.CREATED:
        return _booked(sent, work.member_id)
    refused = _refused(sent, Right.LOG_TIME)
    if sent.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return Refused(
            f"{refused.reason} Time can be booked for active members of the project whose role has the right "
            f"“{Right.LOG_TIME}”."
        )
    return refused


async def status(rest: Rest, issue: Entry, status_id: str) -> Outcome:
    """Set a status, and read it back: Redmine answers that all is well also if the issue cannot have it."""
    sent = await _put(rest, issue, {"status_id": status_id}, Right.EDIT_ISSUES)
    if sent is not None:
        return sent
    try:
        read_back = await rest.read_issue(str(issue["id"]), include="allowed_statuses")
    except ProviderError as error:
        return Unknown(f"The status was sent, and could not be read back. {error.detail}")
    if str(read_back["status"]["id"]) == status_id:
        return Accepted(status_id)
    stayed, project = read_back["status"]["name"], read_back["project"]["name"]
    allowed = ", ".join(one["name"] for one in read_back.get("allowed_statuses", ()))
    return Refused(
        f"The ticket in the Redmine project {project} stayed “{stayed}”. FlowPilot's user can set "
        f"{allowed or 'no status'} there. Check its role's workflow, and its right “{Right.EDIT_ISSUES}”."
    )


async def _activity(rest: Rest, project_id: int, name: str | None) -> int | Refused | None:
    """The number that a project has for the activity with this name; None for Redmine's default."""
    if name is None:
        return None
    project = (await rest.read(f"/projects/{project_id}.json", include="time_entry_activities"))["project"]
    known: dict[str, int] = {one["name"].casefold(): one["id"] for one in project["time_entry_activities"]}
    return known.get(name.casefold()) or Refused(
        f"The Redmine project {project['name']} has no activity “{name}”. Add it in the project's settings, or "
        "name another one in the connection's settings."
    )


def _booked(answer: Answer, member_id: str | None) -> Outcome:
    try:
        entry = content(answer)["time_entry"]
    except ProviderError as error:
        return Unknown(error.detail)
    if member_id not in {None, str(entry["user"]["id"])}:
        # Redmine before 4.1 does not know that time can be somebody else's.
        said = f"Redmine booked the time on {entry['user']['name']}. Correct the entry {entry['id']} there."
        return Refused(said, wrong_id=str(entry["id"]))
    return Accepted(str(entry["id"]))


async def _put(rest: Rest, issue: Entry, change: dict[str, Any], right: Right) -> Outcome | None:
    """Change an issue. None if Redmine says that it has, which is not yet a proof."""
    sent = await rest.write("PUT", f"/issues/{issue['id']}.json", {"issue": change})
    if isinstance(sent, TryLater | Unknown):
        return sent
    return None if sent.is_success else _refused(sent, right)


def _refused(answer: Answer, right: Right) -> Refused:
    if answer.status == HTTPStatus.FORBIDDEN:
        return Refused(f"Redmine does not allow this: the project is closed, or FlowPilot's user lacks “{right}”.")
    if answer.status == HTTPStatus.NOT_FOUND:
        return Refused("The ticket is not in Redmine any more.")
    return Refused(f"Redmine says: {words(answer) or answer.status}.")
