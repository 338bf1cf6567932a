"""What tests of fixes that wait share: applying one, answering for it, and a handoff that one has set aside."""

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from flowpilot.clock import now
from tests.company import Company
from tests.handoffs.helpers import Person, claimed_by_kim, done, read_as
from tests.sessions.flows import SESSIONS

FIX = {"fix": "Replaced the switch.", "waiting_for": "a day without outages"}


def do(client: TestClient, handoff: dict[str, Any], who: dict[str, str], action: str, **body: Any) -> Any:
    """Do something to the session of a handoff; what needs a time to look again has one."""
    is_timed = action in {"verify", "verify/postpone"}
    soon = {"look_again_at": (now() + timedelta(days=1)).isoformat()} if is_timed else {}
    return client.post(f"{SESSIONS}/{handoff['session_id']}/{action}", headers=who, json=soon | body)


def set_aside_by_kim(client: TestClient, company: Company, **why: Any) -> tuple[dict[str, Any], Person]:
    """A handoff that Kim, who holds it, has set aside with a fix, and Kim."""
    handoff, kim = claimed_by_kim(client, company, **why)
    done(do(client, handoff, kim.headers, "verify", **FIX))
    return read_as(client, handoff, kim.headers), kim
