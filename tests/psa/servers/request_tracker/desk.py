"""A desk in a Request Tracker, read and changed around FlowPilot's own provider."""

from dataclasses import dataclass

from flowpilot.psa.client import Access
from flowpilot.psa.provider import Provider
from flowpilot.psa.providers.request_tracker import Credentials, RequestTracker, Settings
from tests.psa.providers.system import Stored
from tests.psa.servers.request_tracker.server import RequestTrackerServer

CUSTOMER = "carla@contoso.example"
LIFECYCLES = "default: new, open, stalled | resolved, rejected; projects: todo, doing | done"


@dataclass
class Desk:
    """The desk: its people, its customer, and what FlowPilot is to it."""

    server: RequestTrackerServer
    alex: str = "alex"
    kim: str = "kim"
    client: str = "Contoso Ltd."

    @property
    def port(self) -> int:
        """Where it answers."""
        return self.server.port

    def provider(self, access: Access, *, who: str = "flowpilot", **entered: str) -> Provider:
        """FlowPilot's provider with somebody's token, and what else was entered."""
        settings = Settings(**{"lifecycles": LIFECYCLES, "slowest_answer_seconds": 1, **entered})
        return RequestTracker(access, Credentials(token=self.server.tokens[who]), settings)

    def stranger(self, access: Access) -> Provider:
        """FlowPilot's provider with a token that nobody has."""
        return RequestTracker(access, Credentials(token=f"1-14-{'0' * 32}"), Settings())

    def new_ticket(
        self, summary: str = "The printer is offline", *, member: str | None = None, queue: str = "General"
    ) -> str:
        """A ticket of the customer."""
        owner = {} if member is None else {"Owner": member}
        ticket = {"Queue": queue, "Subject": summary, "Requestor": CUSTOMER, **owner}
        return str(self.server.call("POST", "/ticket", ticket)["id"])

    def stored(self, ticket_id: str) -> list[Stored]:
        """The comments and correspondences of a ticket, whoever made them."""
        fields = "fields=Type,TimeTaken,Creator&per_page=100"
        history = self.server.call("GET", f"/ticket/{ticket_id}/history?{fields}")["items"]
        return [
            Stored(
                id=one["id"],
                text=self._text(one["id"]),
                is_internal=one["Type"] == "Comment",
                minutes=float(one["TimeTaken"]),
                member=one["Creator"]["id"],
            )
            for one in sorted(history, key=lambda one: int(one["id"]))
            if one["Type"] in {"Comment", "Correspond"}
        ]

    def files(self, ticket_id: str) -> list[tuple[str, int]]:
        """The names and sizes of the ticket's files."""
        found = self.server.call("GET", f"/ticket/{ticket_id}/attachments?fields=Filename,Content")["items"]
        return [(one["Filename"], len(one["Content"])) for one in found if one.get("Filename")]

    def status_of(self, ticket_id: str) -> str:
        """The status, by which it is known."""
        return str(self.server.call("GET", f"/ticket/{ticket_id}")["Status"])

    def closed_status(self, ticket_id: str) -> str:
        """What the lifecycle of the queue General calls done."""
        return "resolved"

    def book(self, ticket_id: str, minutes: int) -> None:
        """Book time of Kim, by her own token."""
        self.server.call("POST", f"/ticket/{ticket_id}/comment", {"TimeTaken": minutes}, who="kim")

    def hand_over(self, ticket_id: str, member: str) -> None:
        """Give it another owner."""
        self.server.call("PUT", f"/ticket/{ticket_id}", {"Owner": member})

    def delete(self, ticket_id: str) -> None:
        """Delete a ticket."""
        self.server.call("DELETE", f"/ticket/{ticket_id}")

    def merge(self, ticket_id: str, into: str) -> None:
        """Merge a ticket into another."""
        assert self.server.call("PUT", f"/ticket/{ticket_id}", {"MergeInto": into}) == ["Merge Successful"]

    def letters_to(self, address: str, ticket_id: str) -> list[str]:
        """The subjects of the e-mails about a ticket that an address got."""
        return [
            letter["Subject"]
            for letter in self.server.letters()
            if address in f"{letter['To']} {letter['Cc']} {letter['Bcc']}"
            and f" #{ticket_id}]" in letter["Subject"]
        ]

    def _text(self, transaction_id: str) -> str:
        path = f"/transaction/{transaction_id}/attachments?fields=Content"
        return "".join(one["Content"] for one in self.server.call("GET", path)["items"])
