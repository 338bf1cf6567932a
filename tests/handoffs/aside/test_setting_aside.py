"""A senior's fix that waits: nobody else ends the wait, and the handoff is held again if it did not help."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.handoffs import jobs
from flowpilot.handoffs.leases import EXPIRE_JOB, REMIND_JOB
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.company import Company
from tests.handoffs.aside.fixes import FIX, do, set_aside_by_kim
from tests.handoffs.helpers import Person, act, check_laws, claimed_by_kim, done, jobs_of, read_as, worker_context
from tests.sessions.flows import SESSIONS
from tests.sessions.queue import work_off

pytestmark = pytest.mark.anyio

# What the reports count by, and who holds it.
CLOCKS = (
    "claimed_at",
    "first_action_at",
    "first_action_by",
    "claimant_action_at",
    "seconds_to_first_action",
    "seconds_to_claimant_action",
    "claimed_by",
)
ENDS = [
    ("resume", {}),
    ("handoffs", {"reason": "Out of ideas."}),
    ("resolve", {"summary": "It was the switch."}),
    ("abandon", {}),
    ("verify", FIX),
    ("verify/confirm", {}),
    ("verify/fail", {}),
    ("verify/postpone", {}),
]


@pytest.fixture
def set_aside(client: TestClient, company: Company) -> tuple[dict[str, Any], Person]:
    """A handoff that Kim, who holds it, has set aside with a fix, and Kim."""
    return set_aside_by_kim(client, company)


def _notices(client: TestClient, who: dict[str, str]) -> list[str]:
    items = client.get("/api/v1/notifications", headers=who).json()["items"]
    return [one["text"] for one in items if not one["settled"]]


@pytest.mark.parametrize(("action", "body"), ENDS)
def test_the_engineer_is_left_notes_and_ends_no_wait(
    client: TestClient,
    company: Company,
    set_aside: tuple[dict[str, Any], Person],
    action: str,
    body: dict[str, Any],
) -> None:
    handoff, _ = set_aside
    engineer = company.headers(Role.ENGINEER)
    session = client.get(f"{SESSIONS}/{handoff['session_id']}", headers=engineer).json()
    assert session["allowed"] == ["note"]
    refused = do(client, handoff, engineer, action, **body)
    assert (refused.status_code, refused.json()["holder"]["name"]) == (409, "Kim")
    assert refused.json()["detail"].startswith("A fix of Kim waits until ")
    assert do(client, handoff, engineer, "steps", free_text="No outage since noon.").status_code == 201
    after = client.get(f"{SESSIONS}/{handoff['session_id']}", headers=engineer).json()
    assert (after["status"], after["look_again_at"]) == ("paused", session["look_again_at"])


def test_its_holder_holds_it_again_if_the_fix_did_not_help(
    client: TestClient, company: Company, set_aside: tuple[dict[str, Any], Person]
) -> None:
    before, kim = set_aside
    session = done(do(client, before, kim.headers, "verify/fail", note="It fell over."))
    after = read_as(client, before, kim.headers)
    assert (session["status"], session["owner_id"]) == ("escalated", str(kim.id))
    assert (after["closed_at"], after["outcome"], after["look_again_at"]) == (None, None, None)
    assert {"ask", "close", "release"} <= set(after["allowed"])
    assert [after[name] for name in CLOCKS] == [before[name] for name in CLOCKS]
    kinds = [event["kind"] for event in after["events"]]
    assert kinds == ["created", "claimed", "first_action", "closed", "resumed"]
    failed = session["status_changes"][-1]
    assert (failed["from_status"], failed["to_status"]) == ("paused", "escalated")
    lease = datetime.fromisoformat(after["lease_expires_at"]) - datetime.fromisoformat(failed["created_at"])
    assert lease == timedelta(minutes=30)
    check_laws(company)


async def test_the_lease_is_a_new_one_and_the_holders_next_step_ends_it(
    client: TestClient,
    company: Company,
    set_aside: tuple[dict[str, Any], Person],
    settings: Settings,
    database: Database,
) -> None:
    handoff, kim = set_aside
    done(do(client, handoff, kim.headers, "verify/fail"))
    first, again = jobs_of(company, EXPIRE_JOB)
    context = worker_context(database, settings)
    for job in (jobs_of(company, REMIND_JOB)[0], first):
        await (jobs.expire if job is first else jobs.remind)(context, **job)
    held = read_as(client, handoff, kim.headers)
    assert (held["claimed_by"]["name"], held["events"][-1]["kind"]) == ("Kim", "resumed")
    await jobs.remind(context, **again)
    assert read_as(client, handoff, kim.headers)["events"][-1]["kind"] == "reminded"
    assert do(client, handoff, kim.headers, "steps", free_text="Trying the other one.").status_code == 201
    await jobs.expire(context, **again)
    held = read_as(client, handoff, kim.headers)
    assert (held["claimed_by"]["name"], held["lease_expires_at"]) == ("Kim", None)
    assert [held[name] for name in CLOCKS] == [handoff[name] for name in CLOCKS]


async def test_a_holder_who_does_nothing_about_it_loses_the_claim(
    client: TestClient,
    company: Company,
    set_aside: tuple[dict[str, Any], Person],
    settings: Settings,
    database: Database,
) -> None:
    handoff, kim = set_aside
    done(do(client, handoff, company.headers(Role.TEAM_ADMIN), "verify/fail"))
    await jobs.expire(worker_context(database, settings), **jobs_of(company, EXPIRE_JOB)[-1])
    after = read_as(client, handoff, kim.headers)
    assert (after["claimed_by"], after["session_status"]) == (None, "requesting_escalation")
    check_laws(company)


async def test_what_became_of_the_fix_is_told_to_the_other_person(
    client: TestClient,
    company: Company,
    set_aside: tuple[dict[str, Any], Person],
    settings: Settings,
    database: Database,
) -> None:
    handoff, kim = set_aside
    engineer, admin = company.headers(Role.ENGINEER), company.headers(Role.TEAM_ADMIN)
    # All that is due later is done at once here, so no claim may lapse.
    done(client.patch("/api/v1/account", headers=company.headers(), json={"lease_minutes": None}))
    await work_off(company, settings, database)
    assert "and waits for a day without outages." in _notices(client, engineer)[0]
    done(do(client, handoff, admin, "verify/fail"))
    await work_off(company, settings, database)
    for who in (engineer, kim.headers):
        assert any(one.startswith("The fix did not help: Kim holds “") for one in _notices(client, who))
    done(do(client, handoff, kim.headers, "verify", **FIX))
    done(do(client, handoff, kim.headers, "verify/confirm"))
    await work_off(company, settings, database)
    assert "Kim has closed" in _notices(client, engineer)[0]
    assert "resolved." in _notices(client, engineer)[0]


def test_what_has_proved_itself_ends_the_handoff_as_resolved(
    client: TestClient, company: Company, set_aside: tuple[dict[str, Any], Person]
) -> None:
    before, kim = set_aside
    session = done(do(client, before, kim.headers, "verify/confirm"))
    after = read_as(client, before, kim.headers)
    assert (after["outcome"], after["closed_at"]) == ("resolved", session["resolved_at"])
    assert [after[name] for name in CLOCKS] == [before[name] for name in CLOCKS]
    assert after["lease_expires_at"] is None


def test_a_fix_taken_back_gives_the_handoff_back_too(
    client: TestClient, company: Company, set_aside: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = set_aside
    path = f"{SESSIONS}/{handoff['session_id']}"
    fix = client.get(path, headers=kim.headers).json()["steps"][-1]["id"]
    assert done(client.post(f"{path}/steps/{fix}/take-back", headers=kim.headers))["status"] == "escalated"
    last = read_as(client, handoff, kim.headers)["events"][-1]
    assert (last["kind"], last["content"]["reason"]) == ("resumed", "The fix was taken back.")
    check_laws(company)


def test_what_was_set_aside_before_the_fix_stays_so(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    done(act(client, handoff, "close", kim.headers, outcome="parked", note="The part comes on Friday."))
    done(do(client, handoff, kim.headers, "verify", **FIX))
    assert done(do(client, handoff, kim.headers, "verify/fail"))["status"] == "active"
    after = read_as(client, handoff, kim.headers)
    assert (after["outcome"], after["look_again_at"]) == ("parked", None)


def test_while_it_waits_it_has_not_ended_and_says_what_for(
    client: TestClient, set_aside: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = set_aside

    def listed(state: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = client.get(f"/api/v1/handoffs?state={state}", headers=kim.headers).json()[
            "items"
        ]
        return items

    assert handoff["events"][-1]["content"]["note"] == FIX["waiting_for"]
    assert (listed("closed"), listed("queue")) == ([], [])
    session = client.get(f"{SESSIONS}/{handoff['session_id']}", headers=kim.headers).json()
    assert [one["look_again_at"] for one in listed("all")] == [session["look_again_at"]]
    done(do(client, handoff, kim.headers, "verify/confirm"))
    assert [one["outcome"] for one in listed("closed")] == ["resolved"]


def test_it_is_asked_and_answered_while_it_waits(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    path = f"/api/v1/handoffs/{handoff['id']}/questions"
    question = client.post(path, headers=kim.headers, json={"question": "Which printer?"}).json()["questions"][0]
    done(do(client, handoff, kim.headers, "verify", **FIX))
    engineer = company.headers(Role.ENGINEER)
    assert read_as(client, handoff, engineer)["questions"][0]["allowed"] == ["answer"]
    done(client.post(f"{path}/{question['id']}/answer", headers=engineer, json={"answer": "The small one."}))
    assert "ask" in read_as(client, handoff, kim.headers)["allowed"]
    again = client.post(path, headers=kim.headers, json={"question": "And now?"})
    assert (again.status_code, again.json()["look_again_at"] is None) == (201, False)
    check_laws(company)


def test_the_note_says_that_it_was_set_aside_and_why_it_is_held_again(
    client: TestClient, company: Company, set_aside: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = set_aside
    done(do(client, handoff, kim.headers, "verify/fail"))
    path = f"{SESSIONS}/{handoff['session_id']}/documentation"
    text = done(client.get(path, headers=kim.headers))["text"]
    assert "APPLIED\n- Kim: Replaced the switch. Then waited for: a day without outages. It did not help." in text
    said = [line.partition(", ")[0] for line in text.splitlines() if " by Kim, " in line]
    assert said == ["- Claimed by Kim", "- Set aside with a fix by Kim", "- Wait ended by Kim"]
    assert ": The fix did not help." in text
