"""Phrases that people repeat."""

import random
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from flowpilot.analytics.knowledge_gaps.patterns import Phrase, Text, repeated_phrases
from flowpilot.analytics.knowledge_gaps.report import knowledge_gaps
from flowpilot.analytics.knowledge_gaps.said import stems_of
from flowpilot.analytics.period import window
from flowpilot.analytics.phrases import SAID, spoken_words, stems
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from tests.company import Company, at, run

LABELLED = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text("utf-8"))


def _said(*texts: str) -> list[Text]:
    return [Text(text.split()) for text in texts]


def _repeated(texts: Sequence[Text], least: int, most: int) -> list[Phrase]:
    """Where each word says something, apart from those of less than three letters."""
    words = {word for text in texts for word in text.words}
    return repeated_phrases(texts, {word: [word.lower()] * (len(word) > 2) for word in words}, least, most)


def _texts(found: Sequence[Phrase]) -> list[str]:
    return [phrase.text for phrase in found]


def test_a_phrase_is_shown_as_it_was_said_most_often() -> None:
    texts = _said("the Tray is jammed", "tray is jammed", "tray is jammed", "a tray jammed")
    [phrase, *_] = _repeated(texts, 4, 1)
    assert (phrase.text, phrase.words, phrase.texts) == ("tray is jammed", ("tray", "jammed"), frozenset(range(4)))


def test_the_order_matters() -> None:
    assert _repeated(_said("tray jammed", "jammed tray"), 2, 9) == []


def test_a_phrase_counts_once_in_a_text() -> None:
    assert _repeated(_said("tray jammed tray jammed", "tray"), 2, 9) == []


def test_three_words_are_preferred_if_nearly_as_many_say_them() -> None:
    texts = _said("outlook keeps crashing", "outlook keeps crashing", "outlook keeps freezing")
    assert _texts(_repeated(texts, 2, 9)) == ["outlook keeps crashing"]


def test_a_theme_is_told_once() -> None:
    texts = _said("label printer skips blank labels", "label printer skips blank labels", "vpn drops", "vpn drops")
    assert len(_repeated(texts, 2, 9)) == 2


def test_what_is_said_in_problems_of_any_kind_is_no_theme() -> None:
    texts = _said(*["human resources cannot print"] * 4)
    mixed = [
        text._replace(domain=domain) for text, domain in zip(texts, ("mail", "vpn", "print", None), strict=True)
    ]
    same = [
        text._replace(domain=domain) for text, domain in zip(texts, ("mail", "vpn", "mail", None), strict=True)
    ]
    assert _repeated(mixed, 4, 9) == []
    assert len(_repeated(same, 4, 9)) == 1


@given(st.lists(st.lists(st.sampled_from(["aaa", "bbb", "ccc", "ddd", "ee"]), max_size=6), max_size=15))
def test_the_order_of_the_texts_does_not_matter(words: list[list[str]]) -> None:
    texts = [" ".join(each) for each in words]
    shuffled = random.Random(0).sample(texts, len(texts))  # noqa: S311
    assert _texts(_repeated(_said(*texts), 2, 9)) == _texts(_repeated(_said(*shuffled), 2, 9))


@given(st.lists(st.lists(st.sampled_from(["Aaa", "aaa", "bbb", "ccc", "ee"]), max_size=6), max_size=15))
def test_the_texts_of_a_phrase_are_those_that_say_it(words: list[list[str]]) -> None:
    telling = [" ".join(["", *(word.lower() for word in each if len(word) > 2), ""]) for each in words]
    for phrase in _repeated([Text(each) for each in words], 2, 9):
        assert phrase.texts == {n for n, said in enumerate(telling) if f" {' '.join(phrase.words)} " in said}


# What a text may have beside letters of ASCII: other letters, marks that join, signs, and what is no letter.
_CHARACTERS = "abIKorTsz  \n-'.,:/@<&_0179äßéŁжω日ªﬁ\u2019\u0308\u00a0\u200d\u0663\u00b2\u0130\u017f"


@given(st.lists(st.text(st.sampled_from(_CHARACTERS), max_size=40), max_size=5))
def test_each_word_has_the_stems_that_it_has_in_its_text(urls: DatabaseUrls, texts: list[str]) -> None:
    columns = SAID.replace("problem_domain", "NULL")
    told = stems("problem_summary")
    sql = text(f"SELECT {columns}, {told} AS stems FROM unnest(CAST(:texts AS text[])) AS t (problem_summary)")

    async def work(database: Database) -> None:
        async with database.read(new_id()) as db:
            rows = (await db.execute(sql, {"texts": texts})).all()
            words = [spoken_words(row.said, row.words) for row in rows]
            found = await stems_of(db, [Text(each) for each in words])
            for row, each in zip(rows, words, strict=True):
                told = [stem for word in each for stem in found[word]]
                assert (f" {' '.join(told)} " if told else None) == row.stems

    run(urls, work)


@pytest.mark.anyio
async def test_labelled_texts(database: Database, company: Company) -> None:
    for number, said in enumerate(LABELLED["texts"]):
        company.add("ai_sessions", problem_summary=said, created_at=f"2026-06-{number % 9 + 1:02}T08:00Z")
    async with database.read(company.id) as db:
        asked = window(company.id, now=at("2026-06-15 12:00"), account_timezone="UTC")
        gaps = (await knowledge_gaps(db, asked)).gaps
    phrases = {gap.evidence["phrase"] for gap in gaps if gap.gap_type == "repeated_pattern"}
    assert phrases == set(LABELLED["themes"])
