"""What many say is looked for once, until one of the texts is another; and no word of them is remembered."""

from typing import Any

import pytest

from flowpilot.analytics.knowledge_gaps import said
from flowpilot.analytics.knowledge_gaps.patterns import repeated_phrases
from flowpilot.analytics.knowledge_gaps.report import knowledge_gaps
from flowpilot.analytics.period import window
from flowpilot.analytics.summed.memory import memory
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
_SUMMARIES = ("The scanner is jammed again", "Scanner jammed", "Tray 3: scanner was jammed (3rd floor)", "Zähler")


class _Reports:
    """What reports answer, and how often they looked for phrases."""

    def __init__(self, database: Database, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
        self._database, self._company, self.n_looked = database, company, 0
        look = repeated_phrases

        def counted(*asked: Any) -> Any:
            self.n_looked += 1
            return look(*asked)

        monkeypatch.setattr(said, "repeated_phrases", counted)
        memory.forget()

    async def phrases(self) -> list[tuple[Any, ...]]:
        """The phrase, how many say it, of how many, and their domain."""
        asked = window(self._company.id, now=NOW, account_timezone="UTC")
        async with self._database.read(self._company.id) as db:
            gaps = (await knowledge_gaps(db, asked)).gaps
        names = ("phrase", "words", "count", "n")
        found = [gap for gap in gaps if gap.gap_type == "repeated_pattern"]
        return [(*(gap.evidence[name] for name in names), gap.domain) for gap in found]


@pytest.fixture
def reports(database: Database, company: Company, monkeypatch: pytest.MonkeyPatch) -> _Reports:
    for summary in (*_SUMMARIES, *_SUMMARIES):
        _add(company, summary)
    return _Reports(database, company, monkeypatch)


def _add(company: Company, summary: str) -> None:
    company.add(
        "ai_sessions", created_at=at("2026-06-10 08:00"), problem_summary=summary, problem_domain="printing"
    )


def _change(company: Company, column: str, value: str) -> None:
    company.query(f"UPDATE ai_sessions SET {column} = %s RETURNING 1", value)


async def test_the_same_texts_are_not_looked_through_again(reports: _Reports) -> None:
    found = await reports.phrases()
    assert found == [("Scanner jammed", ["scanner", "jammed"], 6, 8, "printing")]
    assert await reports.phrases() == found
    assert reports.n_looked == 1


async def test_one_text_more_has_all_looked_through(reports: _Reports, company: Company) -> None:
    await reports.phrases()
    _add(company, "scanner jammed, too")
    assert await reports.phrases() == [("Scanner jammed", ["scanner", "jammed"], 7, 9, "printing")]
    assert reports.n_looked == 2


async def test_a_word_that_was_removed_is_gone(reports: _Reports, company: Company) -> None:
    await reports.phrases()
    _change(company, "problem_summary", "[removed]")
    assert [phrase for phrase, *_ in await reports.phrases()] == []


async def test_a_domain_is_read_anew(reports: _Reports, company: Company) -> None:
    await reports.phrases()
    _change(company, "problem_domain", "paper")
    assert [domain for *_, domain in await reports.phrases()] == ["paper"]


async def test_no_word_is_remembered(reports: _Reports) -> None:
    await reports.phrases()
    kept = repr(memory._kept).lower()
    assert "digest" in kept
    assert not any(word in kept for word in ("scanner", "jammed", "tray", "printing"))
