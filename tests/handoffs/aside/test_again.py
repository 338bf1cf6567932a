"""A mistaken "It did not help" is taken back: the fix waits again as it did, unless something was done since."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.sessions.verifying.service import LOOK_AGAIN_JOB
from tests.company import Company
from tests.handoffs.aside.fixes import FIX, do, set_aside_by_kim
from tests.handoffs.helpers import Person, act, check_laws, done, read_as
from tests.sessions.flows import SESSIONS, post, read, start
from tests.sessions.queue import waiting

WAIT = ("status", "owner_id", "waiting_for", "look_again_at", "fix_applied_at", "waiting_fix")
# What says that a handoff is set aside, by whom it was held, and what the reports count.
ASIDE = (
    "closed_at",
    "outcome",
    "look_again_at",
    "lease_expires_at",
    "claimed_by",
    "claimed_at",
    "first_action_at",
    "claimant_action_at",
)

Ours = Callable[..., dict[str, Any]]


@pytest.fixture
def set_aside(client: TestClient, company: Company) -> tuple[dict[str, Any], Person]:
    """A handoff that Kim, who holds it, has set aside with a fix, and Kim."""
    return set_aside_by_kim(client, company)


def _session(client: TestClient, handoff: dict[str, Any], who: dict[str, str]) -> dict[str, Any]:
    return done(client.get(f"{SESSIONS}/{handoff['session_id']}", headers=who))


def _failed(session: dict[str, Any]) -> dict[str, Any]:
    """The step that says that the fix did not help."""
    found: dict[str, Any] = next(step for step in reversed(session["steps"]) if "fix" in step["content"])
    return found


def _take_back(client: TestClient, session: dict[str, Any], who: dict[str, str]) -> dict[str, Any]:
    path = f"{SESSIONS}/{session['id']}/steps/{_failed(session)['id']}/take-back"
    return done(client.post(path, headers=who))


def test_it_waits_again_as_it_did_and_its_handoff_is_set_aside_again(
    client: TestClient, company: Company, set_aside: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = set_aside
    done(do(client, handoff, kim.headers, "verify/postpone"))
    aside, before = read_as(client, handoff, kim.headers), _session(client, handoff, kim.headers)
    failed = done(do(client, handoff, kim.headers, "verify/fail", note="It fell over."))
    assert datetime.fromisoformat(_failed(failed)["waits_again"]) == datetime.fromisoformat(
        before["look_again_at"]
    )
    assert do(client, handoff, kim.headers, "steps", free_text="The other one fell over.").status_code == 201
    after = _take_back(client, failed, kim.headers)
    assert [after[name] for name in WAIT] == [before[name] for name in WAIT]
    assert after["allowed"] == before["allowed"]
    again = read_as(client, handoff, kim.headers)
    assert [again[name] for name in ASIDE] == [aside[name] for name in ASIDE]
    assert [event["kind"] for event in again["events"]][-3:] == ["closed", "resumed", "closed"]
    assert waiting(company, LOOK_AGAIN_JOB)[-1][1] == datetime.fromisoformat(before["look_again_at"])
    check_laws(company)
    assert done(do(client, handoff, kim.headers, "verify/confirm"))["status"] == "resolved"
    assert read_as(client, handoff, kim.headers)["outcome"] == "resolved"
    check_laws(company)


def test_it_may_fail_and_be_taken_back_again(
    client: TestClient, company: Company, set_aside: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = set_aside
    before = _session(client, handoff, kim.headers)
    for _ in range(2):
        failed = done(do(client, handoff, company.headers(Role.TEAM_ADMIN), "verify/fail"))
        assert (failed["status"], failed["owner_id"]) == ("escalated", str(kim.id))
        after = _take_back(client, failed, kim.headers)
        assert [after[name] for name in WAIT] == [before[name] for name in WAIT]
    fix = after["waiting_fix"]
    taken = done(client.post(f"{SESSIONS}/{after['id']}/steps/{fix}/take-back", headers=kim.headers))
    assert (taken["status"], taken["look_again_at"]) == ("escalated", None)
    check_laws(company)


def test_without_a_handoff_it_waits_again_in_the_words_of_now(client: TestClient, company: Company) -> None:
    handoff = {"session_id": start(client, company)["id"]}
    engineer = company.headers(Role.ENGINEER)
    before = done(do(client, handoff, engineer, "verify", **FIX))
    failed = done(do(client, handoff, engineer, "verify/fail"))
    corrected = {"text": "two days without outages", "text_name": "waiting_for"}
    path = f"{SESSIONS}/{before['id']}/steps/{before['waiting_fix']}/correct"
    done(client.post(path, headers=engineer, json=corrected))
    after = _take_back(client, failed, engineer)
    assert after["waiting_for"] == corrected["text"]
    assert [after[name] for name in WAIT if name != "waiting_for"] == [
        before[name] for name in WAIT if name != "waiting_for"
    ]


def test_one_that_stayed_closed_is_as_it_was(client: TestClient, company: Company) -> None:
    """Nobody had claimed it, so nobody held it again. It ends as resolved or stays, as it would have."""
    session = start(client, company)["id"]
    handoff = post(client, company, f"{session}/handoffs", reason="Out of ideas.").json()
    engineer = company.headers(Role.ENGINEER)
    done(do(client, handoff, engineer, "verify", **FIX))
    aside = read_as(client, handoff, engineer)
    failed = done(do(client, handoff, engineer, "verify/fail"))
    assert failed["status"] == "active"
    assert _take_back(client, failed, engineer)["look_again_at"] is not None
    assert read_as(client, handoff, engineer) == aside
    check_laws(company)


@pytest.mark.parametrize("what", ["tried", "fixed", "handed over", "ended"])
def test_what_was_done_since_stands_and_the_fix_does_not_wait(
    client: TestClient, company: Company, what: str
) -> None:
    session = start(client, company)["id"]
    handoff, engineer = {"session_id": session}, company.headers(Role.ENGINEER)
    done(do(client, handoff, engineer, "verify", **FIX))
    done(do(client, handoff, engineer, "verify/fail"))
    match what:
        case "tried":
            tried = {"outcome": "Still nothing", "note": "A reboot."}
            assert do(client, handoff, engineer, "steps", **tried).status_code == 201
        case "fixed":
            done(do(client, handoff, engineer, "verify", **FIX))
            path = f"{SESSIONS}/{session}/steps/{read(client, company, session)['waiting_fix']}/take-back"
            done(client.post(path, headers=engineer))
            done(do(client, handoff, engineer, "verify", **FIX))
            done(do(client, handoff, engineer, "verify/fail"))
        case "handed over":
            out = post(client, company, f"{session}/handoffs", reason="Out of ideas.").json()
            done(act(client, out, "close", engineer, outcome="returned", note="I go on."))
        case _:
            done(do(client, handoff, engineer, "abandon", reason="Enough."))
            done(do(client, handoff, engineer, "resume"))
    now = read(client, company, session)
    first = next(step for step in now["steps"] if "fix" in step["content"])
    assert (first["waits_again"], "take_back" in first["allowed"]) == (None, True)
    after = done(client.post(f"{SESSIONS}/{session}/steps/{first['id']}/take-back", headers=engineer))
    assert (after["status"], after["look_again_at"]) == ("active", None)
    check_laws(company)


def test_a_fix_that_was_taken_back_since_is_not_the_one_that_waits(client: TestClient, company: Company) -> None:
    handoff, engineer = {"session_id": start(client, company)["id"]}, company.headers(Role.ENGINEER)
    first = done(do(client, handoff, engineer, "verify", **FIX))
    done(do(client, handoff, engineer, "verify/fail"))
    second = done(do(client, handoff, engineer, "verify", **FIX))
    path = f"{SESSIONS}/{first['id']}/steps/{second['waiting_fix']}/take-back"
    after = _take_back(client, done(client.post(path, headers=engineer)), engineer)
    assert [after[name] for name in WAIT] == [first[name] for name in WAIT]


def test_whoever_did_not_take_it_back_reads_that_it_waits_again(
    client: TestClient, company: Company, set_aside: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = set_aside
    failed = done(do(client, handoff, kim.headers, "verify/fail"))
    _take_back(client, failed, kim.headers)
    closed = read_as(client, handoff, kim.headers)["events"][-1]
    assert closed["content"] == {
        "outcome": "parked",
        "note": FIX["waiting_for"],
        "has_a_fix": True,
        "again": True,
    }
