"""Seniors claim one handoff at once, two hundred times, from two processes over a connection each.

Twenty times all fifty claim it. What two claims may do to each other a few show as well, so ten claim the others.
"""

import asyncio
import itertools
import multiprocessing
import statistics
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Barrier

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs import claims, policy
from flowpilot.identity.actor import Actor
from flowpilot.sessions import service as sessions
from flowpilot.wiring import wire_features
from tests.company import Company, add_colleague, found_company
from tests.handoffs.helpers import actor, check_laws, escalated, forget_jobs
from tests.sessions.loading import load_for_work

pytestmark = pytest.mark.long

SENIORS = 50
CROWDS = [SENIORS] * 20 + [10] * 180
HANDOFFS = len(CROWDS)
PROCESSES = 2
_PATIENCE_SECONDS = 300

_start: Barrier


@dataclass(frozen=True)
class Contest:
    """A handoff, and the seniors who claim it at once."""

    handoff_id: uuid.UUID
    seniors: list[Actor]


@dataclass(frozen=True)
class Attempt:
    """One senior's claim: who holds the handoff, as the answer says."""

    by: uuid.UUID
    handoff_id: uuid.UUID
    holder: uuid.UUID
    won: bool


def _meet_at(start: Barrier) -> None:
    global _start  # noqa: PLW0603 - a process has one barrier, which only its beginning can hand over.
    _start = start


async def _attempt(database: Database, senior: Actor, handoff_id: uuid.UUID) -> Attempt:
    try:
        async with database.write(senior.account_id) as db:
            handoff = await claims.claim(db, senior, handoff_id, now())
            assert handoff.claimed_by is not None
    except policy.AlreadyClaimedError as error:
        return Attempt(senior.user_id, handoff_id, uuid.UUID(error.extra["holder"]["id"]), won=False)
    return Attempt(senior.user_id, handoff_id, handoff.claimed_by, won=True)


def _race(url: str, contests: list[Contest]) -> list[Attempt]:
    """One server process, whose seniors claim each handoff at the same time as the other process's seniors."""

    async def work() -> list[Attempt]:
        database = Database(url, pool_size=SENIORS)
        attempts = []
        for contest in contests:
            _start.wait(_PATIENCE_SECONDS)
            claims = (_attempt(database, senior, contest.handoff_id) for senior in contest.seniors)
            attempts += await asyncio.gather(*claims)
        await database.close()
        return attempts

    wire_features()
    return asyncio.run(work())


def _contests(seniors: list[Actor], handoff_ids: list[uuid.UUID]) -> list[Contest]:
    """Each handoff with its crowd, in which everybody is as often as others."""
    turns = itertools.cycle(seniors)
    return [
        Contest(handoff_id, list(itertools.islice(turns, crowd)))
        for handoff_id, crowd in zip(handoff_ids, CROWDS, strict=True)
    ]


def _side(contests: list[Contest], number: int) -> list[Contest]:
    """What one of the processes does of it."""
    return [replace(contest, seniors=contest.seniors[number::PROCESSES]) for contest in contests]


async def _prepare(url: str, company: Company) -> tuple[list[Actor], list[uuid.UUID]]:
    database = Database(url)

    async def hand_over() -> uuid.UUID:
        async with database.write(company.id) as db:
            return (await escalated(db, actor(company), now())).id

    seniors = []
    async with database.write(company.id) as db:
        for number in range(SENIORS):
            user_id = await add_colleague(db, company.id, f"Senior {number}")
            seniors.append(actor(company, user_id=user_id))
    handoff_ids = [await hand_over() for _ in range(HANDOFFS)]
    await database.close()
    return seniors, handoff_ids


async def _act(url: str, winners: list[tuple[Actor, uuid.UUID]]) -> None:
    database = Database(url)

    async def act(winner: Actor, session_id: uuid.UUID) -> None:
        async with database.write(winner.account_id) as db:
            locked = await load_for_work(db, winner, session_id, now())
            await sessions.write_text(db, winner, locked, "It was the fuse.")

    for winner, session_id in winners:
        await act(winner, session_id)
    await database.close()


@dataclass(frozen=True)
class Raced:
    """All attempts, in an account in which the winners have acted afterwards."""

    company: Company
    contests: list[Contest]
    attempts: list[Attempt]


