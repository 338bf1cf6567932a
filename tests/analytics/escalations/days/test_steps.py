"""The steps of an open handoff are read once, and again only when its session has changed."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from flowpilot.analytics.escalations.days import steps
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.period import window
from flowpilot.analytics.summed.memory import memory
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.session import Database, ReadDb
from flowpilot.handoffs.days import news
from flowpilot.sessions.days import rolling
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")
SENIOR = new_id()


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    """Whatever other tests have asked about."""
    memory.forget()


def _handoff(company: Company, session: uuid.UUID, **values: object) -> uuid.UUID:
    moments = {"created_at": DAY, "claimed_at": DAY + timedelta(seconds=10)}
    return company.add("session_handoffs", session_id=session, claimed_by=SENIOR, **(moments | values))


def _mark_all(company: Company) -> None:
    with account_transaction(company.urls.runtime, company.id) as connection:
        news.mark_all(connection, company.id)


def _step(company: Company, session: uuid.UUID, position: int, seconds: float, node: str, by: uuid.UUID) -> None:
    company.add(
        "ai_session_steps",
        session_id=session,
        position=position,
        created_at=DAY + timedelta(seconds=seconds),
        kind="answer",
        content={"node": node},
        actor_id=by,
    )
    company.query("UPDATE ai_sessions SET step_count = step_count + 1 WHERE id = %s RETURNING 1", session)


class _Reports:
    """What reports answer, and of how many claims they read the steps."""

    def __init__(self, database: Database, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        self._database, self._company, self._n_read = database, company, 0
        read = steps._read

        async def counted(db: ReadDb, account_id: uuid.UUID, claims: Sequence[bytes]) -> Any:
            self._n_read += len(claims)
            return await read(db, account_id, claims)

        monkeypatch.setattr(steps, "_read", counted)

    async def repeated(self, now: datetime = NOW) -> tuple[int | None, int, int]:
        """How many steps were repeated, of how many, and the number of claims that were read for it."""
        asked = window(self._company.id, now=now, account_timezone="UTC")
        self._n_read = 0
        async with self._database.read(self._company.id) as db:
            found = (await escalations(db, asked)).quality.steps_repeated
        return found.count, found.n, self._n_read


@pytest.fixture
def reports(database: Database, company: Company, monkeypatch: pytest.MonkeyPatch) -> _Reports:
    return _Reports(database, company, monkeypatch)


async def test_only_what_has_changed_is_read_again(reports: _Reports, company: Company) -> None:
    sessions = [company.add("ai_sessions") for _ in range(3)]
    for session in sessions:
        _step(company, session, 1, -5, "n1", new_id())
        _handoff(company, session)
        _step(company, session, 2, 20, "n1", SENIOR)
    assert await reports.repeated() == (3, 3, 3)
    assert await reports.repeated() == (3, 3, 0)
    _step(company, sessions[0], 3, 30, "n2", SENIOR)
    assert await reports.repeated() == (3, 4, 1)
    assert await reports.repeated() == (3, 4, 0)
    # Another claim: the others are as they were.
    _handoff(company, company.add("ai_sessions"))
    assert await reports.repeated() == (3, 4, 1)


async def test_words_that_were_removed_are_no_longer_compared(reports: _Reports, company: Company) -> None:
    session = company.add("ai_sessions")
    _step(company, session, 1, -5, "n1", new_id())
    _handoff(company, session)
    _step(company, session, 2, 20, "n1", SENIOR)
    assert await reports.repeated() == (1, 1, 1)
    with account_transaction(company.urls.owner, company.id) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("UPDATE ai_session_steps SET content = '{}' WHERE session_id = %s", [session])
        connection.execute("UPDATE ai_sessions SET last_activity_at = %s WHERE id = %s", [NOW, session])
    assert await reports.repeated() == (0, 0, 1)


async def test_a_moment_before_counts_the_steps_until_then(reports: _Reports, company: Company) -> None:
    session = company.add("ai_sessions")
    _step(company, session, 1, -5, "n1", new_id())
    _handoff(company, session)
    _step(company, session, 2, 20, "n1", SENIOR)
    _step(company, session, 3, 40, "n2", SENIOR)
    assert await reports.repeated() == (1, 2, 1)
    assert await reports.repeated(DAY + timedelta(seconds=40)) == (1, 2, 0)
    assert await reports.repeated(DAY + timedelta(seconds=39)) == (1, 1, 0)
    assert await reports.repeated(DAY + timedelta(seconds=19)) == (0, 0, 0)


async def test_a_step_counts_once_for_whoever_has_claimed_twice(reports: _Reports, company: Company) -> None:
    session = company.add("ai_sessions")
    _handoff(company, session)
    _step(company, session, 1, 20, "n1", SENIOR)
    _handoff(company, session, created_at=DAY + timedelta(seconds=30), claimed_at=DAY + timedelta(seconds=35))
    # For the claim that came last, it had been taken before.
    _step(company, session, 2, 40, "n1", SENIOR)
    assert await reports.repeated() == (1, 2, 2)
    assert await reports.repeated() == (1, 2, 0)
    assert await reports.repeated(DAY + timedelta(seconds=39)) == (0, 1, 0)


async def test_a_handoff_that_was_closed_counts_until_then(reports: _Reports, company: Company) -> None:
    session = company.add("ai_sessions")
    _step(company, session, 1, -5, "n1", new_id())
    handoff = _handoff(company, session)
    _step(company, session, 2, 20, "n1", SENIOR)
    _step(company, session, 3, 40, "n1", SENIOR)
    assert await reports.repeated() == (2, 2, 1)
    closed = DAY + timedelta(seconds=30)
    company.query("UPDATE session_handoffs SET closed_at = %s WHERE id = %s RETURNING 1", closed, handoff)
    assert await reports.repeated() == (1, 1, 0)


async def test_a_day_that_is_not_as_its_rows_has_no_steps(reports: _Reports, company: Company) -> None:
    session = company.add("ai_sessions")
    handoff = _handoff(company, session)
    _step(company, session, 1, 20, "n1", SENIOR)
    _mark_all(company)
    rolling.roll(company.urls.runtime, company.id)
    later = DAY + timedelta(seconds=11)
    company.query("UPDATE session_handoffs SET claimed_at = %s WHERE id = %s RETURNING 1", later, handoff)
    assert await reports.repeated() == (0, 0, 1)
    # What was read was that of the claim as it is.
    _mark_all(company)
    assert await reports.repeated() == (0, 1, 0)
