"""HaloPSA as its published API describes it: a token for an hour, writes as arrays, and actions for everything."""

import base64
import html
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from flowpilot.psa.client import Access
from flowpilot.psa.provider import Provider
from flowpilot.psa.providers.halopsa import Credentials, HaloPsa, Settings
from tests.psa.providers.system import Stored
from tests.psa.servers.lists import one_of, page_of
from tests.psa.servers.serving import Asked, FailureError, serving

PRIVATE_NOTE, EMAIL_USER = 7, 16
NEW, IN_PROGRESS, RESOLVED, CLOSED = 1, 2, 8, 9
INCIDENT, PROJECT = 1, 5
SECRET = "halo-secret"
CLOSED_AT = "2026-06-15T11:00:00Z"

_STATUSES = {NEW: "New", IN_PROGRESS: "In Progress", RESOLVED: "Resolved", CLOSED: "Closed"}
_AGENTS = [
    {"id": 5, "name": "Alex Kim", "email": "alex@desk.example", "isdisabled": False},
    {"id": 6, "name": "Kim Berg", "email": "kim@desk.example", "isdisabled": False},
    {"id": 8, "name": "Former Agent", "email": "former@desk.example", "isdisabled": True},
]
_TYPES: list[dict[str, Any]] = [
    {"id": INCIDENT, "name": "Incident", "allowed_status": [{"id": number} for number in _STATUSES]},
    {"id": PROJECT, "name": "Project", "allowed_status": [{"id": NEW}, {"id": IN_PROGRESS}]},
]
_WRITABLE = {
    "/api/Actions": {
        "ticket_id",
        "outcome_id",
        "note",
        "note_html",
        "hiddenfromuser",
        "sendemail",
        "who_agentid",
        "actionby_agent_id",
        "who_type",
        "timetaken",
        "actionarrivaldate",
        "actioncompletiondate",
    },
    "/api/Tickets": {"id", "status_id"},
    "/api/Attachment": {"ticket_id", "faultid", "filename", "note", "showforusers", "data_base64"},
}


