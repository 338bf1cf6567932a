"""How alike two texts and two sessions are, from 0 to 1. Pure: `words` reads what it needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from flowpilot.sessions.similar.words import Words, Worth, actions_in, numbers_in, short_numbers_in

# Two sessions at least this alike had the same problem (`similar_sessions` in the catalogue of metrics).
SAME_PROBLEM = 0.3

# Two steps at least this alike say the same (`same_step` in the catalogue of metrics).
SAME_STEP = 0.7

# What the words of all, of what was done, and its actions count. Those of what was done are among all, too.
_OF_ALL, _OF_DONE, _OF_ACTIONS = 0.8, 0.3, 0.1

# A shorter word with a digit counts something, or is a name as common as any.
_LENGTH_OF_A_CODE = 4

# Any action says as much as any other.
_EQUAL = Worth()


@dataclass(frozen=True, slots=True)
class Traits:
    """What sessions are compared by: the words of the problem, and those of what was done and what solved it."""

    problem: Words
    done: Words
    domain: str | None = None


def of_problem(words: Words) -> Words:
    """The telling words of a problem among these: neither actions nor short numbers."""
    # Each word by itself, so what is telling of two sets together is what is telling of each.
    return words - actions_in(words) - short_numbers_in(words)


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
    """How alike two sessions are: by the words of problem and steps, without short numbers.

    If something was done in both, its words count again, because a solution tells more of a problem than its
    description does, and the actions count a little. They are not alike if their domains differ, or if what one
    says about its problem is nowhere in the other.
    """
    if are_apart(one.domain, other.domain):
        return 0.0
    here, there = of_problem(one.problem | one.done), of_problem(other.problem | other.done)
    if not one.problem & there or not other.problem & here:
        return 0.0
    all_ = alike(here, there, worth)
    if not one.done or not other.done:
        return all_
    done = alike(of_problem(one.done), of_problem(other.done), worth)
    actions = alike(actions_in(one.done), actions_in(other.done), _EQUAL)
    return min(_OF_ALL * all_ + _OF_DONE * done + _OF_ACTIONS * actions, 1.0)


def are_apart(one: str | None, other: str | None) -> bool:
    """Whether two domains differ. A session without one may be of any."""
    return bool(one and other and one.casefold() != other.casefold())


def is_evidence(shared: Words) -> bool:
    """Whether such words say that two problems are the same: one alone misleads, unless it is a code."""
    return len(shared) > 1 or any(len(word) >= _LENGTH_OF_A_CODE for word in numbers_in(shared))


def mean_likeness(one: Traits, others: Sequence[Traits], worth: Worth) -> float:
    """How alike a session is to a group of sessions, on average; 0 for no group."""
    return sum(likeness(one, other, worth) for other in others) / len(others) if others else 0.0


def _sum(words: Words, worth: Worth) -> float:
    # Exact, since a set has another order in each process, and a last digit would decide between equals.
    return fsum(map(worth.of, words))
