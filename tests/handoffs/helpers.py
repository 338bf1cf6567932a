"""What tests of handoffs share: people, handoffs made by the product itself, and the laws that always hold."""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response
from procrastinate import JobContext
from procrastinate.jobs import Job
from psycopg.rows import dict_row

from flowpilot import jobs
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, Db
from flowpilot.handoffs import derived as handoff_actions
from flowpilot.handoffs.decisions import Escalation
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.service import escalate
from flowpilot.identity.actor import Actor, Role
from flowpilot.sessions import derived as session_counts
from flowpilot.sessions import starting, transitions
from flowpilot.sessions.models import SessionStatus
from flowpilot.settings import Settings
from tests.company import Company, account_connection, at, owner_transaction
from tests.repeats import repeated
from tests.sessions.flows import start
from tests.sessions.loading import load_for_work

QUEUE = "/api/v1/handoffs"
REASON = "Out of ideas after the usual checks."


@dataclass(frozen=True)
class Person:
    """A member with an API key of their own."""

    id: uuid.UUID
    name: str
    headers: dict[str, str]


def join(client: TestClient, company: Company, name: str, role: Role = Role.ENGINEER) -> Person:
    """A new member of the account, who can sign in, and acts by an API key here."""
    made = client.post("/api/v1/api-keys", headers=company.headers(), json={"role": role, "name": name})
    assert made.status_code == 201, made.text
    company.let_sign_in(uuid.UUID(made.json()["user_id"]))
    return Person(uuid.UUID(made.json()["user_id"]), name, {"Authorization": f"Bearer {made.json()['key']}"})


def send_escalation(
    client: TestClient, company: Company, session_id: str, role: Role = Role.ENGINEER, **why: Any
) -> Response:
    """Ask to hand a session over; `headers` among the keywords are the request's."""
    headers = company.headers(role) | why.pop("headers", {})
    body = {"reason": REASON, **why}
    return client.post(f"/api/v1/ai-sessions/{session_id}/handoffs", headers=headers, json=body)


def hand_over(client: TestClient, company: Company, **why: Any) -> dict[str, Any]:
    """A new session's handoff, escalated by the account's engineer."""
    return repeated(company, client.app, ["a handoff", why], lambda: _hand_over(client, company, why))


def _hand_over(client: TestClient, company: Company, why: dict[str, Any]) -> dict[str, Any]:
    answer = send_escalation(client, company, start(client, company)["id"], **why)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def act(client: TestClient, handoff: dict[str, Any], action: str, who: dict[str, str], **body: Any) -> Response:
    """Do something to a handoff over HTTP."""
    return client.post(f"/api/v1/handoffs/{handoff['id']}/{action}", headers=who, json=body or None)


def claimed_by_kim(client: TestClient, company: Company, **why: Any) -> tuple[dict[str, Any], Person]:
    """A handoff of the account's engineer that Kim, a senior, has claimed, and Kim."""
    handoff, kim = hand_over(client, company, **why), join(client, company, "Kim")
    return done(act(client, handoff, "claim", kim.headers)), kim


def read(client: TestClient, company: Company, handoff: dict[str, Any]) -> dict[str, Any]:
    """The handoff as a viewer reads it now."""
    return read_as(client, handoff, company.headers(Role.VIEWER))


def read_as(client: TestClient, handoff: dict[str, Any], who: dict[str, str]) -> dict[str, Any]:
    """The handoff as somebody reads it now: what is allowed is theirs."""
    return done(client.get(f"/api/v1/handoffs/{handoff['id']}", headers=who))


def done(answer: Response) -> dict[str, Any]:
    """The body of an answer that must be a 200."""
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def status_of(client: TestClient, company: Company, session_id: str) -> str:
    """A session's status, as anybody reads it."""
    answer = client.get(f"/api/v1/ai-sessions/{session_id}", headers=company.headers(Role.VIEWER))
    return str(done(answer)["status"])


def actor(company: Company, role: Role = Role.ENGINEER, user_id: uuid.UUID | None = None) -> Actor:
    """An actor for direct calls: the user of the company's key of that role unless a user is given."""
    return Actor(company.id, user_id or company.users[role], role, "UTC")


