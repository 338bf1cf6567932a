"""A server that dies in the middle of a claim: the handoff is claimed with all that follows, or not at all."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.db.connect import DatabaseUrls
from flowpilot.settings import Settings
from tests.company import Company
from tests.handoffs.helpers import Person, act, check_laws, done, hand_over, jobs_of, join

# For each line it starts a process that claims, says when it has stopped at the given point, and waits.
CLAIMING = """
import asyncio, json, os, signal, sys, uuid
from sqlalchemy import event
from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.handoffs import claims
from flowpilot.identity.actor import Actor, Role

async def work(url, account_id, user_id, handoff_id, stop):
    sent = 0

    def halt(*_):
        print(os.getpid(), sent, flush=True)
        signal.pause()

    def begin(_connection, _cursor, statement, *_):
        if stop == "commit" and statement.endswith("COMMIT"):
            halt()

    def count(_connection, _cursor, statement, *_):
        nonlocal sent
        sent += not statement.endswith("COMMIT")  # What is announced is sent with it.
        if sent == stop:
            halt()

    database = Database(url)
    event.listen(database.engine.sync_engine, "before_cursor_execute", begin)
    event.listen(database.engine.sync_engine, "after_cursor_execute", count)
    async with database.write(uuid.UUID(account_id)) as db:
        senior = Actor(uuid.UUID(account_id), uuid.UUID(user_id), Role.ENGINEER, "UTC")
        await claims.claim(db, senior, uuid.UUID(handoff_id), now())
    halt()

for line in sys.stdin:
    if os.fork() == 0:
        signal.alarm(60)
        asyncio.run(work(*json.loads(line)))
"""

# It serves, and stops for good right before or right after its first commit of a claim.
SERVING = """
import sys
import uvicorn
from pydantic import SecretStr
from sqlalchemy import event
from flowpilot.app import create_app
from flowpilot.settings import Settings

url, data_dir, listening, stop = sys.argv[1:]

def halt():
    print("stopped", flush=True)
    sys.stdin.read()

class Halting:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def sending(message):
            if stop == "answer" and scope.get("path", "").endswith("/claim"):
                halt()
            await send(message)
        await self.app(scope, receive, sending)

app = create_app(Settings(data_dir=data_dir, secret_key=SecretStr("s" * 32)), url)
claiming = set()

def notice(connection, cursor, statement, *_):
    if statement.startswith("UPDATE session_handoffs"):
        claiming.add(connection.connection.driver_connection)

def before_commit(connection, cursor, statement, *_):
    is_claimed = connection.connection.driver_connection in claiming
    if stop == "commit" and is_claimed and statement.endswith("COMMIT"):
        halt()

engine = app.state.database.engine.sync_engine
event.listen(engine, "after_cursor_execute", notice)
event.listen(engine, "before_cursor_execute", before_commit)
print("serving", flush=True)
uvicorn.run(Halting(app), fd=int(listening), log_config=None)
"""


@contextmanager
def _running(script: str, *arguments: object, pass_fds: tuple[int, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    """A process that is killed in the middle of its work."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=pass_fds,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.fixture(scope="module")
def claiming() -> Iterator[subprocess.Popen[str]]:
    with _running(CLAIMING) as process:
        yield process


@dataclass(frozen=True)
class Claimant:
    """Claims in a process of its own, which is killed."""

    claiming: subprocess.Popen[str]
    company: Company
    senior: Person
    handoff: dict[str, Any]

    def die(self, stop: int | Literal["commit", "never"]) -> int:
        """Be killed after that many statements, right before the commit, or after it; say how many were sent."""
        assert self.claiming.stdin is not None
        ids = [str(self.company.id), str(self.senior.id), self.handoff["id"]]
        print(json.dumps([self.company.urls.runtime, *ids, stop]), file=self.claiming.stdin, flush=True)
        pid, sent = map(int, _said(self.claiming).split())
        os.kill(pid, signal.SIGKILL)
        return sent


