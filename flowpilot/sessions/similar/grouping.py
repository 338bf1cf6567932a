"""Texts of what was done that say the same, and sessions that had the same problem. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flowpilot.sessions.similar.likeness import SAME_PROBLEM, SAME_STEP, Traits, alike_steps, likeness
from flowpilot.sessions.similar.words import Words, Worth

Thing = TypeVar("Thing")
Group = TypeVar("Group")


@dataclass(frozen=True, slots=True)
class TokenizedText:
    """A text, and its telling words."""

    text: str
    words: Words


def same_steps(texts: Sequence[TokenizedText], worth: Worth) -> list[list[int]]:
    """The numbers of the texts in groups that say the same, each in order, the group begun first coming first."""
    return _grouped(texts, lambda one, other: _same(one, other, worth), SAME_STEP)


def same_problems(sessions: Sequence[Traits], worth: Worth) -> list[list[int]]:
    """The numbers of the sessions in groups that had the same problem, the group begun first coming first."""
    return _grouped(sessions, lambda one, other: likeness(one, other, worth), SAME_PROBLEM)


def likest(one: Traits, groups: Mapping[Group, Sequence[Traits]], worth: Worth) -> Group | None:
    """The group that a session is most like, on average; None if it had the problem of none of them."""
    return _likest(one, groups.items(), lambda this, other: likeness(this, other, worth), SAME_PROBLEM)


def _grouped(things: Sequence[Thing], alike: Callable[[Thing, Thing], float], least: float) -> list[list[int]]:
    """Each thing joins the group to whose members it is most alike on average, if it is alike enough."""
    groups: list[list[int]] = []
    for number, thing in enumerate(things):
        members = ((place, [things[each] for each in group]) for place, group in enumerate(groups))
        place = _likest(thing, members, alike, least)
        if place is None:
            groups.append([number])
        else:
            groups[place].append(number)
    return groups


def _likest(
    one: Thing,
    groups: Iterable[tuple[Group, Sequence[Thing]]],
    alike: Callable[[Thing, Thing], float],
    least: float,
) -> Group | None:
    """The group to whose members a thing is most alike, on average; None if no mean is `least`."""
    scored = [(sum(alike(one, other) for other in members) / len(members), group) for group, members in groups]
    mean, group = max(scored, key=lambda each: each[0], default=(0.0, None))
    return group if mean >= least else None


def _same(one: TokenizedText, other: TokenizedText, worth: Worth) -> float:
    if one.text.casefold() == other.text.casefold():
        return 1.0
    return alike_steps(one.words, other.words, worth)
