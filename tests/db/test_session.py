"""One request, one transaction: committed before the answer, read-only when it reads."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flowpilot.app import create_app
from flowpilot.db.announce import announce
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.auth import Caller, ReadSession, WriteSession
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import Company

COUNT = text("SELECT count(*) FROM ai_sessions")


@pytest.fixture(scope="module")
def app(settings: Settings, urls: DatabaseUrls) -> FastAPI:
    app = create_app(settings, urls.runtime)

    @app.post("/test/write")
    async def write(actor: Caller, db: WriteSession, fail: bool = False) -> str:
        await db.execute(
            text("INSERT INTO ai_sessions (account_id, id) VALUES (:account, :id)"),
            {"account": actor.account_id, "id": new_id()},
        )
        if fail:
            raise RuntimeError("after the write")
        return "written"

    @app.post("/test/fail-at-commit")
    async def fail_at_commit(actor: Caller, db: WriteSession, tells: bool = False) -> str:
        if tells:
            announce(db, actor.account_id, "handoffs")
        # A constraint that is deferred to the commit, as a unique or foreign key can be.
        await db.execute(
            text("CREATE TEMP TABLE once (id int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
        )
        await db.execute(text("INSERT INTO once VALUES (1), (1)"))
        return "looks fine"

    @app.get("/test/write-in-a-get")
    async def write_in_a_get(actor: Caller, db: ReadSession) -> str:
        await db.execute(text("UPDATE ai_sessions SET status = 'resolved'"))
        return "should not be possible"

    return app


@pytest.fixture(scope="module")
def probe(app: FastAPI) -> Iterator[TestClient]:
    with AppClient(app, raise_server_exceptions=False) as client:
        yield client


def _sessions(company: Company) -> list[tuple[int]]:
    return company.query("SELECT count(*) FROM ai_sessions")


def test_a_write_is_kept(probe: TestClient, company: Company) -> None:
    assert probe.post("/test/write", headers=company.headers()).status_code == 200
    assert _sessions(company) == [(1,)]


def test_an_error_after_a_write_keeps_nothing(probe: TestClient, company: Company) -> None:
    answer = probe.post("/test/write", params={"fail": True}, headers=company.headers())
    assert answer.status_code == 500
    assert _sessions(company) == [(0,)]


@pytest.mark.parametrize("tells", [False, True])
def test_a_failing_commit_is_a_500(probe: TestClient, company: Company, tells: bool) -> None:
    answer = probe.post("/test/fail-at-commit", params={"tells": tells}, headers=company.headers())
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:flowpilot:problem:internal"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.row_security_alone
def test_a_get_cannot_write(probe: TestClient, company: Company) -> None:
    company.add("ai_sessions", status="active")
    assert probe.get("/test/write-in-a-get", headers=company.headers()).status_code == 500
    assert company.query("SELECT status FROM ai_sessions") == [("active",)]


@pytest.mark.anyio
@pytest.mark.row_security_alone
async def test_a_pooled_connection_forgets_the_account(
    urls: DatabaseUrls, company: Company, neighbour: Company
) -> None:
    company.add("ai_sessions")
    database = Database(urls.runtime, pool_size=1)
    async with database.read(company.id) as db:
        assert await db.scalar(COUNT) == 1
    for account in (neighbour.id, None):
        async with database.read(account) as db:
            assert await db.scalar(COUNT) == 0
    await database.close()


@pytest.mark.anyio
@pytest.mark.row_security_alone
async def test_the_account_survives_a_savepoint(database: Database, company: Company) -> None:
    company.add("ai_sessions")
    async with database.write(company.id) as db:
        savepoint = await db.begin_nested()
        await savepoint.rollback()
        assert await db.scalar(COUNT) == 1


@pytest.mark.anyio
@pytest.mark.row_security_alone
async def test_a_read_sees_one_snapshot(database: Database, company: Company) -> None:
    async with database.read(company.id) as db:
        before = await db.scalar(COUNT)
        company.add("ai_sessions")
        assert await db.scalar(COUNT) == before


@pytest.mark.anyio
@pytest.mark.row_security_alone
async def test_a_read_session_is_read_only_to_postgresql(database: Database, company: Company) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        async with database.read(company.id) as db:
            await db.execute(text("DELETE FROM ai_sessions"))


@pytest.mark.anyio
async def test_a_server_in_another_zone_gives_moments_in_utc(urls: DatabaseUrls, company: Company) -> None:
    """Two times of one zone are subtracted by the wall clock, which is an hour wrong over a change of clocks."""
    url = f"{urls.runtime}{'&' if '?' in urls.runtime else '?'}options=-c%20TimeZone%3DEurope/Vienna"
    database = Database(url)
    moments = text(
        "SELECT timestamptz '2026-10-24 22:00+00' AS before, timestamptz '2026-10-25 02:00+00' AS after"
    )
    async with database.read(company.id) as db:
        row = (await db.execute(moments)).one()
    async with database.engine.connect() as connection:
        zone = await connection.scalar(text("SHOW TimeZone"))
    await database.close()
    assert zone == "Europe/Vienna"
    assert (row.after - row.before, row.after.utcoffset()) == (timedelta(hours=4), timedelta(0))


def test_a_bulk_transaction_gives_moments_in_utc_too(urls: DatabaseUrls, company: Company) -> None:
    url = f"{urls.runtime}{'&' if '?' in urls.runtime else '?'}options=-c%20TimeZone%3DEurope/Vienna"
    with account_transaction(url, company.id) as connection:
        [moment] = connection.execute("SELECT timestamptz '2026-10-25 02:00+00'").fetchone() or []
    assert moment.utcoffset() == timedelta(0)
