"""What is published about Autotask: choices, the fields that FlowPilot may write, and filters of queries."""

import re
from collections.abc import Callable
from typing import Any

from tests.psa.servers.serving import FailureError

NEW, WAITING, COMPLETE = 1, 7, 5
HELP_DESK, PROJECTS = 8, 29682833
ROLE, WORK_TYPE = 29682834, 29682801
EVERYBODY, DESK = 1, 2
COMPLETED_AT = "2026-06-15T11:00:00Z"

LABELS = {
    "Tickets": {
        "status": {NEW: "New", WAITING: "Waiting Customer", COMPLETE: "Complete"},
        "queueID": {HELP_DESK: "Help Desk", PROJECTS: "Projects"},
        "priority": {2: "Medium"},
    },
    "TicketNotes": {
        "publish": {EVERYBODY: "All Autotask Users", DESK: "Internal Project Team"},
        "noteType": {1: "Task Detail"},
    },
}
WRITABLE = {
    "Notes": {"title", "description", "noteType", "publish"},
    "TimeEntries": {
        "ticketID",
        "resourceID",
        "roleID",
        "billingCodeID",
        "dateWorked",
        "startDateTime",
        "endDateTime",
        "hoursWorked",
        "summaryNotes",
        "internalNotes",
    },
    "Tickets": {"id", "status"},
    "Attachments": {"title", "fullPath", "attachmentType", "contentType", "publish", "data"},
}
_PASSES: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda have, want: have == want,
    "noteq": lambda have, want: have != want,
    "gte": lambda have, want: have >= want,
    "gt": lambda have, want: have > want,
    "in": lambda have, want: have in want,
    "notIn": lambda have, want: have not in want,
    "contains": lambda have, want: want.lower() in str(have).lower(),
}


def is_a_change(method: str, path: str) -> bool:
    """Whether a request changes something; queries are sent with POST too."""
    return method in {"POST", "PATCH"} and not re.search(r"/query($|\?)", path)


def picklist(name: str, labels: dict[int, str]) -> Any:
    """A field that is a list of choices, as entityInformation names it."""
    values = [{"value": str(number), "label": label, "isActive": True} for number, label in labels.items()]
    return {"name": name, "isPickList": True, "picklistValues": values}


def passes(row: dict[str, Any], one: dict[str, Any]) -> bool:
    """Whether a row passes a filter of a query; a field that the row does not have is refused."""
    if one["op"] in {"or", "and"}:
        return (any if one["op"] == "or" else all)(passes(row, item) for item in one["items"])
    if one["field"] not in row:
        raise FailureError(500, {"errors": [f"Unable to find {one['field']} in the Entity."]})
    return _PASSES[one["op"]](row[one["field"]], one["value"])


def first_rows(alex_id: int, kim_id: int, client: str) -> dict[str, list[dict[str, Any]]]:
    """The records of a new tenant: its people, its companies, and what time is booked with."""
    alex, kim = (
        {"id": number, "firstName": first, "lastName": last, "email": email, "isActive": True}
        for number, first, last, email in (
            (alex_id, "Alex", "Kim", "alex@desk.example"),
            (kim_id, "Kim", "Berg", "kim@desk.example"),
        )
    )
    former = {**kim, "id": 29682887, "firstName": "Former", "email": "former@desk.example", "isActive": False}
    own = {**kim, "id": 29682888, "firstName": "Flow", "userName": "FlowPilot@desk.example"}
    return {
        "Resources": [{**alex, "defaultServiceDeskRoleID": ROLE}, kim, former, own],
        "Companies": [
            {"id": 0, "companyName": "Our own desk", "isActive": True},
            {"id": 175, "companyName": client, "isActive": True},
            {"id": 176, "companyName": "Acme", "isActive": True},
        ],
        "Contacts": [{"id": 30, "firstName": "Sam", "lastName": "Client"}],
        "Roles": [{"id": ROLE, "name": "Engineer"}],
        "BillingCodes": [{"id": WORK_TYPE, "name": "Remote Support"}],
        "Tickets": [],
        "TicketNotes": [],
        "TimeEntries": [],
        "TicketAttachments": [],
        "TicketHistory": [],
    }
