"""A fix waits while its owner changes: whoever has the session answers for it, and nothing else ends the wait."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.sessions.locking import lock
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.policy import FixWaitsError
from flowpilot.sessions.service import transition
from flowpilot.sessions.transitions import TRANSITIONS, Action
from tests.company import Company
from tests.handoffs.aside.fixes import FIX, do, set_aside_by_kim
from tests.handoffs.helpers import check_laws, done
from tests.handoffs.leaving.leavers import lower
from tests.sessions.flows import SESSIONS, start

WAIT = ("status", "waiting_for", "look_again_at", "fix_applied_at")
ENDS_NO_WAIT = sorted(
    set(TRANSITIONS[SessionStatus.PAUSED])
    - {Action.CONFIRM, Action.FAIL, Action.POSTPONE, Action.TAKE_BACK, Action.HOLD_AGAIN}
)


def _session(client: TestClient, company: Company, handoff: dict[str, Any]) -> dict[str, Any]:
    return done(client.get(f"{SESSIONS}/{handoff['session_id']}", headers=company.headers(Role.ENGINEER)))


@pytest.mark.parametrize("answer", ["confirm", "fail"])
def test_whoever_takes_the_session_answers_for_the_fix(client: TestClient, company: Company, answer: str) -> None:
    handoff, kim = set_aside_by_kim(client, company)
    before = _session(client, company, handoff)
    assert lower(client, company, kim).status_code == 204
    engineer = company.headers(Role.ENGINEER)
    assert do(client, handoff, engineer, "take").json()["owner_id"] == str(company.users[Role.ENGINEER])
    taken = _session(client, company, handoff)
    assert [taken[name] for name in WAIT] == [before[name] for name in WAIT]
    assert {"confirm", "fail", "postpone"} <= set(taken["allowed"])
    assert done(client.get(f"{SESSIONS}/waiting-to-verify?mine=true", headers=engineer))["n"] == 1
    after = done(do(client, handoff, engineer, f"verify/{answer}"))
    assert after["status"] == ("resolved" if answer == "confirm" else "active")
    check_laws(company)


@pytest.mark.anyio
@pytest.mark.parametrize("action", ENDS_NO_WAIT)
async def test_no_change_of_status_goes_past_a_fix_that_waits(
    client: TestClient, company: Company, database: Database, action: Action
) -> None:
    session = start(client, company)
    done(do(client, {"session_id": session["id"]}, company.headers(Role.ENGINEER), "verify", **FIX))
    async with database.write(company.id) as db:
        locked = await lock(db, company.id, uuid.UUID(session["id"]), now())
        with pytest.raises(FixWaitsError):
            await transition(db, locked, action, company.users[Role.ENGINEER])
