"""The demo is written once, as the runtime role, and everybody in it can sign in."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from flowpilot.clock import now
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.demo.seed import DEMO_PASSWORD, DemoLogin, seed_demo
from flowpilot.demo.ticket_system import connect_demo
from flowpilot.demo.world import ACCOUNTS, ALPENBLICK, CONSULTANT, NEWCOMER, NORTHWIND, DemoAccount
from flowpilot.flows.matching.match import match
from flowpilot.freshness.checking import find_doubts
from flowpilot.handoffs import derived as handoffs
from flowpilot.identity.actor import Role
from flowpilot.identity.sign_in.login import log_in
from flowpilot.migrations.opening import migrated_database
from flowpilot.psa.connections.opening import files_of
from flowpilot.sessions import derived as sessions
from flowpilot.sessions.search.filling import fill
from flowpilot.sessions.transitions import OPEN
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.databases import copy_migrated
from tests.demo.rows import NOW, simulated, values
from tests.places import open_directory

OTHER_TABLES = ("memberships",)
JOBS = "SELECT task_name, scheduled_at, args FROM procrastinate_jobs WHERE args->>'account_id' = %s"


@pytest.fixture(scope="module")
def urls(settings: Settings, run_directory: Path) -> Iterator[DatabaseUrls]:
    """A separate database: the demo's accounts are always the same, and other tests may have written them."""
    with open_directory() as parent:
        own = settings.model_copy(update={"data_dir": parent / "demo"})
        copy_migrated(run_directory, own.data_dir)
        with migrated_database(own) as urls:
            yield urls


@pytest.fixture(scope="module")
def shares_done() -> list[float]:
    """The progress that the first seeding reports."""
    return []


@pytest.fixture(scope="module")
def logins(urls: DatabaseUrls, shares_done: list[float]) -> list[DemoLogin]:
    return seed_demo(urls.runtime, now=NOW, progress=lambda _, share_done: shares_done.append(share_done))


def count(connection: psycopg.Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def count_all(urls: DatabaseUrls, account: DemoAccount) -> dict[str, int]:
    tables = [rows[0].__tablename__ for rows in simulated(account).tables()]
    with account_transaction(urls.runtime, account.id) as connection:
        return {table: count(connection, table) for table in (*tables, *OTHER_TABLES)}


@pytest.mark.usefixtures("logins")
@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name)
def test_every_simulated_row_is_written(urls: DatabaseUrls, account: DemoAccount) -> None:
    expected = {rows[0].__tablename__: len(rows) for rows in simulated(account).tables()}
    members = len(account.members)
    expected["audit_log"] += members + 1
    assert count_all(urls, account) == expected | {"memberships": members}


@pytest.mark.usefixtures("logins")
def test_the_simulated_rows_are_written(urls: DatabaseUrls) -> None:
    sessions = simulated(ALPENBLICK).sessions
    # A column that no simulated session gives has its default.
    given = vars(sessions[0])
    columns = [column.name for column in sessions[0].__table__.columns if column.name in given]
    query = sql.SQL("SELECT {} FROM ai_sessions").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
    with account_transaction(urls.runtime, ALPENBLICK.id) as connection:
        written: list[tuple[Any, ...]] = connection.execute(query).fetchall()
    assert sorted(written, key=lambda row: row[1]) == sorted(map(values, sessions), key=lambda row: row[1])


@pytest.mark.usefixtures("logins")
@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.name)
def test_derived_values_need_no_correction(urls: DatabaseUrls, account: DemoAccount) -> None:
    with account_transaction(urls.runtime, account.id) as connection:
        assert sessions.reconcile(connection, account.id) == 0
        assert handoffs.reconcile(connection, account.id) == 0
        assert fill(connection, account.id) == 0


@pytest.mark.usefixtures("logins")
def test_the_account_goes_on_counting_behind_its_newest_event(urls: DatabaseUrls) -> None:
    with account_transaction(urls.runtime, NORTHWIND.id) as connection:
        found = connection.execute(
            "SELECT last_number FROM handoff_counters WHERE account_id = %s", [NORTHWIND.id]
        ).fetchone()
    events = simulated(NORTHWIND).handoff_events
    assert found == (events[-1].number,)


@pytest.mark.usefixtures("logins")
def test_the_account_has_its_limits(urls: DatabaseUrls) -> None:
    with account_transaction(urls.runtime, NORTHWIND.id) as connection:
        found = connection.execute("SELECT lease_minutes, idle_minutes FROM accounts").fetchall()
    assert found == [(NORTHWIND.lease_minutes, NORTHWIND.idle_minutes)]


@pytest.mark.usefixtures("logins")
def test_a_claim_without_action_will_lapse_and_an_idle_session_be_given_up(urls: DatabaseUrls) -> None:
    rows, idle = simulated(ALPENBLICK), timedelta(minutes=ALPENBLICK.idle_minutes)
    with account_transaction(urls.runtime, ALPENBLICK.id) as connection:
        jobs = connection.execute(JOBS, [str(ALPENBLICK.id)]).fetchall()
    expiries = {uuid.UUID(args["handoff_id"]): at for task, at, args in jobs if task == "handoffs.expire"}
    reminders = [args["handoff_id"] for task, _, args in jobs if task == "handoffs.remind"]
    looks = {uuid.UUID(args["session_id"]): at for task, at, args in jobs if task == "sessions.abandon_idle"}
    leases = {handoff.id: handoff.lease_expires_at for handoff in rows.handoffs if handoff.lease_expires_at}
    assert expiries == leases
    assert len(reminders) == len(leases) > 0
    assert looks == {
        session.id: session.last_activity_at + idle
        for session in rows.sessions
        if session.status in OPEN and session.last_activity_at is not None
    }


