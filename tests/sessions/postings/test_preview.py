"""The preview shows exactly what is posted."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company, at
from tests.sessions.postings.connected import SESSIONS, Connected


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    return Connected(client, company)


def _ended_over_midnight(desk: Connected) -> str:
    """A session on 4711 that nothing is posted of yet."""
    engineer, company = desk.company.users[Role.ENGINEER], desk.company
    began, looked, ended = at("2026-06-15 23:40"), at("2026-06-15 23:58"), at("2026-06-16 00:20:30")
    session = company.add(
        "ai_sessions",
        user_id=engineer,
        owner_id=engineer,
        status="resolved",
        psa_ticket_id="4711",
        created_at=began,
        last_activity_at=ended,
        resolved_at=ended,
    )
    for status, moment in (("active", began), ("resolved", ended)):
        change = {"to_status": status, "actor_id": engineer, "created_at": moment}
        company.add("ai_session_status_changes", session_id=session, **change)
    for position, (kind, moment) in enumerate((("note", looked), ("resolution", ended)), 1):
        step = {"kind": kind, "actor_id": engineer, "content": {"text": "A new fuse."}, "created_at": moment}
        company.add("ai_session_steps", session_id=session, position=position, **step)
    return str(session)


@pytest.mark.parametrize(
    ("provider", "times"),
    [
        ("console", [(20, "2026-06-15T23:40:00Z"), (21, "2026-06-16T00:00:00Z")]),
        ("autotask", [(20, "2026-06-15T23:40:00Z"), (21, "2026-06-16T00:00:00Z")]),
    ],
)
def test_note_and_times_are_those_that_are_posted_then(
    desk: Connected, provider: str, times: list[tuple[int, str]]
) -> None:
    session = _ended_over_midnight(desk)
    desk.connect(provider=provider)
    preview = desk.ask("GET", f"{SESSIONS}/{session}/postings/preview?audience=internal")
    assert [(one["minutes"], one["started_at"]) for one in preview["times"]] == times
    desk.ask("PATCH", f"{SESSIONS}/{session}", {"psa_ticket_id": "4712"})
    (posting,) = desk.postings(session)
    assert posting["text"] == preview["text"].replace("4711", "4712")
    booked = [step for step in posting["steps"] if step["kind"] == "time"]
    assert [(step["minutes"], step["started_at"], step["worked_seconds"]) for step in booked] == [
        (one["minutes"], one["started_at"], one["worked_seconds"]) for one in preview["times"]
    ]
    after = desk.ask("GET", f"{SESSIONS}/{session}/postings/preview?audience=internal")
    assert (after["text"], after["times"]) == ("", [])


def test_what_the_account_does_not_post_is_not_in_the_preview(desk: Connected) -> None:
    desk.connect()
    desk.rules(posts_note=False, posts_time=False)
    preview = desk.ask("GET", f"{SESSIONS}/{desk.session()}/postings/preview?audience=internal")
    assert (preview["text"], preview["times"]) == ("", [])