def _assert_unclaimed(company: Company) -> None:
    handoffs = "SELECT claimed_by, claimed_at, lease_expires_at FROM session_handoffs"
    assert company.query(handoffs) == [(None, None, None)]
    assert company.query("SELECT kind FROM handoff_events") == [("created",)]
    changes = "SELECT to_status FROM ai_session_status_changes ORDER BY created_at"
    assert company.query(changes) == [("active",), ("requesting_escalation",)]
    assert jobs_of(company, "handoffs.expire") == []
    check_laws(company)


def _assert_claimed(company: Company, senior: Person) -> None:
    assert company.query("SELECT claimed_by FROM session_handoffs") == [(senior.id,)]
    events = "SELECT kind, actor_id FROM handoff_events ORDER BY number"
    assert company.query(events)[1:] == [("claimed", senior.id)]
    assert company.query("SELECT status, owner_id FROM ai_sessions") == [("escalated", senior.id)]
    assert len(jobs_of(company, "handoffs.expire")) == 1
    check_laws(company)


def test_killed_after_any_statement_nothing_was_claimed(
    client: TestClient, company: Company, claiming: subprocess.Popen[str]
) -> None:
    claimant = Claimant(claiming, company, join(client, company, "Kim"), hand_over(client, company))
    stop = 1
    while claimant.die(stop) == stop:
        # PostgreSQL may need a moment to see that it is alone; a request that needs the rows waits for that.
        company.query("SELECT FROM ai_sessions WHERE account_id = %s FOR UPDATE", company.id)
        _assert_unclaimed(company)
        stop += 1
    assert stop > 5
    _assert_claimed(company, claimant.senior)


def test_killed_right_before_the_commit_nothing_was_claimed(
    client: TestClient, company: Company, claiming: subprocess.Popen[str]
) -> None:
    """And the next senior need not wait for anything to time out."""
    handoff, other = hand_over(client, company), join(client, company, "Lou")
    assert Claimant(claiming, company, join(client, company, "Kim"), handoff).die("commit") > 5
    assert done(act(client, handoff, "claim", other.headers))["claimed_by"]["name"] == "Lou"
    _assert_claimed(company, other)


def test_killed_after_the_commit_it_was_claimed(
    client: TestClient, company: Company, claiming: subprocess.Popen[str]
) -> None:
    handoff, senior, other = hand_over(client, company), join(client, company, "Kim"), join(client, company, "Lou")
    assert Claimant(claiming, company, senior, handoff).die("never") > 5
    _assert_claimed(company, senior)
    assert act(client, handoff, "claim", other.headers).json()["holder"]["name"] == "Kim"


def _claim_at_a_dying_server(
    settings: Settings, urls: DatabaseUrls, handoff_id: str, senior: Person, stop: str
) -> None:
    """Claim over HTTP from a server that is killed at that moment, so that no answer comes."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        path = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1/handoffs/{handoff_id}/claim"
        descriptor = listening.fileno()
        arguments = (urls.runtime, settings.data_dir, descriptor, stop)
        with _running(SERVING, *arguments, pass_fds=(descriptor,)) as process:
            assert _said(process) == "serving"
            asked = pool.submit(httpx2.post, path, headers=senior.headers, timeout=60)
            assert _said(process) == "stopped"
        listening.close()
        with pytest.raises(httpx2.TransportError):
            asked.result()


def test_a_server_killed_before_the_commit_has_claimed_nothing(
    client: TestClient, settings: Settings, company: Company, urls: DatabaseUrls
) -> None:
    handoff, senior, other = hand_over(client, company), join(client, company, "Kim"), join(client, company, "Lou")
    _claim_at_a_dying_server(settings, urls, handoff["id"], senior, "commit")
    assert done(act(client, handoff, "claim", other.headers))["claimed_by"]["name"] == "Lou"
    _assert_claimed(company, other)


def test_a_claim_whose_answer_was_lost_is_the_holders_when_asked_again(
    client: TestClient, settings: Settings, company: Company, urls: DatabaseUrls
) -> None:
    handoff, senior, other = hand_over(client, company), join(client, company, "Kim"), join(client, company, "Lou")
    _claim_at_a_dying_server(settings, urls, handoff["id"], senior, "answer")
    _assert_claimed(company, senior)
    assert act(client, handoff, "claim", other.headers).status_code == 409
    assert done(act(client, handoff, "claim", senior.headers))["claimed_by"]["name"] == "Kim"