@pytest.mark.anyio
@pytest.mark.usefixtures("logins")
async def test_a_problem_is_matched_to_the_flow_that_is_about_it(urls: DatabaseUrls) -> None:
    database = Database(urls.runtime)
    try:
        async with database.read(NORTHWIND.id) as db:
            found = [
                (await match(db, NORTHWIND.id, text, domain=None, now=NOW))[0].name
                for text in ("Docking station loses both screens", "Account is locked again")
            ]
    finally:
        await database.close()
    assert found == ["Docking station and screens", "Account is locked out"]


def test_seeding_again_changes_nothing(urls: DatabaseUrls, logins: list[DemoLogin]) -> None:
    before = [count_all(urls, account) for account in ACCOUNTS]
    assert seed_demo(urls.runtime, now=NOW + timedelta(days=3)) == logins
    assert [count_all(urls, account) for account in ACCOUNTS] == before


@pytest.mark.usefixtures("logins")
def test_progress_rises_from_none_to_all(shares_done: list[float]) -> None:
    assert (shares_done[0], shares_done[-1]) == (0.0, 1.0)
    assert shares_done == sorted(shares_done)
    assert len(shares_done) > 2 * len(OTHER_TABLES)


def test_every_role_can_sign_in_to_each_account(logins: list[DemoLogin]) -> None:
    for account in ACCOUNTS:
        assert {login.role for login in logins if login.account_id == account.id} == set(Role)


async def accounts_after_login(urls: DatabaseUrls, email: str) -> list[tuple[uuid.UUID, Role]]:
    database = Database(urls.runtime)
    try:
        login = await log_in(database, email, DEMO_PASSWORD)
    finally:
        await database.close()
    return [(choice.id, choice.role) for choice in login.accounts]


@pytest.mark.anyio
@pytest.mark.usefixtures("logins")
async def test_the_consultant_belongs_to_both_accounts(urls: DatabaseUrls) -> None:
    assert await accounts_after_login(urls, CONSULTANT.email) == [
        (NORTHWIND.id, Role.TEAM_ADMIN),
        (ALPENBLICK.id, Role.ENGINEER),
    ]


@pytest.mark.anyio
@pytest.mark.usefixtures("logins")
async def test_the_newcomer_belongs_to_no_account(urls: DatabaseUrls) -> None:
    assert await accounts_after_login(urls, NEWCOMER.email) == []


@pytest.mark.anyio
async def test_everybody_can_sign_in_where_they_belong(urls: DatabaseUrls, logins: list[DemoLogin]) -> None:
    for email in ("owner@northwind.example", "viewer@alpenblick.example"):
        (access,) = [(login.account_id, login.role) for login in logins if login.email == email]
        assert await accounts_after_login(urls, email) == [access]


@pytest.mark.anyio
@pytest.mark.usefixtures("logins")
async def test_one_flow_is_doubted_for_its_sessions_and_one_for_its_date(urls: DatabaseUrls) -> None:
    database = Database(urls.runtime)
    try:
        async with database.read(NORTHWIND.id) as db:
            found = await find_doubts(db, NORTHWIND.id, NOW)
    finally:
        await database.close()
    names = {flow.id: flow.name for flow in simulated(NORTHWIND).flows}
    assert {names[flow_id]: [doubt.kind for doubt in doubts] for flow_id, doubts in found.items()} == {
        "No access to a folder or file": ["success_down"],
        "Year-end mailbox archive": ["expired"],
    }


@pytest.mark.anyio
async def test_what_ended_lately_is_posted_and_confirmed_by_the_worker(
    urls: DatabaseUrls, logins: list[DemoLogin], settings: Settings, tmp_path: Path
) -> None:
    """It is the last test of this module, since it adds rows to what was seeded."""
    own = settings.model_copy(update={"data_dir": tmp_path})
    for _ in range(2):
        await connect_demo(urls.runtime, own, now())
    demo = Database(urls.runtime)
    await work(own, urls.runtime, demo, until_idle=True)
    await demo.close()
    for account in ACCOUNTS:
        with account_transaction(urls.runtime, account.id) as connection:
            resolved = "SELECT state, count(*) FROM psa_postings WHERE occasion = 'resolved' GROUP BY 1 ORDER BY 1"
            rows = connection.execute(resolved)
            assert rows.fetchall() == [("confirmed", 4), ("held", 1)]
            tickets = connection.execute("SELECT count(DISTINCT psa_ticket_id) FROM ai_sessions").fetchall()
        known = json.loads((files_of(own, account.id) / "tickets.json").read_bytes())
        assert [(len(known),)] == tickets
        assert {ticket["is_closed"] for ticket in known} == {True, False}
