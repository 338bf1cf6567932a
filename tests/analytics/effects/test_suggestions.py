"""What became of suggestions, by who made them; what was taken back does not count."""

from datetime import timedelta
from typing import Any

import pytest

from flowpilot.analytics.effects.suggestions import SuggestionReport, suggestions
from flowpilot.analytics.period import window
from flowpilot.analytics.statistics import rate_ci95
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")


def _became(company: Company, result: str, reason: str | None = None, **values: Any) -> tuple[Any, Any]:
    """A suggestion with this result; the session and the step."""
    session, step = company.add("ai_sessions", created_at=DAY), None
    if reason is None:
        step = company.add("ai_session_steps", session_id=session, position=1, kind="outcome", content={})
    row = {"index": 1, "action": "Restart it.", "source": "rules", "at": DAY} | values
    company.add("suggestion_outcomes", session_id=session, step_id=step, result=result, reason=reason, **row)
    return session, step


async def _report(database: Database, company: Company) -> SuggestionReport:
    async with database.read(company.id) as db:
        return await suggestions(db, window(company.id, now=NOW, account_timezone="UTC"))


async def test_the_rates_of_each_source(database: Database, company: Company, neighbour: Company) -> None:
    ai = {"source": "ai", "model": "anthropic:one", "prompt_version": "1a2b3c4d"}
    for result in ("solved", "not_helped", "done"):
        _became(company, result)
    _became(company, "dismissed", "wrong")
    _became(company, "dismissed", "not_applicable", **ai)
    _became(company, "solved", at=NOW - timedelta(days=60))
    _became(neighbour, "solved")
    rules, by_ai = (await _report(database, company)).sources
    assert (rules.source, rules.model, rules.n_answered, rules.n_followed) == ("rules", None, 4, 3)
    assert (rules.followed_rate, rules.followed_rate_ci95) == (0.75, rate_ci95(3, 4))
    assert (rules.solved_rate, rules.solved_rate_ci95) == (0.3333, rate_ci95(1, 3))
    assert (rules.n_not_helped, rules.n_wrong, rules.n_not_applicable) == (1, 1, 0)
    assert (by_ai.model, by_ai.prompt_version, by_ai.n_answered) == ("anthropic:one", "1a2b3c4d", 1)
    assert (by_ai.followed_rate, by_ai.solved_rate, by_ai.solved_rate_ci95) == (0, None, None)


async def test_what_was_taken_back_does_not_count(database: Database, company: Company) -> None:
    for also in (False, True):
        session, step = _became(company, "solved")
        content = {"step": "", "also": [str(step)]} if also else {"step": str(step), "also": []}
        company.add("ai_session_steps", session_id=session, position=2, kind="take_back", content=content)
    assert (await _report(database, company)).sources == []
