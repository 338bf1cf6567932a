"""What an account may spend on the AI in a day, and what it has spent."""

import asyncio
import importlib
import logging
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from flowpilot.copilot import rules
from flowpilot.copilot.ask import ANSWER_TOKENS
from flowpilot.copilot.propose import _NEXT_STEPS, record, suggest_next
from flowpilot.copilot.schemas import ProposedSteps
from flowpilot.jobs import Tools
from tests.company import Company, at
from tests.copilot.conftest import CASE, STEPS, ScriptedModel, configured

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 23:59")
USAGE = "SELECT day, requests, tokens FROM ai_usage ORDER BY day"


@dataclass(frozen=True)
class Most:
    """How many requests one question about the case can take, and the most tokens that each of them can count."""

    attempts: int
    tokens: int


@pytest.fixture(scope="module")
def most() -> Most:
    # Loaded for these tests only: it brings the AI's libraries, which take seconds.
    agent = importlib.import_module("flowpilot.copilot.agent")
    return Most(agent.ATTEMPTS, agent.most_tokens(_NEXT_STEPS + record(CASE), ProposedSteps, ANSWER_TOKENS))


async def _ask(tools: Tools, company: Company, scripted: ScriptedModel, **settings: Any) -> str:
    """Ask for the next step. Returns who answered."""
    limited = Tools(tools.database, configured(tools.settings, **settings))
    found = await suggest_next(limited, company.id, CASE, NOW, model=scripted.model)
    return found.steps[0].source


def _spend(company: Company, tokens: int, day: date = NOW.date()) -> None:
    company.add("ai_usage", day=day, requests=1, tokens=tokens)


async def test_usage_is_counted_by_account_and_day(
    tools: Tools, company: Company, neighbour: Company, most: Most
) -> None:
    for moment, whose in ((NOW, company), (NOW, company), (NOW + timedelta(minutes=1), company), (NOW, neighbour)):
        await suggest_next(tools, whose.id, CASE, moment, model=ScriptedModel(STEPS).model)
    [(today, requests, tokens), (tomorrow, *later)] = company.query(USAGE)
    once = later[1]
    assert (today, requests, tokens) == (date(2026, 6, 15), 2, 2 * once)
    assert (tomorrow, later[0]) == (date(2026, 6, 16), 1)
    assert 0 < once < most.tokens
    assert neighbour.query(USAGE) == [(date(2026, 6, 15), 1, once)]


async def test_both_attempts_are_counted(tools: Tools, company: Company, neighbour: Company) -> None:
    await _ask(tools, company, ScriptedModel({"steps": []}, STEPS))
    await _ask(tools, neighbour, ScriptedModel(STEPS))
    assert company.query(USAGE)[0][2] > 2 * neighbour.query(USAGE)[0][2]


async def test_an_answer_that_did_not_fit_is_counted_too(tools: Tools, company: Company, most: Most) -> None:
    assert await _ask(tools, company, ScriptedModel({"steps": []}, {"steps": []})) == "rules"
    [(_, _, tokens)] = company.query(USAGE)
    assert 0 < tokens < most.attempts * most.tokens


async def test_a_request_cut_off_counts_as_much_as_it_may_have_cost(
    tools: Tools, company: Company, most: Most
) -> None:
    async def hang() -> None:
        await asyncio.sleep(60)

    assert await _ask(tools, company, ScriptedModel(hang), ai_timeout_seconds=1) == "rules"
    assert company.query(USAGE) == [(NOW.date(), 1, most.tokens)]


async def test_a_request_that_failed_before_an_answer_costs_nothing(tools: Tools, company: Company) -> None:
    async def fail() -> None:
        raise ConnectionError

    assert await _ask(tools, company, ScriptedModel(fail)) == "rules"
    assert company.query(USAGE) == [(NOW.date(), 1, 0)]


async def test_when_the_budget_is_spent_nothing_is_sent(
    tools: Tools, company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    _spend(company, 5000)
    scripted = ScriptedModel(STEPS)
    with caplog.at_level(logging.DEBUG, "flowpilot"):
        assert await _ask(tools, company, scripted, ai_daily_tokens=5000) == "rules"
    assert scripted.messages == []
    assert company.query(USAGE) == [(NOW.date(), 1, 5000)]
    assert caplog.messages == [f"the AI was not asked for account {company.id}: the budget of 2026-06-15 is spent"]


async def test_the_rest_of_a_budget_allows_one_more(tools: Tools, company: Company) -> None:
    _spend(company, 4999)
    assert await _ask(tools, company, ScriptedModel(STEPS), ai_daily_tokens=5000) == "ai"
    assert await _ask(tools, company, ScriptedModel(STEPS), ai_daily_tokens=5000) == "rules"


async def test_yesterdays_and_a_neighbours_spending_do_not_count(
    tools: Tools, company: Company, neighbour: Company
) -> None:
    _spend(company, 5000, NOW.date() - timedelta(days=1))
    _spend(neighbour, 5000)
    assert await _ask(tools, company, ScriptedModel(STEPS), ai_daily_tokens=5000) == "ai"


async def test_many_at_once_overspend_by_less_than_one_question(
    tools: Tools, company: Company, most: Most
) -> None:
    """While questions are open, their possible cost is reserved, so only as many as fit are sent."""
    scripted, may_answer, all_are_there = ScriptedModel(), asyncio.Event(), asyncio.Event()

    async def wait() -> dict[str, Any]:
        if len(scripted.messages) == 3:
            all_are_there.set()
        await may_answer.wait()
        return STEPS

    scripted.answers = [wait] * 20
    budget = 2 * most.attempts * most.tokens + 1
    questions = [asyncio.create_task(_ask(tools, company, scripted, ai_daily_tokens=budget)) for _ in range(20)]
    pending = set(questions)
    while len(pending) > 3:
        _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
    await all_are_there.wait()
    assert company.query(USAGE) == [(NOW.date(), 3, 3 * most.attempts * most.tokens)]
    may_answer.set()
    assert sorted(await asyncio.gather(*questions)) == ["ai"] * 3 + ["rules"] * 17
    [(_, requests, tokens)] = company.query(USAGE)
    assert (requests, len(scripted.messages)) == (3, 3)
    assert 0 < tokens < 3 * most.tokens


async def test_no_connection_is_held_while_the_model_thinks(tools: Tools, company: Company) -> None:
    async def look() -> dict[str, Any]:
        assert tools.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        return STEPS

    assert await _ask(tools, company, ScriptedModel(look)) == "ai"


async def test_the_rules_cost_nothing(tools: Tools, company: Company) -> None:
    off = Tools(tools.database, tools.settings.model_copy(update={"ai_model": None}))
    assert await suggest_next(off, company.id, CASE, NOW, model=ScriptedModel(STEPS).model) == rules.suggest(CASE)
    assert company.query(USAGE) == []
