"""Each failure of the database is one named error, no matter what PostgreSQL, the driver or the pool calls it."""

import asyncio
import socket
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from flowpilot.app import create_app
from flowpilot.db.connect import DatabaseUrls, libpq_url
from flowpilot.db.failures import (
    DatabaseBusyError,
    DatabaseTimeoutError,
    DatabaseUnavailableError,
    OutageLog,
    OutcomeUnknownError,
    TransactionUndoneError,
    outage,
)
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import Company

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
SESSIONS = "/api/v1/ai-sessions"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("08006", DatabaseUnavailableError),
        ("57P01", DatabaseUnavailableError),
        ("57P03", DatabaseUnavailableError),
        ("25P03", DatabaseUnavailableError),
        ("53100", DatabaseBusyError),
        ("53300", DatabaseBusyError),
        ("57014", DatabaseTimeoutError),
        ("55P03", DatabaseTimeoutError),
        ("40001", TransactionUndoneError),
        ("40P01", TransactionUndoneError),
        ("23505", None),
        ("42P01", None),
        ("25006", None),
    ],
)
def test_postgresqls_codes(code: str, kind: type[DatabaseUnavailableError] | None) -> None:
    error = DBAPIError("SELECT", None, psycopg.errors.lookup(code)())
    error.__cause__ = error.orig
    found = outage(error)
    assert (found and type(found)) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("08006", OutcomeUnknownError),
        ("57P02", OutcomeUnknownError),
        ("40003", OutcomeUnknownError),
        ("40001", TransactionUndoneError),
        ("53100", DatabaseBusyError),
        ("23505", None),
    ],
)
def test_the_same_in_answer_to_a_commit(code: str, kind: type[DatabaseUnavailableError] | None) -> None:
    found = outage(psycopg.errors.lookup(code)(), is_committing=True)
    assert (found and type(found)) is kind


def test_two_answers_to_a_commit_say_nothing_of_it() -> None:
    """What came after the first is that the connection has ended."""
    found = outage(psycopg.InternalError("received 2 results from command 'COMMIT'"), is_committing=True)
    assert type(found) is OutcomeUnknownError


def test_an_error_of_ours_is_not_taken_for_its_cause() -> None:
    ours = LookupError("ours")
    ours.__cause__ = TransactionUndoneError()
    ours.__cause__.__cause__ = psycopg.OperationalError("away")
    assert outage(ours) is None