@dataclass
class HaloServer:
    """A HaloPSA with two agents, a client, two ticket types and the tickets that the tests make.

    `missing` are paths that the application may not use; `in_use` tickets answer 409. If it
    `is_silent`, it adds actions and does not say which.
    """

    port: int = 0
    alex: str = "5"
    kim: str = "6"
    client: str = "Lakeside Dental"
    tenant: str = ""
    is_silent: bool = False
    most_of_a_file: int = 5_000_000
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    actions: list[dict[str, Any]] = field(default_factory=list)
    system_actions: list[dict[str, Any]] = field(default_factory=list)
    attached: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    tokens_given: int = 0
    missing: set[str] = field(default_factory=set)
    in_use: set[int] = field(default_factory=set)
    asked: list[Asked] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def provider(self, access: Access) -> Provider:
        return self.halopsa(access)

    def stranger(self, access: Access) -> Provider:
        return self.halopsa(access, client_secret="wrong")

    def halopsa(self, access: Access, client_secret: str = SECRET, **settings: Any) -> HaloPsa:
        """FlowPilot's provider, with settings that differ from the usual ones."""
        credentials = Credentials(
            client_id="flowpilot", client_secret=SecretStr(client_secret), tenant=self.tenant
        )
        known = {"outcome_id": PRIVATE_NOTE, "client_outcome_id": EMAIL_USER, **settings}
        return HaloPsa(access, credentials, Settings(**known))

    def new_ticket(
        self, summary: str = "The printer is offline", *, member: str | None = None, type_id: int = INCIDENT
    ) -> str:
        with self.lock:
            number = 1001 + len(self.tickets)
            self.tickets[number] = {
                "id": number,
                "summary": summary,
                "details": "<p>It <b>blinks</b>.</p>",
                "status_id": NEW,
                "tickettype_id": type_id,
                "team": "Service desk",
                "client_id": 12,
                "client_name": self.client,
                "user_name": "Sam Client",
                "agent_id": int(member or 1),
                "priority": {"id": 3, "name": "Medium"},
                "dateoccurred": "2026-06-15T08:00:00",
                "lastactiondate": "2026-06-15T08:00:00.4214387Z",
                "customfields": [{"id": 1, "name": "CFAsset", "value": "PRN-7"}],
                "merged_into_id": 0,
            }
            return str(number)

    def stored(self, ticket_id: str) -> list[Stored]:
        return [
            Stored(
                str(row["id"]),
                _people_read(row),
                row["hiddenfromuser"],
                row.get("timetaken", 0) * 60,
                str(row["who_agentid"]) if row.get("who_agentid") else None,
            )
            for row in self.actions
            if row["ticket_id"] == int(ticket_id)
        ]

    def files(self, ticket_id: str) -> list[tuple[str, int]]:
        return [(one["filename"], one["filesize"]) for one in self._attached(ticket_id)]

    def hidden(self, ticket_id: str) -> list[bool]:
        return [not one["showforusers"] for one in self._attached(ticket_id)]

    def _attached(self, ticket_id: str) -> list[dict[str, Any]]:
        return [one for one in self.attached if one["ticket_id"] == int(ticket_id)]

    def status_of(self, ticket_id: str) -> str:
        return str(self.tickets[int(ticket_id)]["status_id"])

    def closed_status(self, ticket_id: str) -> str:
        return str(CLOSED)

    def book(self, ticket_id: str, minutes: int) -> None:
        self.add({"ticket_id": int(ticket_id), "timetaken": minutes / 60, "hiddenfromuser": True, "note": ""})

    def hand_over(self, ticket_id: str, member: str) -> None:
        ticket = self.tickets[int(ticket_id)]
        self._note(ticket, outcome="Re-Assign", who_agentid=ticket["agent_id"], new_agent=int(member))
        ticket["agent_id"] = int(member)

    def _note(self, ticket: dict[str, Any], **said: Any) -> None:
        """Add what HaloPSA itself writes down."""
        number = 9000 + len(self.system_actions)
        row = {"id": number, "ticket_id": ticket["id"], "datetime": "2026-06-15T10:00:00Z", "note": "", **said}
        self.system_actions.append(row)

    def delete(self, ticket_id: str) -> None:
        self.tickets[int(ticket_id)]["deleted"] = True

    def merge(self, ticket_id: str, into: str) -> None:
        self.tickets[int(ticket_id)] |= {"merged_into_id": int(into), "status_id": CLOSED}
        for row in self.actions:
            if row["ticket_id"] == int(ticket_id):
                row |= {"ticket_id": int(into), "merged_from_ticketid": int(ticket_id)}

    def answer(self, asked: Asked) -> Any:
        """What HaloPSA answers."""
        with self.lock:
            self.asked.append(asked)
            if asked.path == "/auth/token":
                return self._token(asked)
            if asked.headers.get("authorization") not in {f"Bearer {token}" for token in self.tokens}:
                raise FailureError(401, {"error": "invalid_token"})
            if any(asked.path.startswith(path) for path in self.missing):
                raise FailureError(403, {"message": "You do not have permission to do this."})
            return self._written(asked) if asked.method == "POST" else self._shown(asked)

    def _token(self, asked: Asked) -> Any:
        form = asked.form
        if (form["client_id"], form["client_secret"]) != ("flowpilot", SECRET):
            raise FailureError(400, {"error": "invalid_client"})
        if asked.query.get("tenant", "") != self.tenant:
            raise FailureError(400, {"error": "invalid_request"})
        self.tokens_given += 1
        self.tokens.append(f"token-{self.tokens_given}")
        return {
            "access_token": self.tokens[-1],
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": form["scope"],
        }

    def _shown(self, asked: Asked) -> Any:  # noqa: PLR0911 - one for each list
        _, _, kind, *number = asked.path.split("/")
        lists = {
            "Agent": _AGENTS,
            "TicketType": _TYPES,
            "Status": [{"id": number, "name": name} for number, name in _STATUSES.items()],
            "Outcome": [
                {"id": PRIVATE_NOTE, "outcome": "Private Note"},
                {"id": EMAIL_USER, "outcome": "Email User"},
            ],
        }
        if number and kind == "Tickets":
            return one_of(self.tickets.values(), number[0])
        if number:
            return one_of(lists[kind], number[0])
        if kind == "Client":
            return page_of([{"id": 12, "name": self.client}, {"id": 3, "name": "Acme"}], "clients", asked.query)
        if kind == "Attachment":
            return page_of(self._attached(asked.query["ticket_id"]), "attachments", asked.query)
        if kind == "Actions":
            own = [] if asked.query.get("excludesys") == "true" else self.system_actions
            rows = [row for row in self.actions + own if row["ticket_id"] == int(asked.query["ticket_id"])]
            return page_of([{**row, "note": _people_read(row)} for row in reversed(rows)], "actions", asked.query)
        if kind == "Tickets":
            return page_of(self._found(asked.query), "tickets", asked.query)
        return lists[kind]

    def _found(self, query: dict[str, str]) -> list[dict[str, Any]]:
        rows = self.tickets.values()
        return [
            row
            for row in (rows if query.get("order") == "id" else reversed(rows))
            if query.get("search", "").lower() in row["summary"].lower()
            and ("agent_id" not in query or row["agent_id"] == int(query["agent_id"]))
            and not (query.get("open_only") == "true" and row["status_id"] == CLOSED)
            and not row.get("deleted")
        ]

    def _written(self, asked: Asked) -> Any:
        rows = asked.json
        if not isinstance(rows, list):
            raise FailureError(400, {"error": "Expected an array."})
        (row,) = rows
        unknown = row.keys() - _WRITABLE[asked.path]
        assert not unknown, f"FlowPilot wrote {unknown}, which it has no business with."
        number = row.get("ticket_id", row.get("id"))
        if number not in self.tickets:
            raise FailureError(404, {"message": "The ticket does not exist."})
        if number in self.in_use:
            raise FailureError(409, {"message": "Somebody is changing this ticket."})
        if asked.path == "/api/Attachment":
            return self._attach(row)
        return self._action(row) if asked.path == "/api/Actions" else self._changed(row)

    def _attach(self, row: dict[str, Any]) -> Any:
        content = base64.b64decode(row["data_base64"])
        if len(content) > self.most_of_a_file:
            raise FailureError(413, b"<html>Request Entity Too Large</html>")
        about = {name: value for name, value in row.items() if name != "data_base64"}
        self.attached.append({**about, "id": 900 + len(self.attached), "filesize": len(content)})
        return self.attached[-1]

    def _action(self, row: dict[str, Any]) -> Any:
        if row.get("outcome_id") not in {PRIVATE_NOTE, EMAIL_USER}:
            raise FailureError(400, {"message": "outcome_id is not an action that this ticket may have."})
        added = self.add(row)
        return None if self.is_silent else added

    def _changed(self, row: dict[str, Any]) -> Any:
        ticket = self.tickets[row["id"]]
        if row["status_id"] not in _STATUSES:
            raise FailureError(400, {"message": "status_id does not exist."})
        allowed = next(one["allowed_status"] for one in _TYPES if one["id"] == ticket["tickettype_id"])
        if {"id": row["status_id"]} in allowed:
            self._note(ticket, old_status=ticket["status_id"], new_status=row["status_id"], who_agentid=6)
            ticket["status_id"] = row["status_id"]
            if row["status_id"] == CLOSED:
                ticket["dateclosed"] = CLOSED_AT
        return ticket

    def add(self, row: dict[str, Any]) -> dict[str, Any]:
        """Add an action as it is."""
        added = {"id": 50 + len(self.actions), "datetime": "2026-06-15T09:20:00Z", "who": "Alex Kim", **row}
        self.actions.append(added)
        return added


@contextmanager
def halo_server() -> Iterator[HaloServer]:
    """A HaloPSA that runs for as long as the context lasts."""
    server = HaloServer()
    with serving(server.answer) as port:
        server.port = port
        yield server


def _people_read(row: dict[str, Any]) -> str:
    """The note as a page shows it: HTML goes before text."""
    if "note_html" not in row:
        return str(row["note"])
    return html.unescape(re.sub(r"<br\s*/?>", "\n", row["note_html"]))
