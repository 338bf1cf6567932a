"""Phrases that people repeat."""

import random
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.analytics.knowledge_gaps.patterns import Phrase, StemmedText, repeated_phrases
from flowpilot.analytics.knowledge_gaps.report import knowledge_gaps
from flowpilot.analytics.period import window
from flowpilot.db.session import Database
from tests.company import Company, at

LABELLED = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text("utf-8"))


def _said(*texts: str) -> list[StemmedText]:
    """Texts in which each word says something, apart from those of less than three letters."""
    words = [text.split() for text in texts]
    telling = [[(word, place) for place, word in enumerate(each, 1) if len(word) > 2] for each in words]
    return [
        StemmedText(each, [word.lower() for word, _ in told], [place for _, place in told])
        for each, told in zip(words, telling, strict=True)
    ]


def _texts(found: Sequence[Phrase]) -> list[str]:
    return [phrase.text for phrase in found]


def test_a_phrase_is_shown_as_it_was_said_most_often() -> None:
    texts = _said("the Tray is jammed", "tray is jammed", "tray is jammed", "a tray jammed")
    [phrase, *_] = repeated_phrases(texts, 4, 1)
    assert (phrase.text, phrase.words, phrase.texts) == ("tray is jammed", ("tray", "jammed"), frozenset(range(4)))


def test_the_order_matters() -> None:
    assert repeated_phrases(_said("tray jammed", "jammed tray"), 2, 9) == []


def test_a_phrase_counts_once_in_a_text() -> None:
    assert repeated_phrases(_said("tray jammed tray jammed", "tray"), 2, 9) == []


def test_three_words_are_preferred_if_nearly_as_many_say_them() -> None:
    texts = _said("outlook keeps crashing", "outlook keeps crashing", "outlook keeps freezing")
    assert _texts(repeated_phrases(texts, 2, 9)) == ["outlook keeps crashing"]


def test_a_theme_is_told_once() -> None:
    texts = _said("label printer skips blank labels", "label printer skips blank labels", "vpn drops", "vpn drops")
    assert len(repeated_phrases(texts, 2, 9)) == 2


def test_what_is_said_in_problems_of_any_kind_is_no_theme() -> None:
    texts = _said(*["human resources cannot print"] * 4)
    mixed = [
        text._replace(domain=domain) for text, domain in zip(texts, ("mail", "vpn", "print", None), strict=True)
    ]
    same = [
        text._replace(domain=domain) for text, domain in zip(texts, ("mail", "vpn", "mail", None), strict=True)
    ]
    assert repeated_phrases(mixed, 4, 9) == []
    assert len(repeated_phrases(same, 4, 9)) == 1


@given(st.lists(st.lists(st.sampled_from(["aaa", "bbb", "ccc", "ddd", "ee"]), max_size=6), max_size=15))
def test_the_order_of_the_texts_does_not_matter(words: list[list[str]]) -> None:
    texts = [" ".join(each) for each in words]
    shuffled = random.Random(0).sample(texts, len(texts))  # noqa: S311
    assert _texts(repeated_phrases(_said(*texts), 2, 9)) == _texts(repeated_phrases(_said(*shuffled), 2, 9))


@pytest.mark.anyio
async def test_labelled_texts(database: Database, company: Company) -> None:
    for number, text in enumerate(LABELLED["texts"]):
        company.add("ai_sessions", problem_summary=text, created_at=f"2026-06-{number % 9 + 1:02}T08:00Z")
    async with database.read(company.id) as db:
        asked = window(company.id, now=at("2026-06-15 12:00"), account_timezone="UTC")
        gaps = (await knowledge_gaps(db, asked)).gaps
    phrases = {gap.evidence["phrase"] for gap in gaps if gap.gap_type == "repeated_pattern"}
    assert phrases == set(LABELLED["themes"])
