"""People work on while an analysis reads and computes, and it writes only what is still so."""

import asyncio
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database, Db
from flowpilot.flows.locking import lock_library
from flowpilot.knowledge.analysis import analyse
from flowpilot.knowledge.locking import lock_words
from tests.company import Company
from tests.knowledge.proposals.loop import proposals, whole
from tests.sessions.edits.helpers import edit, newest
from tests.sessions.flows import post, read, start, take

pytestmark = pytest.mark.anyio

_WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' "
    "AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
)


class Analysed:
    """A session that is solved, and an analysis of it that has read everything."""

    def __init__(self, client: TestClient, company: Company, database: Database) -> None:
        self.client, self.company, self.database = client, company, database
        self.session_id = start(client, company, problem_summary="The scanner beeps twice")["id"]
        take(client, company, self.session_id, free_text="Cleaned the glass")
        assert post(client, company, f"{self.session_id}/resolve", summary="New lamp").status_code == 200

    async def analyse(self) -> None:
        async with self.database.write(self.company.id) as db:
            await analyse(db, self.company.id, [uuid.UUID(self.session_id)], now())

    def correct(self, text: str) -> None:
        solved = newest(read(self.client, self.company, self.session_id), "resolution")
        edit(self.client, self.company, solved, "correct", text=text)

    async def meets(self, *changes: Callable[[], Any]) -> None:
        """Each change is made while an attempt of the analysis has read all, and waits to write it."""
        async with AsyncExitStack() as first:
            held = await self._hold(first)
            analysing = asyncio.ensure_future(self.analyse())
            await self._until(1, analysing)
            for change in changes:
                await asyncio.wait_for(asyncio.to_thread(change), timeout=20)
                # Whoever asks next is next, so the analysis waits again.
                after = AsyncExitStack()
                queued = asyncio.ensure_future(self._hold(after))
                await self._until(2, analysing)
                await held.aclose()
                held = await queued
                await self._until(1, analysing)
            await held.aclose()
            await analysing

    async def _hold(self, stack: AsyncExitStack) -> AsyncExitStack:
        db: Db = await stack.enter_async_context(self.database.write(self.company.id))
        await lock_words(db, self.company.id)
        return stack

    async def _until(self, n_waiting: int, analysing: asyncio.Future[None]) -> None:
        while not analysing.done() and self.company.query(_WAITING) != [(n_waiting,)]:
            await asyncio.wait({analysing}, timeout=0.01)

    def instructions(self) -> set[str]:
        """What the draft says to do."""
        [proposal] = proposals(self.client, self.company)
        nodes = whole(self.client, self.company, proposal["id"])["flow"]["tree"]["nodes"].values()
        return {node["text"] for node in nodes if node["kind"] == "instruction"}


@pytest.fixture
def analysed(client: TestClient, company: Company, database: Database) -> Analysed:
    return Analysed(client, company, database)


async def test_a_step_is_recorded_while_an_analysis_runs(analysed: Analysed) -> None:
    def go_on() -> None:
        reopened = post(analysed.client, analysed.company, f"{analysed.session_id}/reopen", reason="Again")
        assert reopened.status_code == 200
        take(analysed.client, analysed.company, analysed.session_id, free_text="Cleaned it again")

    await analysed.meets(go_on)
    # It is not solved any more, so it proposes nothing.
    assert proposals(analysed.client, analysed.company) == []


async def test_what_is_corrected_while_an_analysis_runs_is_proposed_as_it_reads_then(analysed: Analysed) -> None:
    await analysed.meets(lambda: analysed.correct("Cleaned the roller"))
    assert analysed.instructions() - {"Cleaned the glass"} == {"Cleaned the roller"}


async def test_one_that_is_changed_again_and_again_comes_to_an_end(analysed: Analysed) -> None:
    await analysed.meets(
        *(lambda text=text: analysed.correct(text) for text in ("Once", "Twice", "Cleaned the roller"))
    )
    assert analysed.instructions() - {"Cleaned the glass"} == {"Cleaned the roller"}


async def test_an_analysis_does_not_wait_for_whoever_edits_the_library(analysed: Analysed) -> None:
    async with analysed.database.write(analysed.company.id) as db:
        await lock_library(db, analysed.company.id)
        await asyncio.wait_for(analysed.analyse(), timeout=20)
    assert analysed.instructions() == {"New lamp"}
