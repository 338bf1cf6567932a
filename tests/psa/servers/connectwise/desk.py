"""What a ConnectWise PSA holds in the tests, with the rules that it has for what is written."""

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flowpilot.clock import now

Record = dict[str, Any]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class RefusedError(Exception):
    """A request is refused, with what ConnectWise says then."""

    def __init__(self, status: int, code: str, message: str, at: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: Record = {"code": code, "message": message}
        if at is not None:
            inner = {"code": code, "message": message, "resource": "", "field": at}
            self.body = {"code": "InvalidObject", "message": "The object is invalid.", "errors": [inner]}


def _status(number: int, name: str, board: int, **more: Any) -> Record:
    flags = {"closedStatus": False, "inactive": False, "timeEntryNotAllowed": False}
    return {"id": number, "name": name, "board": {"id": board}, **flags, **more}


def _boards() -> list[Record]:
    names = ("Help Desk", "Moves & Changes")
    return [{"id": number, "name": name, "inactiveFlag": False} for number, name in enumerate(names, 1)]


def _statuses() -> list[Record]:
    closed = {"closedStatus": True, "timeEntryNotAllowed": True}
    return [
        _status(101, "New", 1),
        _status(102, "In Progress", 1),
        _status(103, "Closed", 1, **closed),
        _status(104, "DNU Waiting", 1, inactive=True),
        _status(105, "Completed", 1),
        _status(201, "New", 2),
        _status(202, "Closed", 2, **closed),
    ]


def _member(identifier: str, first: str, **more: Any) -> Record:
    number = sum(map(ord, identifier))
    return {
        "id": number,
        "identifier": identifier,
        "firstName": first,
        "lastName": "Desk",
        "licenseClass": "F",
        "inactiveFlag": False,
        **more,
    }


def _members() -> list[Record]:
    return [
        _member("AlexD", "Alex", officeEmail="alex@desk.example"),
        _member("KimD", "Kim", primaryEmail="Kim@Desk.example"),
        _member("OldD", "Olga", officeEmail="olga@desk.example", inactiveFlag=True),
        _member("FlowPilot", "Flow", licenseClass="A"),
    ]


def _companies() -> list[Record]:
    return [
        {"id": 19, "identifier": "Contoso", "name": "Contoso Ltd.", "deletedFlag": False},
        {"id": 20, "identifier": "Gone", "name": "Gone Inc.", "deletedFlag": True},
    ]


@dataclass
class Desk:
    """Records, and what is wrong with the place today.

    `period_closed_before`: time is refused before then. `submitted`: members whose timesheet is. `in_use`: tickets
    that somebody is changing. `denied`: what the API member has no right to, as "method path" beginnings.
    `shows_notes`: internal notes are stored for the client. `forgets_statuses`: changes of status are accepted and
    not done.
    """

    boards: list[Record] = field(default_factory=_boards)
    statuses: list[Record] = field(default_factory=_statuses)
    members: list[Record] = field(default_factory=_members)
    companies: list[Record] = field(default_factory=_companies)
    tickets: dict[int, Record] = field(default_factory=dict)
    notes: list[Record] = field(default_factory=list)
    entries: list[Record] = field(default_factory=list)
    trail: list[Record] = field(default_factory=list)
    documents: list[Record] = field(default_factory=list)
    most_of_a_file: int = 5_000_000
    period_closed_before: datetime | None = None
    submitted: set[str] = field(default_factory=set)
    in_use: set[int] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    shows_notes: bool = False
    forgets_statuses: bool = False
    numbers: Any = field(default_factory=lambda: itertools.count(5001))

    def new_ticket(self, data: Record) -> Record:
        """Add a ticket."""
        if len(data["summary"]) > 100:
            raise RefusedError(400, "MaxLengthField", "summary must not be longer than 100 characters.", "summary")
        board = self._named(self.boards, data.get("board", {"id": 1})["id"], "board")
        first = next(status for status in self.statuses if status["board"]["id"] == board["id"])
        record = {
            "id": next(self.numbers),
            "recordType": "ServiceTicket",
            "company": {"id": 19, "identifier": "Contoso", "name": "Contoso Ltd."},
            "contact": {"id": 7, "name": "Maria Berger"},
            "contactName": "Maria Berger",
            "priority": {"id": 3, "name": "Priority 3"},
            "resources": "",
            "customFields": [{"id": 1, "caption": "Site", "value": "Vienna"}],
            **data,
            "board": {"id": board["id"], "name": board["name"]},
            "status": {"id": first["id"], "name": first["name"]},
            "closedFlag": False,
        }
        self.tickets[record["id"]] = record
        return self._touched(record)

    def ticket(self, number: int) -> Record:
        """A ticket that is there."""
        if number not in self.tickets:
            raise RefusedError(404, "NotFound", f"Ticket {number} not found")
        return self.tickets[number]

    def change_ticket(self, number: int, changes: Any) -> Record:
        """Change a ticket in ConnectWise's own dialect of JSON patches."""
        record = self._free(number)
        for change in changes:
            path, value = change["path"], change["value"]
            if change["op"] != "replace" or path not in {*record, "status/id"}:
                raise RefusedError(400, "InvalidObject", f"Path {path} cannot be changed.", path)
            # One study saw a success that changed nothing, for the field of another record.
            if path == "status" and not self.forgets_statuses:
                before = record["status"]["name"]
                self._set_status(record, value["id"])
                self.note(number, "Status", before, record["status"]["name"])
            elif path == "customFields":
                record[path] = list(value)
        return self._touched(record)

    def note(self, number: int, field_name: str, before: str, after: str) -> None:
        """Add a line to a ticket's audit trail."""
        said = f'{field_name} has been changed from "{before}" to "{after}".'
        line = {"auditType": "Ticket", "auditSubType": field_name, "text": said, "enteredBy": "KimD"}
        self.trail.append({"id": len(self.trail) + 1, "ticketId": number, "enteredDate": _text(now()), **line})

    def hand_over(self, number: int, identifier: str) -> None:
        """Give a ticket another owner."""
        record = self.tickets[number]
        before = (record.get("owner") or {}).get("identifier") or record["resources"].split(", ")[-1]
        record["owner"] = {"id": 1, "identifier": identifier}
        self.note(number, "Owner", before, identifier)

    def new_note(self, number: int, data: Record) -> Record:
        """Add a note to a ticket. The answer says that everybody can read it, whatever is stored."""
        self._free(number)
        self._known_member(data)
        flags = {"detailDescriptionFlag": False, "internalAnalysisFlag": False, "resolutionFlag": False}
        record = flags | data | {"id": next(self.numbers), "ticketId": number, "dateCreated": _text(now())}
        if self.shows_notes:
            record["detailDescriptionFlag"] = True
        self.notes.append(record)
        return {**record, "internalFlag": True, "externalFlag": True}

    def new_document(self, form: Mapping[str, bytes], file_name: str) -> Record:
        """Attach a file to a ticket."""
        said = {name: value.decode() for name, value in form.items() if name != "file"}
        unknown = said.keys() - {"recordType", "recordId", "title", "privateFlag", "readOnlyFlag"}
        assert not unknown, f"FlowPilot wrote {unknown}, which it has no business with."
        if len(form["file"]) > self.most_of_a_file:
            raise RefusedError(413, "TooLarge", "The file is too large.")
        number = int(said["recordId"])
        self._free(number)
        is_public = said.get("privateFlag") == "false" or self.shows_notes
        record = {"id": next(self.numbers), "title": said["title"], "fileName": file_name, "publicFlag": is_public}
        self.documents.append({**record, "size": len(form["file"]), "recordId": number})
        return record

    def new_entry(self, data: Record) -> Record:
        """Add an entry of time."""
        ticket = self._charged(data)
        member = self._known_member(data) or "FlowPilot"
        start, hours = self._worked(data)
        if self.period_closed_before is not None and start < self.period_closed_before:
            raise RefusedError(400, "InvalidObject", "The time period of this date is closed.", "timeStart")
        if member in self.submitted:
            raise RefusedError(400, "InvalidObject", "The timesheet has been submitted.", "timeSheet")
        status = self._named(self.statuses, ticket["status"]["id"], "status")
        if status["timeEntryNotAllowed"]:
            raise RefusedError(
                400, "InvalidObject", f"Status {status['name']} allows no time entry.", "chargeToId"
            )
        record = self.defaults() | data
        record |= {"id": next(self.numbers), "member": {"identifier": member}, "actualHours": hours}
        record["hoursBilled"] = math.ceil(hours * 4) / 4
        self.entries.append(record)
        return record

    def defaults(self) -> Record:
        """What an entry of time has if it does not say otherwise."""
        return {"workType": {"id": 1, "name": "Remote"}, "billableOption": "Billable", "status": "Open"}

    def merge(self, number: int, into: int) -> None:
        """Merge a ticket into another one, which leaves its notes where they were."""
        self.tickets[number]["mergedParentTicket"] = {"id": into, "summary": self.tickets[into]["summary"]}
        self.tickets[into]["hasMergedChildTicketFlag"] = True
        self._set_status(self.tickets[number], 103)

    def move(self, number: int, board_id: int) -> None:
        """Move a ticket to another board, where it gets the first status."""
        board = self._named(self.boards, board_id, "board")
        self.tickets[number]["board"] = {"id": board["id"], "name": board["name"]}
        first = next(status["id"] for status in self.statuses if status["board"]["id"] == board_id)
        self._set_status(self.tickets[number], first)

    def _set_status(self, record: Record, status_id: int) -> None:
        board = record["board"]["id"]
        found = [one for one in self.statuses if (one["id"], one["board"]["id"]) == (status_id, board)]
        if not found:
            message = f"Service Status {status_id} not found for Service Board {board}"
            raise RefusedError(400, "NotFound", message, "status/id")
        record["status"] = {"id": status_id, "name": found[0]["name"]}
        record["closedFlag"] = found[0]["closedStatus"]
        if record["closedFlag"]:
            record["closedDate"] = _text(now())

    def _charged(self, data: Record) -> Record:
        if data.get("chargeToType") != "ServiceTicket" or data.get("chargeToId") not in self.tickets:
            raise RefusedError(400, "InvalidObject", "The ticket to charge is not found.", "chargeToId")
        return self._free(data["chargeToId"])

    def _worked(self, data: Record) -> tuple[datetime, float]:
        """When work began, and its hours: they must agree with its end."""
        for name in ("timeStart", "timeEnd"):
            if not _MOMENT.fullmatch(data.get(name, "2026-01-01T00:00:00Z")):
                raise RefusedError(400, "UnsupportedFormat", f"{name} must be yyyy-MM-ddTHH:mm:ssZ.", name)
        if "timeStart" not in data or not data.keys() & {"timeEnd", "actualHours"}:
            raise RefusedError(
                400, "InvalidObject", "timeStart and timeEnd or actualHours are required.", "timeStart"
            )
        start = datetime.fromisoformat(data["timeStart"])
        if "timeEnd" not in data:
            return start, data["actualHours"]
        worked = (datetime.fromisoformat(data["timeEnd"]) - start) / timedelta(hours=1) - data.get(
            "hoursDeduct", 0
        )
        hours = float(data.get("actualHours", round(worked, 2)))
        if abs(worked - hours) > 0.011:
            raise RefusedError(400, "InvalidObject", "actualHours do not agree with start and end.", "actualHours")
        return start, hours

    def _free(self, number: int) -> Record:
        if number in self.in_use:
            raise RefusedError(409, "Conflict", "The record is in use.")
        return self.ticket(number)

    def _known_member(self, data: Record) -> str | None:
        if "member" not in data:
            return None
        identifier = str(data["member"]["identifier"])
        if identifier not in {member["identifier"] for member in self.members}:
            raise RefusedError(400, "NotFound", f"Member {identifier} not found", "member/identifier")
        return identifier

    def _named(self, records: list[Record], number: int, name: str) -> Record:
        found = next((record for record in records if record["id"] == number), None)
        if found is None:
            raise RefusedError(400, "NotFound", f"{name} {number} not found", f"{name}/id")
        return found

    def _touched(self, record: Record) -> Record:
        record["_info"] = {"dateEntered": "2026-06-15T08:00:00Z", "lastUpdated": _text(now())}
        return record


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
