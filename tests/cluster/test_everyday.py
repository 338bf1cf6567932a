"""A database that was spread by `db distribute` is sound, keeps accounts apart, and runs the jobs of a claim."""

from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs.leases import EXPIRE_JOB, REMIND_JOB
from flowpilot.migrations.spread import health
from flowpilot.migrations.spread.checks import missing
from flowpilot.migrations.spread.plan import steps
from flowpilot.migrations.tables import TENANT
from flowpilot.repair import notify_of_missed, repair_jobs
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.company import Company, owner_transaction
from tests.handoffs.helpers import claimed_by_kim, forget_jobs
from tests.sessions.flows import start
from tests.sessions.search.helpers import found

pytestmark = [pytest.mark.cluster, pytest.mark.anyio]


@pytest.fixture
def owner(urls: DatabaseUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        yield connection


def test_nothing_is_left_to_be_spread(owner: psycopg.Connection) -> None:
    assert missing(owner) == []
    assert list(steps(owner)) == []


def test_the_doctor_finds_it_sound(urls: DatabaseUrls) -> None:
    found = list(health.checks(urls.owner, urls.runtime))
    assert len(found) >= 7
    assert [what for passed, what in found if not passed] == []


def test_a_table_that_is_not_spread_is_named_and_spread(owner: psycopg.Connection, urls: DatabaseUrls) -> None:
    owner.execute("SELECT undistribute_table('flow_checks')")
    assert missing(owner) == ["flow_checks"]
    assert [what for passed, what in health.checks(urls.owner, urls.runtime) if not passed]
    for statement in steps(owner):
        owner.execute(statement.encode())
    assert missing(owner) == []


def test_no_row_is_seen_without_its_account(urls: DatabaseUrls, company: Company, neighbour: Company) -> None:
    company.add("ai_sessions")
    with psycopg.connect(urls.runtime) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
            for table in sorted(TENANT)
        }
    assert {table for table, count in counts.items() if count != (0,)} == set()
    assert neighbour.query("SELECT count(*) FROM ai_sessions") == [(0,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        neighbour.add("ai_sessions", account_id=company.id)


def test_a_question_finds_what_has_its_words_and_nothing_else(client: TestClient, company: Company) -> None:
    wanted = start(client, company, problem_summary="The amber laptop")["id"]
    start(client, company, problem_summary="The chair")
    assert found(client, company, "amber") == [wanted]


def test_what_is_only_added_to_is_not_changed(company: Company) -> None:
    company.add("ai_session_steps", session_id=company.add("ai_sessions"), position=1)
    assert company.query("UPDATE ai_session_steps SET content = '{}' RETURNING id") == []


async def test_jobs_are_run_and_lost_ones_made_again(
    client: TestClient, company: Company, settings: Settings, urls: DatabaseUrls, database: Database
) -> None:
    claimed_by_kim(client, company)
    await work(settings, urls.runtime, database, until_idle=True)
    with owner_transaction(urls) as connection:
        connection.execute("DELETE FROM procrastinate_jobs WHERE task_name = ANY(%s)", [[REMIND_JOB, EXPIRE_JOB]])
    assert repair_jobs(urls.runtime, company.id, now()) == 2
    assert repair_jobs(urls.runtime, company.id, now()) == 0
    assert await notify_of_missed(database, company.id, now(), by_email=False) == 0
    forget_jobs(urls, company)


def test_planner_hints_reach_every_shard(owner: psycopg.Connection) -> None:
    told = owner.execute(
        "SELECT DISTINCT result FROM run_command_on_shards('ai_sessions', $$"
        "SELECT array_to_string(attoptions, ', ') FROM pg_attribute"
        " WHERE attrelid = '%s'::regclass AND attname = 'resolved_at'$$)"
    ).fetchall()
    assert told == [("n_distinct=100",)]
