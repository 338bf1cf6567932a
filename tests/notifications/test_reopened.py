"""Who a session is with is told that it goes on again, unless they did it themselves."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.company import Company
from tests.handoffs.aside.fixes import FIX, do
from tests.handoffs.helpers import Person, act, claimed_by_kim, done, send_escalation
from tests.sessions.flows import SESSIONS
from tests.sessions.queue import work_off


@pytest.fixture
def resolved(client: TestClient, company: Company) -> tuple[dict[str, Any], Person]:
    """The handoff of a session that Kim, a senior, has resolved and keeps, and Kim."""
    handoff, kim = claimed_by_kim(client, company)
    _do(client, handoff, kim.headers, "resolve", summary="A new fuse.")
    return handoff, kim


def _do(
    client: TestClient, handoff: dict[str, Any], who: dict[str, str], action: str, **body: Any
) -> dict[str, Any]:
    return done(client.post(f"{SESSIONS}/{handoff['session_id']}/{action}", headers=who, json=body))


def _told(client: TestClient, who: dict[str, str]) -> list[tuple[str, str, str | None]]:
    items = done(client.get("/api/v1/notifications", headers=who))["items"]
    return [(one["text"], one["path"], one["settled"]) for one in items if one["kind"] == "reopened"]


def test_the_senior_it_is_with_is_told_who_has_reopened_it(
    client: TestClient, company: Company, resolved: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = resolved
    engineer = company.headers(Role.ENGINEER)
    session = _do(client, handoff, engineer, "reopen", reason="It blinks again on Monday.")
    assert (session["status"], session["owner_id"]) == ("active", str(kim.id))
    [(text, path, settled)] = _told(client, kim.headers)
    assert "has reopened “" in text
    assert "It is with you." in text
    # Why is read in the session, where it is edited and removed.
    assert "Monday" not in text
    assert (path, settled) == (f"/sessions/{handoff['session_id']}", None)
    assert _told(client, engineer) == []


def test_it_is_over_when_the_session_ends_again(
    client: TestClient, company: Company, resolved: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = resolved
    _do(client, handoff, company.headers(Role.TEAM_ADMIN), "reopen", reason="It blinks again.")
    _do(client, handoff, kim.headers, "resolve", summary="Another fuse.")
    [(_, _, settled)] = _told(client, kim.headers)
    assert settled is not None


def test_who_has_done_it_is_not_told(client: TestClient, resolved: tuple[dict[str, Any], Person]) -> None:
    handoff, kim = resolved
    _do(client, handoff, kim.headers, "reopen", reason="It blinks again.")
    assert _told(client, kim.headers) == []


def test_one_that_was_abandoned_goes_on_again_too(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    done(act(client, handoff, "close", kim.headers, outcome="parked", note="The part comes on Friday."))
    _do(client, handoff, kim.headers, "abandon", reason="Nobody answers.")
    _do(client, handoff, company.headers(Role.ENGINEER), "resume")
    assert len(_told(client, kim.headers)) == 1
    # To resume what was only paused is not to reopen it.
    _do(client, handoff, kim.headers, "pause")
    _do(client, handoff, company.headers(Role.TEAM_ADMIN), "resume")
    assert len(_told(client, kim.headers)) == 1


@pytest.mark.anyio
async def test_it_is_over_for_whom_the_session_is_no_longer_with(
    client: TestClient,
    company: Company,
    resolved: tuple[dict[str, Any], Person],
    settings: Settings,
    database: Database,
) -> None:
    handoff, kim = resolved
    # What is due later is done at once, and claims do not lapse.
    done(client.patch("/api/v1/account", headers=company.headers(), json={"lease_minutes": None}))
    _do(client, handoff, company.headers(Role.TEAM_ADMIN), "reopen", reason="It blinks again.")
    again = send_escalation(client, company, handoff["session_id"], headers=kim.headers).json()
    await work_off(company, settings, database)
    [(_, _, settled)] = _told(client, kim.headers)
    assert settled is None
    done(act(client, again, "claim", company.headers(Role.TEAM_ADMIN)))
    await work_off(company, settings, database)
    [(_, _, settled)] = _told(client, kim.headers)
    assert settled == "It has ended again, or is with somebody else."


def test_putting_off_a_fix_does_not_end_it(
    client: TestClient, company: Company, resolved: tuple[dict[str, Any], Person]
) -> None:
    handoff, kim = resolved
    _do(client, handoff, company.headers(Role.TEAM_ADMIN), "reopen", reason="It blinks again.")
    for action, body in (("verify", FIX), ("verify/postpone", {}), ("verify/fail", {})):
        done(do(client, handoff, kim.headers, action, **body))
        [(_, _, settled)] = _told(client, kim.headers)
        assert settled is None
    done(do(client, handoff, kim.headers, "verify", **FIX))
    done(do(client, handoff, kim.headers, "verify/confirm"))
    [(_, _, settled)] = _told(client, kim.headers)
    assert settled is not None
