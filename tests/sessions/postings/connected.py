"""An account that is connected to a ticket system, over HTTP."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company

SESSIONS = "/api/v1/ai-sessions"
POSTINGS = "/api/v1/psa/postings"


@dataclass(frozen=True)
class Connected:
    """The account's people, each as the JSON API sees them."""

    client: TestClient
    company: Company

    def connect(self, **values: Any) -> UUID:
        """Connect the account."""
        about = {"provider": "console", "name": "Desk", "base_url": "https://desk.example"}
        return self.company.add("psa_connections", credentials_encrypted=b"", **{**about, **values})

    def rules(self, **values: Any) -> None:
        """Set what the account posts by itself."""
        columns = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        self.company.query(
            f"INSERT INTO psa_rules (account_id, {columns}) VALUES (%s, {marks}) RETURNING 1",
            self.company.id,
            *values.values(),
        )

    def ask(
        self, method: str, path: str, body: Any = None, *, role: Role = Role.ENGINEER, expect: int = 200
    ) -> Any:
        """Send a request, and return the answer's JSON."""
        answer = self.client.request(method, path, json=body, headers=self.company.headers(role))
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None

    def session(self, **details: Any) -> str:
        """A session on ticket 4711 with one note."""
        about = {"problem_summary": "The printer is offline", "psa_ticket_id": "4711", **details}
        session_id = str(self.ask("POST", SESSIONS, about, expect=201)["id"])
        self.note(session_id, "Looked at the fuse.")
        return session_id

    def note(self, session_id: str, text: str, role: Role = Role.ENGINEER) -> None:
        """Write a note in a session."""
        self.ask("POST", f"{SESSIONS}/{session_id}/steps", {"free_text": text}, role=role, expect=201)

    def resolve(self, session_id: str, summary: str = "A new fuse.") -> None:
        """End a session."""
        self.ask("POST", f"{SESSIONS}/{session_id}/resolve", {"summary": summary})

    def postings(self, session_id: str) -> list[dict[str, Any]]:
        """The postings of a session, newest first."""
        items: list[dict[str, Any]] = self.ask("GET", f"{SESSIONS}/{session_id}/postings")["items"]
        return items
