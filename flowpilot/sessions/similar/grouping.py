"""Texts of what was done that say the same, and sessions that had the same problem. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from flowpilot.sessions.similar.likeness import SAME_STEP, Traits, alike_steps, likest
from flowpilot.sessions.similar.words import Words, Worth


@dataclass(frozen=True, slots=True)
class Said:
    """A text, and its telling words."""

    text: str
    words: Words


def same_steps(texts: Sequence[Said], worth: Worth) -> list[list[int]]:
    """The numbers of the texts in groups that say the same, each in order, the group begun first coming first.

    Each text joins the group to whose texts it is most alike on average, if it is alike enough.
    """
    groups: list[list[int]] = []
    for number in range(len(texts)):
        likest = max(groups, key=lambda group: _mean(number, group, texts, worth), default=None)
        if likest is not None and _mean(number, likest, texts, worth) >= SAME_STEP:
            likest.append(number)
        else:
            groups.append([number])
    return groups


def same_problems(sessions: Sequence[Traits], worth: Worth) -> list[list[int]]:
    """The numbers of the sessions in groups that had the same problem, the group begun first coming first."""
    groups: list[list[int]] = []
    for number, traits in enumerate(sessions):
        members = {place: [sessions[each] for each in group] for place, group in enumerate(groups)}
        place = likest(traits, members, worth)
        if place is None:
            groups.append([number])
        else:
            groups[place].append(number)
    return groups


def _mean(number: int, group: Sequence[int], texts: Sequence[Said], worth: Worth) -> float:
    return sum(_same(texts[number], texts[other], worth) for other in group) / len(group)


def _same(one: Said, other: Said, worth: Worth) -> float:
    if one.text.casefold() == other.text.casefold():
        return 1.0
    return alike_steps(one.words, other.words, worth)
