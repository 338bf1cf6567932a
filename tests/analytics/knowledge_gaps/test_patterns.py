"""Words that occur together."""

import random
from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from flowpilot.analytics.knowledge_gaps.patterns import Pair, frequent, repeated_pairs, words_of


def test_words_are_letters_in_lower_case() -> None:
    texts = words_of(["Printer HP-4000 in Büro 3 is off", "über-all", ""])
    assert texts == [{"printer", "büro", "off"}, {"über", "all"}, set()]


def test_a_word_counts_once_per_text() -> None:
    assert frequent(words_of(["jam jam jam", "jam", "tray"]), 2) == {"jam"}


def test_pairs_most_frequent_first() -> None:
    texts = words_of(["tray jam", "jam tray", "jam tray paper", "paper jam"])
    found = repeated_pairs(texts, {"jam", "tray", "paper"}, 2)
    assert found == [Pair("jam", "tray", 3), Pair("jam", "paper", 2)]


@given(st.lists(st.sets(st.sampled_from("abcdefg")), max_size=20), st.integers(1, 4))
def test_leaving_out_rare_words_loses_no_pair(texts: list[set[str]], least: int) -> None:
    counts = Counter(pair for text in texts for pair in combinations(sorted(text), 2))
    found = repeated_pairs(texts, frequent(texts, least), least)
    assert {(pair.first, pair.second): pair.n for pair in found} == {
        pair: n for pair, n in counts.items() if n >= least
    }
    shuffled = random.Random(0).sample(texts, len(texts))  # noqa: S311
    assert repeated_pairs(shuffled, frequent(shuffled, least), least) == found
