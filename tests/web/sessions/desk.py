"""An account with flows, where sessions are begun and handed over by the product's own routes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import Person, join
from tests.sessions.flows import publish_printer_flow
from tests.sessions.runs.procedure import publish_procedure

# Steps that lead to a node of each kind; None: the session follows no flow, and the copilot suggests something.
NODES: dict[str, list[dict[str, Any]] | None] = {
    "question": [],
    "instruction": [{"choice": "Yes"}],
    "resolution": [{"choice": "Yes"}, {"outcome": "It prints"}],
    "escalation": [{"choice": "Yes"}, {"outcome": "Still nothing"}],
    "no flow": None,
}


@dataclass(frozen=True)
class Desk:
    """An account with flows, where an engineer begins sessions and a senior claims them."""

    client: TestClient
    company: Company
    senior: Person
    other: Person
    procedure: str

    @property
    def people(self) -> dict[str, dict[str, str]]:
        """Everybody's credential, by what they are to a session."""
        headers = self.company.headers
        roles = {"who began it": Role.ENGINEER, "a team admin": Role.TEAM_ADMIN, "a viewer": Role.VIEWER}
        of_seniors = {"who holds it": self.senior.headers, "another engineer": self.other.headers}
        return of_seniors | {name: headers(role) for name, role in roles.items()}

    def send(self, path: str, who: dict[str, str] | None = None, **body: Any) -> dict[str, Any]:
        """Send something to the API, as the engineer unless somebody else is given."""
        headers = who or self.company.headers(Role.ENGINEER)
        answer = self.client.post(f"/api/v1/{path}", headers=headers, json=body)
        assert answer.is_success, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def begin(self, node: str = "question", **about: Any) -> str:
        """Begin a session, and go on to a node."""
        body = {"problem_summary": "The printer in accounting prints nothing", **about}
        session = f"ai-sessions/{self.send('ai-sessions', **body)['id']}"
        steps = NODES[node]
        if steps is None:
            self.send(f"{session}/flow", flow_id=None)
        for step in steps or ():
            self.send(f"{session}/steps", **step)
        return session

    def escalate(self, session: str, **said: str) -> str:
        """Hand it over."""
        body: dict[str, Any] = {"reason": "Out of ideas.", **said}
        return f"handoffs/{self.send(f'{session}/handoffs', **body)['id']}"

    def hold(self, session: str) -> str:
        """Hand it over, and have the senior claim it."""
        handoff = self.escalate(session)
        self.send(f"{handoff}/claim", self.senior.headers)
        return handoff

    def fix(self, session: str, who: dict[str, str] | None = None) -> None:
        """Apply a fix that has to prove itself."""
        until = (now() + timedelta(days=1)).isoformat()
        fix = {"fix": "Replaced the cable.", "waiting_for": "a day without outages", "look_again_at": until}
        self.send(f"{session}/verify", who, **fix)


def open_desk(client: TestClient, company: Company) -> Desk:
    """A desk in an account that is new."""
    publish_printer_flow(client, company)
    kim, lou = join(client, company, "Kim"), join(client, company, "Lou")
    return Desk(client, company, kim, lou, publish_procedure(client, company))
