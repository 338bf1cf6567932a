"""What an analysis costs, and what waits for it."""

import uuid

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.knowledge.analysis import analyse
from flowpilot.knowledge.jobs import ANALYSE_JOB, GATHERING
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.company import Company
from tests.knowledge.proposals.loop import TIMES, proposals, whole
from tests.sessions.flows import post, publish_printer_flow, start, take
from tests.sessions.queue import failed, waiting

pytestmark = pytest.mark.anyio


def _resolve(client: TestClient, company: Company, problem: str, solved: str) -> uuid.UUID:
    session_id = start(client, company, problem_summary=problem)["id"]
    take(client, company, session_id, free_text="Cleaned the label sensor with compressed air")
    assert post(client, company, f"{session_id}/resolve", summary=solved).status_code == 200
    return uuid.UUID(session_id)


async def _statements(company: Company, database: Database, ids: list[uuid.UUID]) -> int:
    sent: list[str] = []
    event.listen(
        database.engine.sync_engine, "before_cursor_execute", lambda _c, _k, said, *_rest: sent.append(said)
    )
    async with database.write(company.id) as db:
        await analyse(db, company.id, ids, now())
    return len(sent)


async def test_an_analysis_costs_the_same_however_many_sessions_a_proposal_has(
    client: TestClient, company: Company, database: Database
) -> None:
    ids = [_resolve(client, company, TIMES[0][0], TIMES[0][2]) for _ in range(14)]
    await _statements(company, database, ids[:2])
    third = await _statements(company, database, ids[2:3])
    await _statements(company, database, ids[3:13])
    assert await _statements(company, database, ids[13:]) == third <= 30


async def test_twelve_sessions_together_cost_less_than_two_one_by_one(
    client: TestClient, company: Company, database: Database
) -> None:
    ids = [_resolve(client, company, TIMES[0][0], TIMES[0][2]) for _ in range(14)]
    one_by_one = await _statements(company, database, ids[:1]) + await _statements(company, database, ids[1:2])
    together = await _statements(company, database, ids[2:])
    # Each is compared, and joins: three statements, and one of this test's transaction.
    assert together <= one_by_one + 3 * 12


async def test_a_session_that_its_flow_covered_costs_what_it_takes_to_see_that(
    client: TestClient, company: Company, database: Database
) -> None:
    publish_printer_flow(client, company)
    session_id = start(client, company)["id"]
    take(client, company, session_id, choice="Yes")
    take(client, company, session_id, outcome="It prints")
    assert post(client, company, f"{session_id}/resolve", summary="It prints again").status_code == 200
    assert await _statements(company, database, [uuid.UUID(session_id)]) == 7


async def test_what_is_resolved_within_a_minute_is_analysed_together(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    began = now()
    for problem, _, solved in TIMES:
        _resolve(client, company, problem, solved)
    assert all(due is not None and due >= began + GATHERING for _, due in waiting(company, ANALYSE_JOB))
    _make_first_due(company)
    await work(settings, company.urls.runtime, database, until_idle=True)
    assert (waiting(company, ANALYSE_JOB), failed(company)) == ([], [])
    assert [proposal["session_count"] for proposal in proposals(client, company)] == [3]


async def test_the_first_waits_a_minute_and_holds_up_the_others(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    _resolve(client, company, TIMES[0][0], TIMES[0][2])
    await work(settings, company.urls.runtime, database, until_idle=True)
    assert (len(waiting(company, ANALYSE_JOB)), proposals(client, company)) == (1, [])


async def test_after_a_failure_a_session_is_analysed_alone(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    for problem, _, solved in TIMES[:2]:
        _resolve(client, company, problem, solved)
    with psycopg.connect(company.urls.owner) as owner:
        # The second names a session that is not there.
        owner.execute(
            "UPDATE procrastinate_jobs SET args = args || jsonb_build_object('session_id', gen_random_uuid()) "
            "WHERE id = (SELECT max(id) FROM procrastinate_jobs "
            "WHERE task_name = %s AND args->>'account_id' = %s)",
            [ANALYSE_JOB, str(company.id)],
        )
    _make_first_due(company)
    await work(settings, company.urls.runtime, database, until_idle=True)
    assert proposals(client, company) == []
    _make_first_due(company)
    await work(settings, company.urls.runtime, database, until_idle=True)
    [proposal] = proposals(client, company)
    assert whole(client, company, proposal["id"])["session_count"] == 1
    assert len(waiting(company, ANALYSE_JOB)) == 1


def _make_first_due(company: Company) -> None:
    with psycopg.connect(company.urls.owner) as owner:
        owner.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = "
            "(SELECT min(id) FROM procrastinate_jobs WHERE task_name = %s AND args->>'account_id' = %s)",
            [ANALYSE_JOB, str(company.id)],
        )
