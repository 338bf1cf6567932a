"""Autotask as its published API describes it: zones, queries, picklists, and a 500 for what it refuses."""

import base64
import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from pydantic import SecretStr

from flowpilot.psa.client import Access
from flowpilot.psa.provider import Provider
from flowpilot.psa.providers.autotask import Autotask, Credentials, Settings
from tests.psa.providers.system import Stored
from tests.psa.servers.autotask.published import (
    COMPLETE,
    COMPLETED_AT,
    EVERYBODY,
    HELP_DESK,
    LABELS,
    NEW,
    ROLE,
    WORK_TYPE,
    WRITABLE,
    first_rows,
    passes,
    picklist,
)
from tests.psa.servers.serving import Asked, FailureError, serving


@dataclass
class AutotaskServer:
    """A tenant with two resources, a company, two queues and the tickets that the tests make.

    `refused` are the words that a write to an entity, or a query of it, is refused with; `used` is how many of the
    10,000 requests of the last hour all integrations have sent; `zone` is a part of the API's path, which moves.
    """

    port: int = 0
    alex: str = "29682885"
    kim: str = "29682886"
    client: str = "Lakeside Dental"
    secret: str = "autotask-secret"
    zone: str = "zone5"
    api_host: str | None = None
    used: int = 100
    refused: dict[str, str] = field(default_factory=dict)
    in_use: set[int] = field(default_factory=set)
    closed_timesheets: set[int] = field(default_factory=set)
    page_rows: int = 500
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1001))
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    open_now: Counter[str] = field(default_factory=Counter)
    most_open: Counter[str] = field(default_factory=Counter)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.rows = first_rows(int(self.alex), int(self.kim), self.client)

    def provider(self, access: Access) -> Provider:
        return self.autotask(access)

    def stranger(self, access: Access) -> Provider:
        return self.autotask(access, secret="wrong")

    def autotask(
        self, access: Access, secret: str | None = None, username: str = "flowpilot@desk.example", **settings: Any
    ) -> Autotask:
        """FlowPilot's provider, with settings that differ from the usual ones."""
        credentials = Credentials(
            username=username,
            secret=SecretStr(secret or self.secret),
            integration_code=SecretStr("code"),
        )
        known = {"role_id": ROLE, "billing_code_id": WORK_TYPE, "zone_lookup_url": access.base_url, **settings}
        return Autotask(access, credentials, Settings(**known))

    def new_ticket(self, summary: str = "The printer is offline", *, member: str | None = None) -> str:
        number = next(self.numbers)
        self.rows["Tickets"].append(
            {
                "id": number,
                "ticketNumber": f"T20260615.{number:04}",
                "title": summary,
                "description": "It blinks.",
                "status": NEW,
                "queueID": HELP_DESK,
                "priority": 2,
                "companyID": 175,
                "contactID": 30,
                "assignedResourceID": None if member is None else int(member),
                "lastActivityDate": "2026-06-15T08:00:00.123Z",
                "createDate": "2026-06-15T08:00:00Z",
                "userDefinedFields": [{"name": "Asset", "value": "PRN-7"}],
            }
        )
        return str(number)

    def stored(self, ticket_id: str) -> list[Stored]:
        notes = [
            Stored(
                str(row["id"]),
                row["description"],
                row["publish"] != EVERYBODY,
                0,
                str(row["creatorResourceID"]),
            )
            for row in self._of("TicketNotes", ticket_id)
        ]
        times = [
            Stored(str(row["id"]), row["internalNotes"], True, row["hoursWorked"] * 60, str(row["resourceID"]))
            for row in self._of("TimeEntries", ticket_id)
        ]
        return notes + times

    def files(self, ticket_id: str) -> list[tuple[str, int]]:
        return [(one["fullPath"], one["fileSize"]) for one in self._attachments(ticket_id)]

    def hidden(self, ticket_id: str) -> list[bool]:
        return [one["publish"] != EVERYBODY for one in self._attachments(ticket_id)]

    def _attachments(self, ticket_id: str) -> list[dict[str, Any]]:
        return [row for row in self.rows["TicketAttachments"] if row["parentID"] == int(ticket_id)]

    def status_of(self, ticket_id: str) -> str:
        return str(self.ticket(ticket_id)["status"])

    def closed_status(self, ticket_id: str) -> str:
        return str(COMPLETE)

    def book(self, ticket_id: str, minutes: int) -> None:
        row = {"ticketID": int(ticket_id), "resourceID": int(self.kim), "hoursWorked": minutes / 60}
        self._add("TimeEntries", {**row, "internalNotes": ""})

    def hand_over(self, ticket_id: str, member: str) -> None:
        ticket = self.ticket(ticket_id)
        names = {str(row["id"]): f"{row['firstName']} {row['lastName']}" for row in self.rows["Resources"]}
        before = names[str(ticket["assignedResourceID"])]
        self.note(int(ticket_id), "Primary Resource", before, names[member])
        ticket["assignedResourceID"] = int(member)

    def note(self, ticket_id: int, field_name: str, before: str, after: str) -> None:
        """Add a line to a ticket's history."""
        detail = f"{field_name} changed from {before} to {after}"
        line = {"action": "Edit", "detail": detail, "resourceID": int(self.kim), "date": "2026-06-15T10:00:00Z"}
        self._add("TicketHistory", {"ticketID": ticket_id, **line})

    def delete(self, ticket_id: str) -> None:
        self.rows["Tickets"].remove(self.ticket(ticket_id))

    def merge(self, ticket_id: str, into: str) -> None:
        pytest.skip("Autotask's published API does not say into which ticket another one was merged.")

    def ticket(self, ticket_id: str) -> dict[str, Any]:
        """A ticket as it is kept."""
        return next(row for row in self.rows["Tickets"] if row["id"] == int(ticket_id))

    def answer(self, asked: Asked) -> Any:
        """What Autotask answers."""
        if asked.path.endswith("/zoneInformation"):
            self.asked.append(asked)
            return self._zone(asked)
        entity = asked.path.split("/")[4] if asked.path.count("/") > 3 else ""
        with self._counted(entity), self.lock:
            self.asked.append(asked)
            self._let_in(asked)
            return self._answered(asked, entity)

    @contextmanager
    def _counted(self, entity: str) -> Iterator[None]:
        with self.lock:
            self.open_now[entity] += 1
            self.most_open[entity] = max(self.most_open[entity], self.open_now[entity])
        try:
            yield
        finally:
            with self.lock:
                self.open_now[entity] -= 1

    def _zone(self, asked: Asked) -> Any:
        if asked.query.get("user") != "flowpilot@desk.example":
            raise FailureError(500, {"errors": ["Zone information could not be determined."]})
        host = self.api_host or asked.headers["host"]
        return {"zoneName": self.zone, "url": f"http://{host}/{self.zone}/atservicesrest/", "webUrl": "", "ci": 1}

    def _let_in(self, asked: Asked) -> None:
        known = {"username": "flowpilot@desk.example", "secret": self.secret, "apiintegrationcode": "code"}
        if (
            not asked.path.startswith(f"/{self.zone}/atservicesrest/v1.0/")
            or known.items() - asked.headers.items()
        ):
            raise FailureError(401, None)

    def _answered(self, asked: Asked, entity: str) -> Any:
        if entity == "ThresholdInformation":
            return {
                "externalRequestThreshold": 10_000,
                "requestThresholdTimeframe": 60,
                "currentTimeframeRequestCount": self.used,
            }
        parts = asked.path.split("/")[5:]
        if parts == ["entityInformation", "fields"]:
            return {"fields": [picklist(name, labels) for name, labels in LABELS[entity].items()]}
        is_query = parts[:1] == ["query"]
        if is_query and entity in self.refused:
            raise FailureError(500, {"errors": [self.refused[entity]]})
        return self._page(asked, entity) if is_query else self._written(asked, entity, parts)

    def _page(self, asked: Asked, entity: str) -> Any:
        said = asked.json
        found = [row for row in self.rows[entity] if all(passes(row, one) for one in said["filter"])]
        size = min(said["MaxRecords"], self.page_rows)
        start = int(asked.query.get("after", 0))
        following = f"http://{asked.headers['host']}{asked.path}?after={start + size}"
        details = {"count": size, "nextPageUrl": following if start + size < len(found) else None}
        return {"items": found[start : start + size], "pageDetails": details}

    def _written(self, asked: Asked, entity: str, parts: list[str]) -> Any:
        row, kind = asked.json, parts[-1] if parts else entity
        unknown = row.keys() - WRITABLE[kind]
        assert not unknown, f"FlowPilot wrote {unknown}, which it has no business with."
        number = int(parts[0]) if parts else row.get("ticketID", row.get("id"))
        if number not in {ticket["id"] for ticket in self.rows["Tickets"]}:
            raise FailureError(404, {"errors": ["The ticket does not exist."]})
        if number in self.in_use:
            raise FailureError(409, {"errors": ["The ticket is being changed."]})
        if kind in self.refused:
            raise FailureError(500, {"errors": [self.refused[kind]]})
        by = int(asked.headers.get("impersonationresourceid", 1))
        if kind == "Notes":
            return self._add("TicketNotes", {**row, "ticketID": number, "creatorResourceID": by})
        if kind == "Attachments":
            size = len(base64.b64decode(row.pop("data")))
            return self._add("TicketAttachments", {**row, "parentID": number, "fileSize": size})
        return self._changed(row) if kind == "Tickets" else self._booked(row)

    def _booked(self, row: dict[str, Any]) -> Any:
        started_at, ended_at = (datetime.fromisoformat(row[name]) for name in ("startDateTime", "endDateTime"))
        if ended_at.date() != started_at.date() and ended_at.strftime("%H%M%S") != "000000":
            raise FailureError(500, {"errors": ["Time entries may not span over midnight."]})
        if row["resourceID"] in self.closed_timesheets:
            raise FailureError(500, {"errors": ["The timesheet for this resource has already been submitted."]})
        for name, entity in (("roleID", "Roles"), ("billingCodeID", "BillingCodes")):
            if name in row and row[name] not in {one["id"] for one in self.rows[entity]}:
                raise FailureError(500, {"errors": [f"Data violation: {name} does not exist."]})
        assert 0 < row["hoursWorked"] <= 24
        assert abs((ended_at - started_at).total_seconds() / 3600 - row["hoursWorked"]) < 0.001
        return self._add("TimeEntries", row)

    def _changed(self, row: dict[str, Any]) -> Any:
        if row["status"] not in LABELS["Tickets"]["status"]:
            raise FailureError(500, {"errors": ["Data violation: status is not a valid choice."]})
        ticket, labels = self.ticket(str(row["id"])), LABELS["Tickets"]["status"]
        self.note(row["id"], "Status", labels[ticket["status"]], labels[row["status"]])
        ticket["status"] = row["status"]
        if row["status"] == COMPLETE:
            ticket["completedDate"] = COMPLETED_AT
        return {"itemId": row["id"]}

    def _add(self, entity: str, row: dict[str, Any]) -> Any:
        with self.lock:
            number = 500 + len(self.rows[entity])
            self.rows[entity].append({"id": number, "createDateTime": "2026-06-15T09:20:00Z", **row})
            return {"itemId": number}

    def _of(self, entity: str, ticket_id: str) -> list[dict[str, Any]]:
        return [row for row in self.rows[entity] if row["ticketID"] == int(ticket_id)]


@contextmanager
def autotask_server() -> Iterator[AutotaskServer]:
    """An Autotask that runs for as long as the context lasts."""
    server = AutotaskServer()
    with serving(server.answer) as port:
        server.port = port
        yield server
