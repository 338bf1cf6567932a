"""How alike two texts and two sessions are, from 0 to 1. Pure: `words` reads what it needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from flowpilot.sessions.similar.words import Words, Worth

# Two sessions at least this alike had the same problem (`similar_sessions` in the catalogue of metrics).
SAME_PROBLEM = 0.3

# Two steps at least this alike say the same (`same_step` in the catalogue of metrics).
SAME_STEP = 0.5


@dataclass(frozen=True, slots=True)
class Traits:
    """What sessions are compared by: the words of the problem, and those of what was done and what solved it."""

    problem: Words
    done: Words
    domain: str | None = None


def alike(one: Words, other: Words, worth: Worth) -> float:
    """The cosine of two sets of words, each weighted by what it says; 0 if one of them is empty."""
    if not one or not other:
        return 0.0
    shared = sum(worth.of(word) ** 2 for word in one & other)
    return shared / sqrt(_square(one, worth) * _square(other, worth))


def likeness(one: Traits, other: Traits, worth: Worth) -> float:
    """How alike two sessions are: half by the problem's words, half by the words of what was done about it.

    A session in which nothing is done yet is compared by its problem alone. Sessions of two domains are not alike.
    """
    if one.domain and other.domain and one.domain.casefold() != other.domain.casefold():
        return 0.0
    problem = alike(one.problem, other.problem, worth)
    if not one.done or not other.done:
        return problem
    return (problem + alike(one.done, other.done, worth)) / 2


def mean_likeness(one: Traits, others: Sequence[Traits], worth: Worth) -> float:
    """How alike a session is to a group of sessions, on average; 0 for no group."""
    return sum(likeness(one, other, worth) for other in others) / len(others) if others else 0.0


def _square(words: Words, worth: Worth) -> float:
    return sum(worth.of(word) ** 2 for word in words)
