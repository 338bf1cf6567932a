"""Things that were done in several cases and say the same. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from flowpilot.knowledge.drafting.cases import Act
from flowpilot.sessions.similar.grouping import TokenizedText, same_steps
from flowpilot.sessions.similar.likeness import alike
from flowpilot.sessions.similar.words import Worth


@dataclass(frozen=True, slots=True)
class Deed:
    """An act in a case: how early it was done there, from 0 for first to 1 for last, and whether it solved it.

    `in_vain`: something else is known to have come after it. Of an open case nobody knows what will solve it.
    """

    case: int
    act: Act
    place: float
    solved: bool
    in_vain: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Deeds that say the same, in the order of their cases."""

    deeds: tuple[Deed, ...]

    @property
    def cases(self) -> frozenset[int]:
        """The cases in which it was done."""
        return frozenset(deed.case for deed in self.deeds)

    @property
    def solved(self) -> frozenset[int]:
        """The cases that it solved."""
        return frozenset(deed.case for deed in self.deeds if deed.solved)

    @property
    def bound(self) -> frozenset[int]:
        """The cases that had the same problem, to judge by this: those that it solved, or may have solved."""
        return self.cases if self.solved else frozenset(deed.case for deed in self.deeds if not deed.in_vain)

    @property
    def place(self) -> float:
        """How early it was done, on average."""
        return sum(deed.place for deed in self.deeds) / len(self.deeds)


def grouped(deeds: Sequence[Deed], worth: Worth) -> list[Group]:
    """The deeds as groups, the most frequent first, and of those equally frequent the one done earliest."""
    said = [TokenizedText(deed.act.text, deed.act.words) for deed in deeds]
    groups = [[deeds[number] for number in numbers] for numbers in same_steps(said, worth)]
    found = [Group(tuple(group)) for group in groups]
    return sorted(
        found, key=lambda group: (-len(group.cases), group.place, min(group.cases), group.deeds[0].place)
    )


def wording(acts: Sequence[Act], worth: Worth) -> str:
    """What the acts say, in the words of the one that is most like the others; of equals, the shortest."""
    best = max(acts, key=lambda act: (fsum(alike(act.words, one.words, worth) for one in acts), -len(act.text)))
    return best.text
