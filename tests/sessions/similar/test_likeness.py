"""When two sessions had the same problem, and when two steps say the same."""

import random
from collections.abc import Iterator

import pytest

from flowpilot.analytics.metrics import METRICS
from flowpilot.db.session import Database
from flowpilot.sessions.similar.grouping import likest
from flowpilot.sessions.similar.likeness import (
    SAME_PROBLEM,
    SAME_STEP,
    Traits,
    alike,
    alike_steps,
    likeness,
)
from flowpilot.sessions.similar.words import Words, Worth, words_of
from tests.company import Company

WORTH = Worth()


def said(*words: str) -> Words:
    return frozenset(words)


def test_the_thresholds_are_those_of_the_catalogue() -> None:
    assert METRICS["similar_sessions"].threshold == SAME_PROBLEM
    assert METRICS["same_step"].threshold == SAME_STEP


def test_what_was_done_in_one_session_may_be_the_problem_of_the_other() -> None:
    one = Traits(said("label", "blank"), said("sensor"))
    other = Traits(said("label", "sensor"), said("blank"))
    assert likeness(one, other, WORTH) == pytest.approx(0.8)


def test_what_was_done_in_both_counts_again_and_actions_count_a_little() -> None:
    one, other = Traits(said("label"), said("sensor", "!1")), Traits(said("label"), said("roll", "!1"))
    same = Traits(said("label"), said("sensor", "!2"))
    assert likeness(one, other, WORTH) == pytest.approx(0.8 * 0.5 + 0.1)
    assert likeness(one, same, WORTH) == 1.0
    assert likeness(Traits(said("label"), said("sensor")), Traits(said("label"), said("roll")), WORTH) == (
        pytest.approx(0.8 * 0.5)
    )


class InOrder(frozenset[str]):
    """A set that is read in this order, as another process may read it."""

    order: list[str]

    def __iter__(self) -> Iterator[str]:
        return iter(self.order)


def in_order(words: list[str]) -> InOrder:
    made = InOrder(words)
    made.order = words
    return made


def test_the_order_of_a_set_decides_nothing() -> None:
    """It is another one in each process, and a last digit would choose between texts that are equally like."""
    words = [f"word{number}" for number in range(24)]
    worth = Worth(2000, {word: 7**number % 1999 for number, word in enumerate(words)})
    orders = [random.Random(seed).sample(words, len(words)) for seed in range(50)]  # noqa: S311 - No secret.
    assert len({alike(in_order(order), said(*words[:9], "other"), worth) for order in orders}) == 1


def test_a_session_in_which_nothing_was_done_is_compared_by_all_that_the_other_says() -> None:
    assert likeness(Traits(said("label"), said()), Traits(said("label"), said("!1")), WORTH) == pytest.approx(1)


def test_sessions_that_share_only_what_was_done_are_not_alike() -> None:
    one, other = Traits(said("scanner"), said("port")), Traits(said("camera"), said("port"))
    assert likeness(one, other, WORTH) == 0


def test_actions_and_short_numbers_do_not_make_sessions_alike() -> None:
    one, other = Traits(said("label", "!1", "12"), said()), Traits(said("label", "!2", "7"), said())
    assert likeness(one, other, WORTH) == pytest.approx(1)


def test_sessions_of_two_domains_are_not_alike() -> None:
    one, other = (Traits(said("label"), said(), domain) for domain in ("Printing", "Network"))
    assert likeness(one, other, WORTH) == 0


def test_a_session_joins_the_group_that_is_most_like_it_on_average() -> None:
    session = Traits(said("label", "blank"), said())
    near = [session]
    mixed = [session, Traits(said("camera"), said())]
    assert likest(session, {"mixed": mixed, "near": near}, WORTH) == "near"
    assert likest(session, {"far": [Traits(said("camera"), said())]}, WORTH) is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Restarted the spooler", "Spooler reboot"),
        ("replaced the LAN cable", "swapped LAN cable"),
        ("installed KB5039212", "KB5039212 installed again"),
    ],
)
async def test_steps_say_the_same(database: Database, company: Company, one: str, other: str) -> None:
    async with database.read(company.id) as db:
        here, there = await words_of(db, [one, other])
    assert alike_steps(here, there, WORTH) >= SAME_STEP


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Restarted the spooler", "Restarted the server"),
        ("enabled SMTP AUTH", "disabled SMTP AUTH"),
        ("created the 32-bit data source", "created the 64-bit data source"),
    ],
)
async def test_steps_do_not_say_the_same(database: Database, company: Company, one: str, other: str) -> None:
    async with database.read(company.id) as db:
        here, there = await words_of(db, [one, other])
    assert alike_steps(here, there, WORTH) < SAME_STEP