async def escalated(db: Db, engineer: Actor, now: datetime, **why: Any) -> SessionHandoff:
    """A new session's handoff."""
    about = starting.NewSession("The printer in accounting prints nothing since this morning")
    begun, _ = await starting.start(db, engineer, about, now)
    locked = await load_for_work(db, engineer, begun.session.id, now)  # A moment later.
    return await escalate(db, engineer, locked, Escalation(REASON, **why))


def minutes(count: float) -> datetime:
    """The time this many minutes after a certain noon."""
    return at("2026-06-15 12:00") + timedelta(minutes=count)


def put_handoff(company: Company, minute: float = 0, *, domain: str | None = None, **values: Any) -> str:
    """A handoff that was made at that minute, put straight into the tables with a session to match."""
    status = "requesting_escalation"
    if "claimed_at" in values:
        status, values = "escalated", {"claimed_by": company.users[Role.TEAM_ADMIN], **values}
    if "closed_at" in values:
        status, values = "paused", {"outcome": "parked", **values}
    session_id = company.add("ai_sessions", status=status, problem_domain=domain)
    values = {"created_by": company.users[Role.ENGINEER], **values}
    return str(company.add("session_handoffs", session_id=session_id, created_at=minutes(minute), **values))


def queue_ids(client: TestClient, company: Company, **params: Any) -> list[str]:
    """What a page shows to a viewer; there must be no other page."""
    page = done(client.get(QUEUE, params=params, headers=company.headers(Role.VIEWER)))
    assert page["next_cursor"] is None
    return [item["id"] for item in page["items"]]


def jobs_of(company: Company, task: str) -> list[dict[str, Any]]:
    """The arguments of the account's jobs of a kind that wait to be run."""
    query = (
        "SELECT args FROM procrastinate_jobs "
        "WHERE task_name = %s AND args->>'account_id' = %s AND status = 'todo' ORDER BY id"
    )
    return [row[0] for row in company.query(query, task, str(company.id))]


def worker_context(database: Database, settings: Settings, *, attempts: int = 0) -> JobContext:
    """The context a job is called with, so that a test can choose when to call it; after so many attempts."""
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="a test's own", attempts=attempts)
    tools = {"tools": jobs.Tools(database, settings)}
    return JobContext(
        app=jobs.app, job=job, start_timestamp=0, additional_context=tools, abort_reason=lambda: None
    )


def forget_jobs(urls: DatabaseUrls, company: Company) -> None:
    """Leave nothing for other tests' workers to do."""
    with owner_transaction(urls) as connection:
        connection.execute(
            "DELETE FROM procrastinate_jobs WHERE args->>'account_id' = %s AND status = 'todo'", [str(company.id)]
        )


def check_laws(company: Company, session_id: uuid.UUID | None = None) -> None:
    """What always holds, for one session or for all of an account whose sessions the product itself has made."""
    events = _rows(company, "handoff_events", "number")
    counted = company.query("SELECT last_number FROM handoff_counters WHERE account_id = %s", company.id)
    assert [(len(events),)] * bool(events) == counted
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    tables = ("session_handoffs", "ai_session_steps", "ai_session_status_changes")
    rows = {table: _rows(company, table) for table in tables}
    for session in _rows(company, "ai_sessions"):
        if session_id not in {None, session["id"]}:
            continue
        mine = {table: [row for row in rows[table] if row["session_id"] == session["id"]] for table in tables}
        _check_moves(session, mine["ai_session_status_changes"])
        _check_session(session, mine["session_handoffs"])
        for handoff in mine["session_handoffs"]:
            _check_first_action(session, handoff, mine["ai_session_steps"])
            _check_story(handoff, [event for event in events if event["handoff_id"] == handoff["id"]])
    with account_connection(company.urls, company.id) as connection:
        assert session_counts.reconcile(connection, company.id) == 0
        assert handoff_actions.reconcile(connection, company.id) == 0


def _rows(company: Company, table: str, order: str = "created_at, id") -> list[dict[str, Any]]:
    with account_connection(company.urls, company.id) as connection:
        cursor = connection.cursor(row_factory=dict_row)
        return cursor.execute(f"SELECT * FROM {table} ORDER BY {order}".encode()).fetchall()


def _check_moves(session: dict[str, Any], changes: list[dict[str, Any]]) -> None:
    """Every change of status is one that the table has, and begins where the one before ended."""
    assert changes[0]["from_status"] is None
    for before, after in pairwise(changes):
        assert after["from_status"] == before["to_status"]
        assert after["created_at"] > before["created_at"]
        assert after["to_status"] in transitions.TRANSITIONS[SessionStatus(after["from_status"])].values()
    assert changes[-1]["to_status"] == session["status"]