@pytest.fixture(scope="module")
def raced(urls: DatabaseUrls) -> Iterator[Raced]:
    wire_features()
    company = found_company(urls)
    contests = _contests(*asyncio.run(_prepare(urls.runtime, company)))
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn, initializer=_meet_at, initargs=(start,)) as pool:
        sides = [_side(contests, number) for number in range(PROCESSES)]
        racing = [pool.submit(_race, urls.runtime, side) for side in sides]
        attempts = [attempt for process in racing for attempt in process.result()]
    check_laws(company)
    rows = company.query("SELECT claimed_by, session_id FROM session_handoffs")
    winners = [(actor(company, user_id=winner), session_id) for winner, session_id in rows]
    asyncio.run(_act(urls.runtime, winners))
    yield Raced(company, contests, attempts)
    forget_jobs(urls, company)


def test_everybody_is_answered(raced: Raced) -> None:
    per_handoff = Counter(attempt.handoff_id for attempt in raced.attempts)
    assert per_handoff == {contest.handoff_id: len(contest.seniors) for contest in raced.contests}


def test_each_handoff_has_exactly_one_winner(raced: Raced) -> None:
    winners = [attempt for attempt in raced.attempts if attempt.won]
    assert len(winners) == len({winner.handoff_id for winner in winners}) == HANDOFFS
    assert all(winner.by == winner.holder for winner in winners)


def test_every_loser_learns_of_the_winner(raced: Raced) -> None:
    winners = {attempt.handoff_id: attempt.by for attempt in raced.attempts if attempt.won}
    losers = [attempt for attempt in raced.attempts if not attempt.won]
    assert len(losers) == sum(CROWDS) - HANDOFFS
    assert all(loser.holder == winners[loser.handoff_id] for loser in losers)


def test_the_winner_is_the_holder(raced: Raced) -> None:
    winners = {attempt.handoff_id: attempt.by for attempt in raced.attempts if attempt.won}
    rows = raced.company.query(
        "SELECT h.id, h.claimed_by, h.closed_at, s.owner_id, s.status FROM session_handoffs h "
        "JOIN ai_sessions s ON (s.account_id, s.id) = (h.account_id, h.session_id)"
    )
    assert sorted(rows) == sorted((id_, by, None, by, "escalated") for id_, by in winners.items())


def test_each_claim_is_one_event_and_one_change_of_status(raced: Raced) -> None:
    winners = sorted((attempt.handoff_id, attempt.by) for attempt in raced.attempts if attempt.won)
    events = "SELECT handoff_id, actor_id FROM handoff_events WHERE kind = 'claimed'"
    changes = (
        "SELECT h.id, c.actor_id FROM ai_session_status_changes c JOIN session_handoffs h USING (session_id) "
        "WHERE c.to_status = 'escalated'"
    )
    assert sorted(raced.company.query(events)) == winners
    assert sorted(raced.company.query(changes)) == winners


def test_the_events_are_numbered_without_a_gap(raced: Raced) -> None:
    numbers = raced.company.query("SELECT number, kind FROM handoff_events ORDER BY number")
    assert [number for number, _ in numbers] == list(range(1, 3 * HANDOFFS + 1))
    assert Counter(kind for _, kind in numbers) == dict.fromkeys(("created", "claimed", "first_action"), HANDOFFS)


def test_the_winners_actions_are_the_first_actions(raced: Raced) -> None:
    assert raced.company.query(
        "SELECT count(*) FROM session_handoffs WHERE first_action_by = claimed_by AND first_action_at > claimed_at"
    ) == [(HANDOFFS,)]
    check_laws(raced.company)


def test_the_report_is_right(client: TestClient, raced: Raced) -> None:
    rows = raced.company.query(
        "SELECT h.claimed_at, min(p.created_at) FROM session_handoffs h "
        "JOIN ai_session_steps p USING (session_id) WHERE p.created_at > h.claimed_at GROUP BY h.id, h.claimed_at"
    )
    waits = sorted((acted - claimed).total_seconds() for claimed, acted in rows)
    answer = client.get("/api/v1/analytics/flowpilot/escalations?period=7d", headers=raced.company.headers())
    report = answer.json()
    assert (report["n_handoffs_claimed"], report["n_handoffs_with_action"]) == (HANDOFFS, HANDOFFS)
    assert report["avg_seconds_to_first_action"] == round(statistics.fmean(waits), 2)
    assert report["median_seconds_to_first_action"] == round(statistics.median(waits), 2)
    assert report["p95_seconds_to_first_action"] == round(waits[round(0.95 * (HANDOFFS - 1))], 2)
