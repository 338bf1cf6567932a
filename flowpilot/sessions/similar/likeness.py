"""How alike two texts and two sessions are, from 0 to 1. Pure: `words` reads what it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

from flowpilot.sessions.similar.words import Words, Worth, actions_in, numbers_in, short_numbers_in

# Two sessions at least this alike had the same problem (`similar_sessions` in the catalogue of metrics).
SAME_PROBLEM = 0.3

# Two steps at least this alike say the same (`same_step` in the catalogue of metrics).
SAME_STEP = 0.7

Group = TypeVar("Group")


@dataclass(frozen=True, slots=True)
class Traits:
    """What sessions are compared by: the words of the problem, and those of what was done and what solved it."""

    problem: Words
    done: Words
    domain: str | None = None


def alike(one: Words, other: Words, worth: Worth) -> float:
    """The cosine of two sets of words, where a shared word counts what it says; 0 if one of them is empty."""
    if not one or not other:
        return 0.0
    return _sum(one & other, worth) / sqrt(_sum(one, worth) * _sum(other, worth))


def alike_steps(one: Words, other: Words, worth: Worth) -> float:
    """How alike two steps are: by their words, but 0 if they name other actions, or share no number."""
    actions = actions_in(one), actions_in(other)
    numbers = numbers_in(one), numbers_in(other)
    if all(actions) and actions[0] != actions[1]:
        return 0.0
    if all(numbers) and not numbers[0] & numbers[1]:
        return 0.0
    return alike(one, other, worth)


def likeness(one: Traits, other: Traits, worth: Worth) -> float:
    """How alike two sessions are: by the words of problem and steps, without actions and short numbers.

    They are not alike if their domains differ, or if what one says about its problem is nowhere in the other.
    """
    if one.domain and other.domain and one.domain.casefold() != other.domain.casefold():
        return 0.0
    here, there = _telling(one), _telling(other)
    if not one.problem & there or not other.problem & here:
        return 0.0
    return alike(here, there, worth)


def mean_likeness(one: Traits, others: Sequence[Traits], worth: Worth) -> float:
    """How alike a session is to a group of sessions, on average; 0 for no group."""
    return sum(likeness(one, other, worth) for other in others) / len(others) if others else 0.0


def likest(one: Traits, groups: Mapping[Group, Sequence[Traits]], worth: Worth) -> Group | None:
    """The group that a session is most like, on average; None if it had the problem of none of them."""
    scored = {group: mean_likeness(one, others, worth) for group, others in groups.items()}
    best = max(scored, key=scored.__getitem__, default=None)
    return best if best is not None and scored[best] >= SAME_PROBLEM else None


def _telling(traits: Traits) -> Words:
    words = traits.problem | traits.done
    return words - actions_in(words) - short_numbers_in(words)


def _sum(words: Words, worth: Worth) -> float:
    return sum(map(worth.of, words))