def _check_session(session: dict[str, Any], handoffs: list[dict[str, Any]]) -> None:
    """A session is with a senior, or waits for one, exactly when its one open handoff says so."""
    found = [handoff for handoff in handoffs if handoff["closed_at"] is None]
    assert len(found) <= 1
    holder = found[0]["claimed_by"] if found else None
    expected = [] if not found else ["requesting_escalation"] if holder is None else ["escalated"]
    assert [session["status"]] == expected or (
        not found and session["status"] not in {"requesting_escalation", "escalated"}
    )
    if holder is not None:
        assert session["owner_id"] == holder
    for handoff in handoffs:
        assert (handoff["claimed_by"] is None) == (handoff["claimed_at"] is None)
        assert (handoff["closed_at"] is None) == (handoff["outcome"] is None)
        # A lease ends with the claimant's action: the first, or the next after a fix that did not help.
        is_held = handoff["claimed_by"] and not handoff["closed_at"]
        assert is_held or handoff["lease_expires_at"] is None


def _check_first_action(session: dict[str, Any], handoff: dict[str, Any], steps: list[dict[str, Any]]) -> None:
    """The contract: the earliest step of the same session strictly after the claim."""
    claimed_at = handoff["claimed_at"]
    after = [step for step in steps if claimed_at is not None and step["created_at"] > claimed_at]
    first = min(after, key=lambda step: (step["created_at"], step["position"]), default=None)
    found = (handoff["first_action_at"], handoff["first_action_by"])
    assert found == ((first["created_at"], first["actor_id"]) if first else (None, None))
    no_action = {"correct", "strike", "take_back", "back", "undo", "flow", "enter"}
    own = [step for step in after if step["actor_id"] == handoff["claimed_by"] and step["kind"] not in no_action]
    closed_at = handoff["closed_at"]
    goes_on = closed_at is None or (
        closed_at == session["fix_applied_at"] and session["look_again_at"] is not None
    )
    by_claimant = [step["created_at"] for step in own if goes_on or step["created_at"] <= closed_at]
    assert handoff["claimant_action_at"] == min(by_claimant, default=None)


def _check_story(handoff: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """The events alone say who holds the handoff, from when on, and whether it is closed."""
    holder = since = closed_at = first = aside_at = None
    is_claimants = is_aside = False
    kinds = Counter(event["kind"] for event in events)
    assert events[0]["kind"] == "created"
    n_set_aside = sum("has_a_fix" in event["content"] for event in events)
    n_ends = kinds["closed"] - kinds["resumed"]
    assert kinds["created"] == 1
    # A fix that has proved itself ends what it had set aside a second time.
    assert n_ends in ({0} if handoff["closed_at"] is None else {1, 2} if n_set_aside else {1})
    for before, after in pairwise(events):
        # What a job records is no activity of the session, and does not move its clock on.
        assert before["created_at"] <= after["created_at"] or before["kind"] in {"reminded", "assessed"}
    for event in events:
        goes_on = {"resumed", "claimant_action", "asked", "answered", "withdrawn", "closed"} if is_aside else set()
        assert event["kind"] in goes_on if closed_at is not None else event["kind"] != "resumed"
        match event["kind"]:
            case "claimed":
                assert holder is None
                holder, since, first = event["actor_id"], event["created_at"], None
            case "released" | "expired" | "reassigned":
                assert event["content"]["holder"] == (None if holder is None else str(holder))
                holder = since = None
            case "first_action":
                assert event["created_at"] > since
                first, is_claimants = event["actor_id"], event["content"]["by_claimant"]
                assert first == holder or not is_claimants
            case "claimant_action":
                assert (first is None, is_claimants, event["actor_id"]) == (False, False, holder)
            case "closed":
                closed_at, is_aside = event["created_at"], "has_a_fix" in event["content"]
                # It was taken back that the fix did not help: as if it had never been held again meanwhile.
                closed_at = aside_at if "again" in event["content"] else closed_at
                aside_at = closed_at if is_aside else None
            case "resumed":
                assert event["content"]["holder"] == str(holder)
                closed_at, is_aside = None, False
    stored = (handoff["claimed_by"], handoff["claimed_at"], handoff["closed_at"])
    assert stored == (holder, since, closed_at)
