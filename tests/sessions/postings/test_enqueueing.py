"""What goes to the ticket by itself, and what people see and change of it before it goes."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company, at
from tests.sessions.postings.connected import POSTINGS, SESSIONS, Connected


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    return Connected(client, company)


def _kinds(posting: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["kind"], step["state"]) for step in posting["steps"]]


def test_the_end_of_a_session_enqueues_its_note_and_its_time(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    (posting,) = desk.postings(session)
    assert _kinds(posting) == [("note", "queued"), ("time", "queued")]
    assert (posting["occasion"], posting["audience"], posting["minutes"]) == ("resolved", "internal", 1)
    assert "Looked at the fuse." in posting["text"]
    assert posting["text"].rstrip().splitlines()[-1] != ""
    assert desk.company.query("SELECT status, posted_at FROM psa_post_logs") == [("pending", None)]
    assert desk.company.query("SELECT 1 FROM psa_activity_logs") == []


@pytest.mark.parametrize("is_connected", [False, True])
def test_without_a_ticket_or_a_connection_nothing_is_enqueued(desk: Connected, is_connected: bool) -> None:
    if is_connected:
        desk.connect()
    session = desk.session(**({"psa_ticket_id": None} if is_connected else {}))
    desk.resolve(session)
    assert desk.postings(session) == []


def test_the_time_of_each_person_is_a_step_of_its_own(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.note(session, "I helped.", Role.TEAM_ADMIN)
    desk.resolve(session)
    (posting,) = desk.postings(session)
    people = [step["by"]["id"] for step in posting["steps"] if step["kind"] == "time"]
    assert sorted(people) == sorted(str(desk.company.users[role]) for role in (Role.ENGINEER, Role.TEAM_ADMIN))


def test_an_account_says_what_it_posts(desk: Connected) -> None:
    desk.connect()
    desk.rules(posts_note=False, posts_status=True)
    session = desk.session()
    desk.resolve(session)
    (posting,) = desk.postings(session)
    assert [kind for kind, _ in _kinds(posting)] == ["time", "status"]


@pytest.mark.parametrize("wants", [False, True])
def test_an_escalation_is_posted_if_the_account_wants_it(desk: Connected, wants: bool) -> None:
    desk.connect()
    desk.rules(posts_escalation=wants)
    session = desk.session()
    desk.ask("POST", f"{SESSIONS}/{session}/handoffs", {"reason": "Stuck."}, expect=201)
    assert [posting["occasion"] for posting in desk.postings(session)] == (["escalated"] if wants else [])


def test_only_what_is_new_is_posted_after_an_escalation(desk: Connected) -> None:
    desk.connect()
    desk.rules(posts_escalation=True)
    session = desk.session()
    desk.ask("POST", f"{SESSIONS}/{session}/handoffs", {"reason": "Stuck."}, expect=201)
    desk.note(session, "Found another fuse.")
    desk.resolve(session)
    last, first = desk.postings(session)
    assert "Looked at the fuse." in first["text"]
    assert "Looked at the fuse." not in last["text"]
    assert "Found another fuse." in last["text"]
    query = "SELECT sum(worked_seconds) FROM psa_posting_steps WHERE kind = 'time'"
    ((seconds,),) = desk.company.query(query)
    spent = desk.ask("GET", f"{SESSIONS}/{session}/documentation")["work_seconds"]
    assert seconds == pytest.approx(spent, abs=2)


def test_a_note_says_the_minutes_that_are_booked_of_each_person_and_only_new_ones(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.note(session, "I helped.", Role.TEAM_ADMIN)
    desk.resolve(session)
    desk.ask("POST", f"{SESSIONS}/{session}/reopen", {"reason": "It blinks again."})
    desk.note(session, "Found another fuse.")
    desk.resolve(session)
    last, first = desk.postings(session)
    times = [one["text"].partition("TIME SPENT\n")[2].strip() for one in (first, last)]
    booked = [sum(step["minutes"] or 0 for step in one["steps"]) for one in (first, last)]
    assert booked == [2, 1]
    assert [time.partition(",")[0] for time in times] == ["2 min", "1 min"]
    assert [time.count("1 min by ") for time in times] == [2, 0]


def test_only_what_is_new_is_posted_after_a_session_was_reopened(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    reopened = desk.ask("POST", f"{SESSIONS}/{session}/reopen", {"reason": "It blinks again."})
    assert (reopened["status"], reopened["resolved_at"]) == ("active", None)
    note = desk.ask("GET", f"{SESSIONS}/{session}/documentation")["text"]
    assert "Reopened: It blinks again." in note
    desk.note(session, "Found another fuse.")
    desk.resolve(session, "Two new fuses.")
    last, first = desk.postings(session)
    assert "Looked at the fuse." in first["text"]
    assert "Looked at the fuse." not in last["text"]
    assert "Two new fuses." in last["text"]
    changes = "SELECT to_status, reason FROM ai_session_status_changes ORDER BY id"
    assert desk.company.query(changes) == [
        ("active", ""),
        ("resolved", ""),
        ("active", "It blinks again."),
        ("resolved", ""),
    ]


def test_a_held_posting_can_be_corrected_and_sent(desk: Connected) -> None:
    desk.connect()
    desk.rules(waits_for_person=True)
    session = desk.session()
    desk.resolve(session)
    (held,) = desk.postings(session)
    assert (held["state"], held["due_at"]) == ("held", None)
    corrected = desk.ask("PATCH", f"{POSTINGS}/{held['id']}", {"text": "The fuse.", "minutes": 25})
    assert (corrected["text"], corrected["minutes"], corrected["is_edited"]) == ("The fuse.", 25, True)
    assert desk.ask("POST", f"{POSTINGS}/{held['id']}/send")["state"] == "queued"
    entry = "SELECT actor_id, before, after FROM audit_log WHERE action = 'posting.corrected'"
    who = desk.company.users[Role.ENGINEER]
    (time,) = [step for step in held["steps"] if step["kind"] == "time"]
    after = {"text": True, "minutes": 25, "user_id": str(who), "step_id": time["id"]}
    assert desk.company.query(entry) == [(who, {"minutes": time["minutes"]}, after)]
    made = desk.company.query("SELECT text_made FROM psa_postings")
    assert "Looked at the fuse." in made[0][0]


def test_whose_minutes_must_be_said_if_there_are_several(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.note(session, "I helped.", Role.TEAM_ADMIN)
    desk.resolve(session)
    (posting,) = desk.postings(session)
    desk.ask("PATCH", f"{POSTINGS}/{posting['id']}", {"minutes": 25}, expect=422)
    admin = str(desk.company.users[Role.TEAM_ADMIN])
    corrected = desk.ask("PATCH", f"{POSTINGS}/{posting['id']}", {"minutes": 25, "user_id": admin})
    assert [step["minutes"] for step in corrected["steps"] if step["by"] and step["by"]["id"] == admin] == [25]


def test_corrected_minutes_stay_on_the_day_of_the_work(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    (posting,) = desk.postings(session)
    evening = "started_at = '2026-06-15 23:40Z', ended_at = '2026-06-16 00:00Z'"
    desk.company.query(f"UPDATE psa_posting_steps SET {evening} WHERE kind = 'time' RETURNING 1")
    desk.ask("PATCH", f"{POSTINGS}/{posting['id']}", {"minutes": 45})
    query = "SELECT minutes, started_at, ended_at FROM psa_posting_steps WHERE kind = 'time'"
    assert desk.company.query(query) == [(45, at("2026-06-15 23:15"), at("2026-06-16 00:00"))]


@pytest.mark.parametrize("minutes", [0, -3, 1441])
def test_minutes_are_between_one_and_a_day(desk: Connected, minutes: int) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    (posting,) = desk.postings(session)
    desk.ask("PATCH", f"{POSTINGS}/{posting['id']}", {"minutes": minutes}, expect=422)


def test_what_is_abandoned_is_said_and_not_tried_again(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    (posting,) = desk.postings(session)
    given_up = desk.ask("POST", f"{POSTINGS}/{posting['id']}/abandon")
    assert (given_up["state"], _kinds(given_up)) == ("abandoned", [("note", "abandoned"), ("time", "abandoned")])
    desk.ask("POST", f"{POSTINGS}/{posting['id']}/retry", expect=409)
    entry = "SELECT after FROM audit_log WHERE action = 'posting.abandoned'"
    assert desk.company.query(entry) == [({"ticket": "4711"},)]
    assert desk.company.query("SELECT status FROM psa_post_logs") == [("failed",)]


def test_a_failed_posting_is_tried_again_by_hand(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    (posting,) = desk.postings(session)
    desk.company.query("UPDATE psa_posting_steps SET state = 'failed' RETURNING 1")
    desk.company.query("UPDATE psa_postings SET state = 'failed', ended_at = now() RETURNING 1")
    again = desk.ask("POST", f"{POSTINGS}/{posting['id']}/retry")
    assert (again["state"], again["ended_at"]) == ("queued", None)
    desk.ask("POST", f"{POSTINGS}/{posting['id']}/send", expect=409)


def test_a_removed_connection_keeps_what_waits_until_it_is_connected_again(desk: Connected) -> None:
    old = desk.connect()
    session = desk.session()
    desk.resolve(session)
    (posting,) = desk.postings(session)
    desk.company.query("UPDATE psa_connections SET removed_at = now() WHERE id = %s RETURNING 1", old)
    refused = desk.ask("POST", f"{POSTINGS}/{posting['id']}/retry", expect=409)
    assert "Connect it again" in refused["detail"]
    new = desk.connect()
    desk.ask("POST", f"{POSTINGS}/{posting['id']}/retry")
    assert desk.company.query("SELECT connection_id FROM psa_postings") == [(new,)]


def test_lists_show_one_state_or_session_and_come_in_pages(desk: Connected) -> None:
    desk.connect()
    sessions = [desk.session() for _ in range(3)]
    for session in sessions:
        desk.resolve(session)
    first = desk.ask("GET", f"{POSTINGS}?limit=2")
    rest = desk.ask("GET", f"{POSTINGS}?limit=2&cursor={first['next_cursor']}")
    found = [posting["session_id"] for posting in first["items"] + rest["items"]]
    assert (found, rest["next_cursor"]) == (sessions[::-1], None)
    one = desk.ask("GET", f"{POSTINGS}?state=queued&session_id={sessions[0]}")["items"]
    assert [posting["session_id"] for posting in one] == [sessions[0]]
    assert desk.ask("GET", f"{POSTINGS}?state=failed")["items"] == []


def test_another_account_sees_and_changes_nothing(desk: Connected, client: TestClient, neighbour: Company) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    (posting,) = desk.postings(session)
    other = Connected(client, neighbour)
    assert other.ask("GET", POSTINGS)["items"] == []
    other.ask("GET", f"{SESSIONS}/{session}/postings", expect=404)
    for verb in ("retry", "abandon", "send"):
        other.ask("POST", f"{POSTINGS}/{posting['id']}/{verb}", expect=404)
    other.ask("PATCH", f"{POSTINGS}/{posting['id']}", {"text": "Mine."}, expect=404)


def test_a_viewer_sees_and_changes_nothing(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    (posting,) = desk.postings(session)
    assert len(desk.ask("GET", POSTINGS, role=Role.VIEWER)["items"]) == 1
    desk.ask("POST", f"{POSTINGS}/{posting['id']}/abandon", role=Role.VIEWER, expect=403)


def _link(desk: Connected, session: str, ticket: str | None) -> None:
    desk.ask("PATCH", f"{SESSIONS}/{session}", {"psa_ticket_id": ticket})


def test_what_waits_follows_its_session_to_another_ticket(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    _link(desk, session, "4712")
    (posting,) = desk.postings(session)
    assert (posting["ticket_id"], posting["state"]) == ("4712", "queued")
    assert posting["reason"] == "The session moved from ticket 4711, so this goes to 4712."


def test_without_a_ticket_it_is_held_until_there_is_one(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    _link(desk, session, None)
    (held,) = desk.postings(session)
    assert (held["state"], held["due_at"]) == ("held", None)
    assert "has no ticket any more" in held["reason"]
    _link(desk, session, "4712")
    (posting,) = desk.postings(session)
    assert (posting["ticket_id"], posting["state"]) == ("4712", "queued")


def test_what_may_be_on_the_old_ticket_already_stays_there(desk: Connected) -> None:
    desk.connect()
    session = desk.session()
    desk.resolve(session)
    desk.company.query("UPDATE psa_posting_steps SET attempts = 1 WHERE kind = 'note' RETURNING 1")
    _link(desk, session, "4712")
    (posting,) = desk.postings(session)
    assert (posting["ticket_id"], posting["state"]) == ("4711", "queued")
    assert "may be on ticket 4711" in posting["reason"]


def test_a_session_that_gets_its_ticket_after_its_end_is_posted_then(desk: Connected) -> None:
    desk.connect()
    session = desk.session(psa_ticket_id=None)
    desk.resolve(session)
    assert desk.postings(session) == []
    _link(desk, session, "4711")
    (posting,) = desk.postings(session)
    assert (posting["ticket_id"], [kind for kind, _ in _kinds(posting)]) == ("4711", ["note", "time"])
