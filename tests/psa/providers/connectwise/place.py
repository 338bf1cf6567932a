"""A local ConnectWise PSA as the laws see it."""

from dataclasses import dataclass
from typing import Any

from flowpilot.psa.client import Access
from flowpilot.psa.providers.connectwise.provider import ConnectWise
from flowpilot.psa.providers.connectwise.settings import Credentials, Settings
from tests.psa.providers.system import Stored
from tests.psa.servers.connectwise.desk import Desk
from tests.psa.servers.connectwise.server import CLIENT_ID, COMPANY, PRIVATE, PUBLIC, ConnectWiseServer


def credentials(**changed: Any) -> Credentials:
    """The server's credentials, but for what is changed."""
    right = {"company": COMPANY, "public_key": PUBLIC, "private_key": PRIVATE, "client_id": CLIENT_ID}
    return Credentials.model_validate({**right, **changed})


def open_connectwise(access: Access, settings: Settings | None = None, **changed: Any) -> ConnectWise:
    """FlowPilot's provider."""
    return ConnectWise(access, credentials(**changed), settings or Settings())


@dataclass
class Place:
    """What the server's desk holds in truth."""

    server: ConnectWiseServer
    alex: str = "AlexD"
    kim: str = "KimD"
    client: str = "Contoso Ltd."

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def desk(self) -> Desk:
        return self.server.desk

    def provider(self, access: Access) -> ConnectWise:
        return open_connectwise(access)

    def stranger(self, access: Access) -> ConnectWise:
        return open_connectwise(access, private_key="wrong")

    def new_ticket(self, summary: str = "The printer is offline", *, member: str | None = None) -> str:
        mine = {"resources": f"{self.kim}, {member}"} if member == self.alex else {}
        owner = {"owner": {"id": 1, "identifier": member}} if member is not None and not mine else {}
        return str(self.desk.new_ticket({"summary": summary, **mine, **owner})["id"])

    def stored(self, ticket_id: str) -> list[Stored]:
        notes = [
            Stored(str(one["id"]), one["text"], not one["detailDescriptionFlag"], 0, None)
            for one in self.desk.notes
            if str(one["ticketId"]) == ticket_id
        ]
        times = [
            Stored(str(one["id"]), "", True, one["actualHours"] * 60, one["member"]["identifier"])
            for one in self.desk.entries
            if str(one["chargeToId"]) == ticket_id
        ]
        return sorted(notes + times, key=lambda stored: int(stored.id))

    def files(self, ticket_id: str) -> list[tuple[str, int]]:
        return [(one["fileName"], one["size"]) for one in self._documents(ticket_id)]

    def hidden(self, ticket_id: str) -> list[bool]:
        return [not one["publicFlag"] for one in self._documents(ticket_id)]

    def _documents(self, ticket_id: str) -> list[Any]:
        return [one for one in self.desk.documents if str(one["recordId"]) == ticket_id]

    def status_of(self, ticket_id: str) -> str:
        return str(self.desk.ticket(int(ticket_id))["status"]["id"])

    def closed_status(self, ticket_id: str) -> str:
        return "103"

    def book(self, ticket_id: str, minutes: int) -> None:
        entry = {
            "chargeToId": int(ticket_id),
            "chargeToType": "ServiceTicket",
            "timeStart": "2026-06-15T09:00:00Z",
        }
        self.desk.new_entry({**entry, "member": {"identifier": self.kim}, "actualHours": minutes / 60})

    def hand_over(self, ticket_id: str, member: str) -> None:
        self.desk.hand_over(int(ticket_id), member)

    def delete(self, ticket_id: str) -> None:
        del self.desk.tickets[int(ticket_id)]

    def merge(self, ticket_id: str, into: str) -> None:
        self.desk.merge(int(ticket_id), int(into))
