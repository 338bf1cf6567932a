"""A local ConnectWise PSA, which answers as the published interface says, over real sockets."""

import re
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any
from urllib.parse import unquote

from tests.psa.servers.connectwise.desk import Desk, Record, RefusedError
from tests.psa.servers.connectwise.lists import page_of
from tests.psa.servers.serving import Asked, Reply, serving

COMPANY, PUBLIC, PRIVATE, CLIENT_ID = "alpen", "publicKey1", "privateKey1", "a5b2c1d0-0000-4000-8000-00000000c11d"

_ROUTE = re.compile(
    r"(?P<path>/[a-z]+/[a-zA-Z]+)(/(?P<id>\d+|search|defaults))?(/(?P<inner>[a-zA-Z]+))?(/(?P<inner_id>\d+))?"
)


@dataclass
class ConnectWiseServer:
    """One ConnectWise PSA. In the cloud, its path has the name of a version, and wrong keys are "not found".

    `upgrade_before`: the method of the request that comes just after an upgrade.
    """

    desk: Desk = field(default_factory=Desk)
    codebase: str = "v4_6_release/"
    is_cloud: bool = False
    upgrade_before: str | None = None
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> Reply:
        """The answer to a request."""
        if asked.path.startswith("/login/companyinfo/"):
            is_known = unquote(asked.path.rsplit("/", 1)[1]) == COMPANY
            return Reply(200, {"Codebase": self.codebase, "CompanyID": COMPANY} if is_known else None)
        if asked.method == self.upgrade_before:
            self.codebase, self.upgrade_before = "v2026_4/", None
        base = f"/{self.codebase}apis/3.0"
        if not asked.path.startswith(base):
            return Reply(404, b"<html>No HTTP resource was found.</html>")
        path = asked.path.removeprefix(base)
        with self.lock:
            try:
                self._check_access(f"{asked.method} {path}", asked.headers)
                return self._routed(asked, path)
            except RefusedError as error:
                return Reply(error.status, error.body)

    def _check_access(self, request: str, headers: dict[str, str]) -> None:
        if request == "GET /system/info" and not self.is_cloud:
            return  # A company's own server tells its version to everybody.
        if headers.get("clientid") != CLIENT_ID:
            raise RefusedError(403, "Forbidden", "The clientId is missing or not valid.")
        given = b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
        if given != f"{COMPANY}+{PUBLIC}:{PRIVATE}":
            status = 404 if self.is_cloud else 401
            raise RefusedError(status, "Unauthorized", "UserNotAuthenticated")
        if not headers.get("accept", "").startswith("application/vnd.connectwise.com+json"):
            raise RefusedError(415, "UnsupportedFormat", "The version cannot be answered.")
        if any(request.startswith(denied) for denied in self.desk.denied):
            raise RefusedError(403, "Security", "You do not have permission for this action.")

    def _routed(self, asked: Asked, path: str) -> Reply:
        route = _ROUTE.fullmatch(path)
        if route is None:
            raise RefusedError(404, "NotFound", "There is no such path.")
        if (asked.method, path) == ("POST", "/system/documents"):
            return Reply(201, self.desk.new_document(*_form(asked)))
        listed = self._list(asked.method, route)
        if listed is None:
            answer = self._one(asked.method, route, asked.json if asked.body else None)
            return Reply(201 if asked.method == "POST" else 200, answer)
        params = {**asked.query, **(asked.json if asked.body else {})}
        if listed[0] == "documents":
            listed = "documents", [one for one in listed[1] if str(one["recordId"]) == params["recordId"]]
        if listed[0] == "trail":
            listed = "trail", [one for one in listed[1] if str(one["ticketId"]) == params["id"]]
        self._check_board(params)
        url = f"http://127.0.0.1:{self.port}{asked.path}"
        is_forward_only = asked.headers.get("pagination-type") == "forward-only"
        found, more = page_of(*listed, params, url, is_forward_only=is_forward_only)
        return Reply(200, found, {"api-current-version": "2026.3", **more})

    def _check_board(self, params: dict[str, str]) -> None:
        """Rights to tickets may end at a board."""
        board = re.fullmatch(r"board/id = (\d+)", params.get("conditions", ""))
        if board is not None and f"board {board[1]}" in self.desk.denied:
            raise RefusedError(403, "Security", "You do not have permission for this action.")

    def _list(self, method: str, route: re.Match[str]) -> tuple[str, list[Record]] | None:  # noqa: PLR0911 - one for each route
        """The records of a list and their kind, if the route is one of a list."""
        desk, number = self.desk, route["id"]
        match method, route["path"], number, route["inner"]:
            case "GET", "/service/boards", None, None:
                return "boards", desk.boards
            case "GET", "/service/boards", str(), "statuses":
                return "statuses", [one for one in desk.statuses if one["board"]["id"] == int(number)]
            case ("GET", "/service/tickets", None, None) | ("POST", "/service/tickets", "search", None):
                return "tickets", list(desk.tickets.values())
            case "GET", "/service/tickets", str(), "notes" | "allNotes" if route["inner_id"] is None:
                desk.ticket(int(number))
                notes = [one for one in desk.notes if one["ticketId"] == int(number)]
                return "notes", notes + (self._entry_notes(int(number)) if route["inner"] == "allNotes" else [])
            case "GET", "/time/entries", None, None:
                return "entries", desk.entries
            case "GET", "/system/audittrail", None, None:
                return "trail", desk.trail
            case "GET", "/system/documents", None, None:
                return "documents", desk.documents
            case "GET", "/system/members", None, None:
                return "members", desk.members
            case "GET", "/company/companies", None, None:
                return "companies", desk.companies
        return None

    def _entry_notes(self, number: int) -> list[Record]:
        """The notes of time entries, which a ticket shows among its own."""
        return [
            {
                "id": entry["id"],
                "noteType": "TimeEntryNote",
                "text": entry["notes"],
                "timeStart": entry["timeStart"],
            }
            for entry in self.desk.entries
            if entry["chargeToId"] == number and entry.get("notes")
        ]

    def _one(self, method: str, route: re.Match[str], data: Any) -> Any:  # noqa: C901, PLR0911 - one for each route
        """A record, or what a change has made of it."""
        desk = self.desk
        match method, route["path"], route["id"], route["inner"]:
            case "GET", "/system/info", None, None:
                return {
                    "version": "v2026.3",
                    "isCloud": self.is_cloud,
                    "serverTimeZone": "W. Europe Standard Time",
                }
            case "GET", "/service/tickets", str(number), None:
                return desk.ticket(int(number))
            case "POST", "/service/tickets", None, None:
                return desk.new_ticket(data)
            case "PATCH", "/service/tickets", str(number), None:
                return desk.change_ticket(int(number), data)
            case "POST", "/service/tickets", str(number), "notes":
                return desk.new_note(int(number), data)
            case "GET", "/service/tickets", str(number), "notes":
                found = [one for one in desk.notes if one["id"] == int(route["inner_id"])]
                if not found:
                    raise RefusedError(404, "NotFound", "Note not found")
                return found[0]
            case "GET", "/system/documents", str(number), None:
                return next(one for one in desk.documents if one["id"] == int(number))
            case "POST", "/time/entries", "defaults", None:
                return desk.defaults()
            case "POST", "/time/entries", None, None:
                return desk.new_entry(data)
        raise RefusedError(404, "NotFound", "There is no such path.")


def _form(asked: Asked) -> tuple[dict[str, bytes], str]:
    """The fields of a form with a file, and the file's name."""
    media_type = asked.headers["content-type"]
    if not media_type.startswith("multipart/form-data"):
        raise RefusedError(415, "UnsupportedFormat", "Send a form with a file.")
    parts: Any = message_from_bytes(f"Content-Type: {media_type}\r\n\r\n".encode() + asked.body).get_payload()
    named = {str(one.get_param("name", header="content-disposition")): one for one in parts}
    return {name: one.get_payload(decode=True) for name, one in named.items()}, str(named["file"].get_filename())


@contextmanager
def connectwise(server: ConnectWiseServer | None = None) -> Iterator[ConnectWiseServer]:
    """A ConnectWise PSA that runs for as long as the context lasts."""
    state = server or ConnectWiseServer()
    with serving(state.answer) as state.port:
        yield state