def test_requests_without_a_database_are_503_and_one_line(
    settings: Settings, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    with AppClient(create_app(settings, NOWHERE), raise_server_exceptions=False) as client:
        caplog.clear()
        answers = [client.get(SESSIONS, headers=company.headers()) for _ in range(3)]
        measured = client.get("/metrics").text
    assert [answer.status_code for answer in answers] == [503] * 3
    assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert answers[0].json() == {
        "type": "urn:flowpilot:problem:database-unavailable",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The database does not answer. Nothing was changed; try again soon.",
        "request_id": answers[0].headers["X-Request-ID"],
    }
    [line] = [record for record in caplog.records if record.name == "flowpilot.db.failures"]
    assert line.getMessage().startswith("database-unavailable (1 since the last such line): connection")
    assert [record.exc_info for record in caplog.records if record.exc_info] == []
    assert 'flowpilot_database_failures_total{kind="database-unavailable"} 3.0' in measured


def test_a_line_a_minute_says_how_many_there_were(caplog: pytest.LogCaptureFixture) -> None:
    time = iter([1000.0, 1001.0, 1059.0, 1060.0, 1061.0])
    log = OutageLog(clock=lambda: next(time))
    for _ in range(4):
        log.note(DatabaseBusyError(), psycopg.OperationalError("no\nroom"))
    log.note(OutcomeUnknownError(), psycopg.OperationalError("cut"))
    assert [record.getMessage() for record in caplog.records] == [
        "database-busy (1 since the last such line): no room",
        "database-busy (3 since the last such line): no room",
        "outcome-unknown (1 since the last such line): cut",
    ]


@pytest.mark.anyio
async def test_an_exhausted_pool_is_busy(urls: DatabaseUrls) -> None:
    database = Database(urls.runtime, pool_size=1, patience_seconds=0.01)
    async with database.read(None) as db:
        await db.execute(text("SELECT 1"))
        with pytest.raises(DatabaseBusyError):
            async with database.read(None) as other:
                await other.execute(text("SELECT 1"))
    await database.close()


@pytest.mark.anyio
async def test_a_statement_timeout_is_no_outage(database: Database) -> None:
    slowly = text("SET LOCAL statement_timeout = 10; SELECT pg_sleep(60)")
    with pytest.raises(DatabaseTimeoutError) as failed:
        async with database.read(None) as db:
            await db.execute(slowly)
    assert failed.value.headers == {"Retry-After": "30"}


@pytest.mark.anyio
async def test_one_of_two_in_a_deadlock_has_to_be_sent_again(database: Database, company: Company) -> None:
    ids = [company.add("ai_sessions") for _ in range(2)]
    both_hold_one = asyncio.Barrier(2)
    one_of_ours = text("UPDATE ai_sessions SET step_count = 1 WHERE account_id = :account AND id = :id")

    async def update(*ids: uuid.UUID) -> None:
        async with database.write(company.id) as db:
            for session_id in ids:
                await db.execute(one_of_ours, {"account": company.id, "id": session_id})
                if session_id == ids[0]:
                    await both_hold_one.wait()

    ends = await asyncio.gather(update(*ids), update(*reversed(ids)), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "TransactionUndoneError"]


@pytest.mark.anyio
async def test_a_connection_that_postgresql_has_closed_is_replaced(urls: DatabaseUrls) -> None:
    database = Database(urls.runtime, pool_size=1)
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        async with database.read(None) as db:
            pid = await db.scalar(text("SELECT pg_backend_pid()"))
        owner.execute("SELECT pg_terminate_backend(%s::int, 5000)", [pid])
        async with database.write(None) as db:
            assert await db.scalar(text("SELECT pg_backend_pid()")) != pid
    await database.close()


class Losing:
    """A proxy to PostgreSQL that loses the answer to a commit, and the connection, while `is_on`."""

    def __init__(self, server: str, directory: str) -> None:
        self.is_on = False
        self._server = server
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(f"{directory}/.s.PGSQL.5432")
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, server = self._listening.accept()[0], socket.socket(socket.AF_UNIX)
                server.connect(self._server)
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
                threading.Thread(target=self._bring_back, args=(server, client), daemon=True).start()

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while said := client.recv(65536):
                if self.is_on and b"COMMIT" in said:
                    client.shutdown(socket.SHUT_RDWR)
                server.sendall(said)
        with suppress(OSError):
            # PostgreSQL finishes its statement before it notices.
            server.shutdown(socket.SHUT_WR)

    def _bring_back(self, server: socket.socket, client: socket.socket) -> None:
        with client, server:
            while said := server.recv(65536):
                with suppress(OSError):
                    client.sendall(said)


@pytest.fixture
def losing(urls: DatabaseUrls) -> Iterator[tuple[Losing, str]]:
    """The proxy, and the runtime role's URL through it."""
    there = make_url(urls.runtime)
    with tempfile.TemporaryDirectory() as directory:
        losing = Losing(str(Path(str(there.query["host"])) / ".s.PGSQL.5432"), directory)
        yield losing, libpq_url(there.set(query={**there.query, "host": directory}))
        losing.close()


@pytest.mark.one_server
def test_a_commit_whose_answer_was_lost_is_done_once_when_it_is_sent_again(
    settings: Settings, company: Company, losing: tuple[Losing, str]
) -> None:
    way, url = losing
    body = {"problem_summary": "The printer in accounting prints nothing"}
    headers = company.headers() | {"Idempotency-Key": "once"}
    with AppClient(create_app(settings, url), raise_server_exceptions=False) as client:
        way.is_on = True
        lost = client.post(SESSIONS, json=body, headers=headers)
        way.is_on = False
        again = client.post(SESSIONS, json=body, headers=headers)
        way.is_on = True
        path, step = f"{SESSIONS}/{again.json()['id']}/steps", {"free_text": "Looked at the fuse."}
        told = client.post(path, json=step, headers=company.headers() | {"Idempotency-Key": "told"})
        way.is_on = False
    assert (lost.status_code, lost.json()["type"]) == (503, "urn:flowpilot:problem:outcome-unknown")
    assert "may have been done. Send it again with the same Idempotency-Key" in lost.json()["detail"]
    assert lost.headers["Retry-After"] == "5"
    assert again.status_code == 201
    assert company.query("SELECT id FROM ai_sessions") == [(uuid.UUID(again.json()["id"]),)]
    # What is announced with a commit is lost with its answer.
    assert (told.status_code, told.json()["type"]) == (503, "urn:flowpilot:problem:outcome-unknown")
    company.query("SELECT FROM ai_sessions FOR UPDATE")  # Waits until PostgreSQL has done what it was told.
    assert company.query("SELECT count(*) FROM ai_session_steps") == [(1,)]


@pytest.mark.anyio
@pytest.mark.one_server
async def test_a_read_has_no_outcome_that_could_be_unknown(losing: tuple[Losing, str]) -> None:
    way, url = losing
    database = Database(url)
    way.is_on = True
    with pytest.raises(DatabaseUnavailableError) as failed:
        async with database.read(None) as db:
            await db.execute(text("SELECT 1"))
    await database.close()
    assert failed.value.slug == "database-unavailable"


@pytest.mark.one_server
def test_a_machine_of_a_cluster_that_is_lost_is_503_for_its_accounts_alone(
    settings: Settings, urls: DatabaseUrls, company: Company, neighbour: Company
) -> None:
    """Its coordinator says so in a code of a connection, over a connection that goes on working."""
    lose = """
    CREATE FUNCTION lose_machine() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'connection to the remote node failed' USING ERRCODE = '08006';
    END $$
    """
    on_it = f"FOR EACH ROW WHEN (NEW.account_id = '{company.id}') EXECUTE FUNCTION lose_machine()"
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute(lose)
        owner.execute(f"CREATE TRIGGER lose_machine BEFORE INSERT ON ai_sessions {on_it}".encode())
        try:
            with AppClient(create_app(settings, urls.runtime), raise_server_exceptions=False) as client:
                body = {"problem_summary": "VPN drops"}
                answers = [
                    client.post(SESSIONS, json=body, headers=one.headers(Role.ENGINEER))
                    for one in (company, neighbour, company)
                ]
        finally:
            owner.execute("DROP TRIGGER lose_machine ON ai_sessions")
            owner.execute("DROP FUNCTION lose_machine()")
    assert [answer.status_code for answer in answers] == [503, 201, 503], answers[1].text
    assert [answer.headers.get("Retry-After") for answer in answers] == ["5", None, "5"]
    assert answers[0].json()["type"] == "urn:flowpilot:problem:database-unavailable"
