"""HaloPSA as its published API describes it: a token for an hour, writes as arrays, and actions for everything."""

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
from tests.psa.servers.serving import Asked, FailureError, serving

PRIVATE_NOTE, EMAIL_USER = 7, 16
NEW, IN_PROGRESS, RESOLVED, CLOSED = 1, 2, 8, 9
INCIDENT, PROJECT = 1, 5
SECRET = "halo-secret"

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
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    actions: list[dict[str, Any]] = field(default_factory=list)
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

    def status_of(self, ticket_id: str) -> str:
        return str(self.tickets[int(ticket_id)]["status_id"])

    def closed_status(self, ticket_id: str) -> str:
        return str(CLOSED)

    def book(self, ticket_id: str, minutes: int) -> None:
        self.add({"ticket_id": int(ticket_id), "timetaken": minutes / 60, "hiddenfromuser": True, "note": ""})

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

    def _shown(self, asked: Asked) -> Any:
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
            return _one(self.tickets.values(), number[0])
        if number:
            return _one(lists[kind], number[0])
        if kind == "Client":
            return _page([{"id": 12, "name": self.client}, {"id": 3, "name": "Acme"}], "clients", asked.query)
        if kind == "Actions":
            rows = [row for row in self.actions if row["ticket_id"] == int(asked.query["ticket_id"])]
            return _page([{**row, "note": _people_read(row)} for row in reversed(rows)], "actions", asked.query)
        if kind == "Tickets":
            return _page(self._found(asked.query), "tickets", asked.query)
        return lists[kind]

    def _found(self, query: dict[str, str]) -> list[dict[str, Any]]:
        return [
            row
            for row in reversed(self.tickets.values())
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
        return self._action(row) if asked.path == "/api/Actions" else self._changed(row)

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
            ticket["status_id"] = row["status_id"]
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


def _one(rows: Any, number: str) -> Any:
    found = next((row for row in rows if str(row["id"]) == number), None)
    if found is None:
        raise FailureError(404, {"message": "Not found."})
    return found


def _page(rows: list[dict[str, Any]], name: str, query: dict[str, str]) -> Any:
    size = int(query.get("page_size") or query.get("count") or 50)
    start = (int(query.get("page_no") or 1) - 1) * size
    return {"record_count": len(rows), name: rows[start : start + size]}
