"""Reports are read from a real standby while it is young enough, and from the primary otherwise."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from flowpilot.app import create_app
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.embedded import embedded_postgres
from flowpilot.db.replica.looking import NotAStandbyError
from flowpilot.db.replica.place import replica_url
from flowpilot.db.replica.replica import Replica
from flowpilot.http.replica.reads import Place
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import TokenClaim, sign_token
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.company import Company, found_company
from tests.db.replica.conftest import is_fresh, reads, serving, until
from tests.db.standby import Standby

DASHBOARD = "/api/v1/analytics/flowpilot"
PATIENT = {"replica_lag_seconds": 300}


@pytest.fixture
def desk(primary: DatabaseUrls) -> Company:
    return found_company(primary)


def begin(client: TestClient, desk: Company, role: Role = Role.ENGINEER) -> None:
    body = {"problem_summary": "The printer prints nothing"}
    assert client.post("/api/v1/ai-sessions", json=body, headers=desk.headers(role)).status_code == 201


def n_sessions(client: TestClient, desk: Company, role: Role = Role.OWNER) -> int:
    answer = client.get(DASHBOARD, headers=desk.headers(role))
    assert answer.status_code == 200
    return int(answer.json()["total_sessions"])


def n_at_replica(standby: Standby, desk: Company) -> int:
    [n] = standby.ask(f"SELECT count(*) FROM ai_sessions WHERE account_id = '{desk.id}'")
    assert isinstance(n, int)
    return n


def places(client: TestClient, before: dict[str, float]) -> list[Place]:
    """Where what was read since `before` was answered."""
    after = reads(client)
    return [place for place in Place for _ in range(int(after[place] - before[place]))]


def test_a_report_of_the_replica_is_that_of_the_primary(
    served: TestClient, primary_settings: Settings, primary: DatabaseUrls, standby: Standby, desk: Company
) -> None:
    begin(served, desk)
    begin(served, desk)
    until(lambda: n_at_replica(standby, desk) == 2)
    until(lambda: is_fresh(served))
    before = reads(served)
    with AppClient(create_app(primary_settings, primary.runtime)) as plain:
        for path in ("", "/coverage", "/flow-quality", "/load", "/rows/sessions"):
            there, here = (
                client.get(f"{DASHBOARD}{path}?from=2026-01-01&to=2036-01-01", headers=desk.headers()).json()
                for client in (served, plain)
            )
            assert _timeless(there) == _timeless(here)
    assert len(places(served, before)) == 5


def _timeless(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: _timeless(value) for key, value in answer.items() if key not in {"as_of", "generated_at"}}
    return [_timeless(item) for item in answer] if isinstance(answer, list) else answer


def test_a_person_reads_their_own_writes_and_others_read_the_replica(
    replica_settings: Settings, primary: DatabaseUrls, standby: Standby, desk: Company
) -> None:
    with serving(replica_settings.model_copy(update=PATIENT), primary) as client, standby.paused():
        begin(client, desk, Role.ENGINEER)
        before = reads(client)
        assert n_sessions(client, desk, Role.OWNER) == 0
        assert places(client, before) == [Place.REPLICA]
        begin(client, desk, Role.OWNER)
        before = reads(client)
        assert n_sessions(client, desk, Role.OWNER) == 2
        assert places(client, before) == [Place.PRIMARY_OWN_WRITE]


def test_who_has_stored_nothing_goes_on_reading_the_replica(
    replica_settings: Settings, primary: DatabaseUrls, desk: Company
) -> None:
    with serving(replica_settings.model_copy(update=PATIENT), primary) as client:
        claim = TokenClaim(desk.users[Role.OWNER], desk.id, now())
        token = sign_token(claim, replica_settings.signing_key(), 60)
        owner = {"Authorization": f"Bearer {token}"}
        body = {"problem_summary": "The printer prints nothing"}
        begun = client.post("/api/v1/ai-sessions", json=body, headers=desk.headers(Role.TEAM_ADMIN)).json()

        def place_after(path: str, body: dict[str, str]) -> list[Place]:
            assert client.post(path, json=body, headers=owner).is_success
            before = reads(client)
            assert client.get(DASHBOARD, headers=owner).status_code == 200
            return places(client, before)

        there = {"place": begun["id"], "state": "reading"}
        assert place_after("/api/v1/presence", there) == [Place.REPLICA]
        assert place_after("/api/v1/ai-sessions", body) == [Place.PRIMARY_OWN_WRITE]


def test_a_revoked_key_is_refused_although_the_replica_still_knows_it(
    replica_settings: Settings, primary: DatabaseUrls, standby: Standby, desk: Company
) -> None:
    with serving(replica_settings.model_copy(update=PATIENT), primary) as client:
        until(lambda: standby.ask(f"SELECT count(*) FROM accounts WHERE id = '{desk.id}'") == (1,))
        with standby.paused():
            assert n_sessions(client, desk, Role.TEAM_ADMIN) == 0
            keys = client.get("/api/v1/api-keys", headers=desk.headers()).json()["items"]
            [key] = [key for key in keys if desk.keys[Role.TEAM_ADMIN].startswith(key["prefix"])]
            assert client.delete(f"/api/v1/api-keys/{key['id']}", headers=desk.headers()).status_code < 300
            assert client.get(DASHBOARD, headers=desk.headers(Role.TEAM_ADMIN)).status_code == 401


def test_a_replica_that_falls_behind_is_left_until_it_has_caught_up(
    served: TestClient, standby: Standby, desk: Company
) -> None:
    with standby.paused():
        begin(served, desk)
        until(lambda: not is_fresh(served))
        before = reads(served)
        assert n_sessions(served, desk) == 1
        assert places(served, before) == [Place.PRIMARY_BEHIND]
    until(lambda: is_fresh(served))
    assert n_sessions(served, desk) == 1


def test_a_killed_replica_is_replaced_by_the_primary_until_it_is_back(
    replica_settings: Settings, primary: DatabaseUrls, standby: Standby, desk: Company
) -> None:
    with serving(replica_settings.model_copy(update=PATIENT), primary) as client:
        until(lambda: standby.ask(f"SELECT count(*) FROM accounts WHERE id = '{desk.id}'") == (1,))
        standby.kill()
        assert n_sessions(client, desk) == 0
        until(lambda: not is_fresh(client))
        before = reads(client)
        assert n_sessions(client, desk) == 0
        assert places(client, before) == [Place.PRIMARY_BEHIND]
        assert client.get("/readyz").json()["status"] in {"ready", "degraded"}
        standby.start()
        until(lambda: is_fresh(client))
        before = reads(client)
        assert n_sessions(client, desk) == 0
        assert places(client, before) == [Place.REPLICA]


def test_what_fails_at_the_replica_is_answered_by_the_primary(
    replica_settings: Settings, primary: DatabaseUrls, standby: Standby, desk: Company
) -> None:
    with serving(replica_settings.model_copy(update=PATIENT), primary) as client:
        engine = client.app.state.replica_reads.replica.database.engine.sync_engine  # type: ignore[attr-defined]

        def lose(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.startswith("BEGIN "):
                return
            pid = connection.connection.driver_connection.info.backend_pid
            standby.ask(f"SELECT pg_terminate_backend({pid}, 60000)")

        before = reads(client)
        event.listen(engine, "before_cursor_execute", lose)
        assert n_sessions(client, desk) == 0
        event.remove(engine, "before_cursor_execute", lose)
        assert places(client, before) == [Place.REPLICA, Place.PRIMARY_FAILED]
        assert "flowpilot_replica_failures_total 1.0" in client.get("/metrics").text


@pytest.mark.anyio
async def test_a_replica_that_cannot_be_reached_is_none_and_is_left_alone(
    primary: DatabaseUrls, caplog: pytest.LogCaptureFixture
) -> None:
    replica = Replica("postgresql://nobody@127.0.0.1:1/nothing", primary.runtime, most_seconds=300)
    for _ in range(2):
        replica._lag.primary_is_at(1, replica._clock())
        replica._lag.replica_is_at(1)
        assert replica.is_fresh()
        async with replica.read(None) as db:
            assert db is None
        assert not replica.is_fresh()
    assert [line for line in caplog.messages if line.startswith("replica: ")] == [caplog.messages[0]]
    await replica.close()


@pytest.mark.anyio
async def test_what_is_no_standby_of_this_primary_is_never_read(primary: DatabaseUrls, shared: Path) -> None:
    with embedded_postgres(shared) as another:
        for url, said in ((primary.runtime, "no standby"), (another, "another database")):
            replica = Replica(url, primary.runtime, most_seconds=300)
            with pytest.raises(NotAStandbyError, match=said):
                await replica.watch(lambda: None)
            assert not replica.is_fresh()
            await replica.close()


@pytest.mark.row_security_alone
@pytest.mark.anyio
async def test_row_security_holds_at_the_replica(primary: DatabaseUrls, standby: Standby, desk: Company) -> None:
    neighbour = found_company(primary)
    for company in (desk, neighbour):
        company.add("tree_categories", name="Printers")
    until(lambda: standby.ask(f"SELECT count(*) FROM tree_categories WHERE account_id = '{neighbour.id}'") == (1,))
    replica = Replica(replica_url(standby.url, primary.runtime), primary.runtime, most_seconds=300)
    seen = text("SELECT account_id FROM tree_categories")
    async with replica.read(desk.id) as db:
        assert db is not None
        assert set(await db.scalars(seen)) == {desk.id}
    async with replica.read(None) as db:
        assert db is not None
        assert set(await db.scalars(seen)) == set()
    async with replica.read(desk.id) as db:
        assert db is not None
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await db.execute(text("DELETE FROM tree_categories WHERE account_id = :id"), {"id": desk.id})
        await db.rollback()
    await replica.close()


def test_an_idle_primary_does_not_make_its_replica_look_old(served: TestClient, primary: DatabaseUrls) -> None:
    replica: Replica = served.app.state.replica_reads.replica  # type: ignore[attr-defined]
    with psycopg.connect(primary.owner, autocommit=True) as owner:
        # What is no part of a commit is not handed on by itself.
        owner.execute("SELECT pg_logical_emit_message(false, 'tests', 'a word')")
    since = replica._clock()

    def shows_what_came_later() -> bool:
        lag = replica.lag_seconds()
        return lag is not None and lag < replica._clock() - since

    until(shows_what_came_later)
