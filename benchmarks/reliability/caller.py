"""What an engineer and an owner ask of the server, again and again while it is down."""

import time
from dataclasses import dataclass
from typing import Any

import httpx2

from benchmarks.reliability.desks import ADDRESS, Target
from flowpilot.identity.actor import Role
from tests.company import Company

_SESSIONS = "/api/v1/ai-sessions"
_CONNECTIONS = "/api/v1/psa/connections"
_PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Caller:
    """The people of one account, over HTTP."""

    address: str
    company: Company

    def ask(
        self, method: str, path: str, body: Any = None, role: Role = Role.ENGINEER, *, may_be_done: bool = False
    ) -> Any:
        """The answer's JSON. A request without an answer is sent again, so that it may have been done before."""
        gives_up_at = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = httpx2.request(
                    method, self.address + path, json=body, headers=self.company.headers(role), timeout=20
                )
            except httpx2.TransportError:
                if time.monotonic() > gives_up_at:
                    raise
                time.sleep(0.2)
                continue
            if answer.status_code == httpx2.codes.CONFLICT and may_be_done:
                return None
            answer.raise_for_status()
            return answer.json() if answer.content else None

    def connect(self, target: Target, base_url: str) -> None:
        """Connect the account to a ticket system, and say who its engineer is there."""
        about: dict[str, Any] = {"provider": target.kind, "name": target.name, "base_url": base_url}
        settings = {key: base_url if value == ADDRESS else value for key, value in target.settings.items()}
        about |= {"credentials": target.credentials, "settings": settings}
        made = self.ask("POST", _CONNECTIONS, about, Role.OWNER)
        self.ask("POST", f"{_CONNECTIONS}/{made['id']}/check", None, Role.OWNER)
        engineer = str(self.company.users[Role.ENGINEER])
        self.ask("PUT", f"/api/v1/psa/members/{target.system.alex}", {"user_id": engineer}, Role.OWNER)

    def start(self, ticket_id: str) -> str:
        """A session on a ticket."""
        about = {"problem_summary": "The printer is offline", "psa_ticket_id": ticket_id}
        return str(self.ask("POST", _SESSIONS, about)["id"])

    def note(self, session_id: str, text: str) -> None:
        """A step of a session."""
        self.ask("POST", f"{_SESSIONS}/{session_id}/steps", {"free_text": text})

    def resolve(self, session_id: str, summary: str) -> None:
        """End a session."""
        self.ask("POST", f"{_SESSIONS}/{session_id}/resolve", {"summary": summary}, may_be_done=True)
