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
from tests.handoffs.helpers import Person, act, check_laws, done, join, read_as
from tests.handoffs.leaving.leavers import MEMBERS, escalated_by, lower, owner_and_status
from tests.sessions.flows import SESSIONS, start

WAIT = ("status", "waiting_for", "look_again_at", "fix_applied_at")
ENDS_NO_WAIT = sorted(
    set(TRANSITIONS[SessionStatus.PAUSED])
    - {Action.CONFIRM, Action.FAIL, Action.POSTPONE, Action.TAKE_BACK, Action.HOLD_AGAIN}
)


def _session(client: TestClient, company: Company, handoff: dict[str, Any]) -> dict[str, Any]:
    return done(client.get(f"{SESSIONS}/{handoff['session_id']}", headers=company.headers(Role.ENGINEER)))


def _holdings(client: TestClient, company: Company, person: Person) -> list[tuple[str, str]]:
    items = client.get(f"{MEMBERS}/{person.id}/holdings", headers=company.headers()).json()["items"]
    return [(one["kind"], one["id"]) for one in items if one["kind"] != "api_key"]


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


def test_who_leaves_while_a_fix_waits_passes_on_what_comes_back_to_them(
    client: TestClient, company: Company
) -> None:
    kim, lou, ann = (join(client, company, name) for name in ("Kim", "Lou", "Ann"))
    handoff = escalated_by(client, company, lou)
    done(act(client, handoff, "claim", kim.headers))
    done(do(client, handoff, kim.headers, "verify", **FIX))
    assert _holdings(client, company, lou) == [("escalated_handoff", handoff["id"])]
    assert lower(client, company, lou, ann).status_code == 204
    waiting = read_as(client, handoff, kim.headers)
    assert (waiting["returns_to"]["name"], waiting["look_again_at"] is None) == ("Ann", False)
    done(do(client, handoff, kim.headers, "verify/fail"))
    done(act(client, handoff, "close", kim.headers, outcome="returned", note="Ask them again."))
    assert owner_and_status(company, handoff["session_id"]) == (ann.id, "active")


def test_a_holder_who_leaves_while_their_fix_waits_passes_on_the_session(
    client: TestClient, company: Company
) -> None:
    handoff, kim = set_aside_by_kim(client, company)
    ann = join(client, company, "Ann")
    assert _holdings(client, company, kim) == [("session", handoff["session_id"])]
    assert lower(client, company, kim, ann).status_code == 204
    assert owner_and_status(company, handoff["session_id"]) == (ann.id, "paused")
    assert read_as(client, handoff, ann.headers)["claimed_by"]["name"] == "Kim"
    done(do(client, handoff, ann.headers, "verify/fail"))
    assert (
        read_as(client, handoff, ann.headers)["outcome"],
        owner_and_status(company, handoff["session_id"]),
    ) == (
        "parked",
        (ann.id, "active"),
    )
    check_laws(company)
