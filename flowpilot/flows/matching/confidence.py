"""From what a problem text and the flows have in common to how sure it is that a flow fits, pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Tier = Literal["guided", "exploring", "discovery"]

GUIDED, EXPLORING = 0.8, 0.4

# A few sessions say little: so many more, with the usual share of resolved ones, are taken to stand beside them.
_PRIOR_CASES = 10


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a flow.

    Attributes:
        strength: what the text's words count for the flow, in all. One that few flows have and that was said as
            part of a whole keyword counts up to 2, one that is somewhere in many trees next to nothing.
        is_domain: the flow's category is the domain that was given.
        cases: the flow's recent sessions that are no longer under way.
        resolved: those of them that were resolved.
    """

    strength: float
    is_domain: bool = False
    cases: int = 0
    resolved: int = 0


def tier(confidence: float) -> Tier:
    """How a session goes on with that confidence in its flow."""
    if confidence >= GUIDED:
        return "guided"
    return "exploring" if confidence >= EXPLORING else "discovery"


def confidences(candidates: Sequence[Evidence]) -> list[float]:
    """How sure it is of each candidate that it is the right flow, 0..1, in the order given.

    A logistic regression on four features: the strength; how far it lies ahead of the best other candidate, or
    behind it; whether the domain is the flow's own; and how the flow has done compared to the other candidates,
    where one without a history is neither better nor worse.

    The first two coefficients were fitted to texts whose flow is known, and rounded; benchmarks/matching.py
    measures them on texts that were not used for it. The last two are set so that they decide between flows that
    the words alone leave close, and hardly ever against the words.
    """
    usual = _share(sum(c.resolved for c in candidates), sum(c.cases for c in candidates))
    result = []
    for number, candidate in enumerate(candidates):
        best_other = max((c.strength for other, c in enumerate(candidates) if other != number), default=0.0)
        logit = (
            -4.4
            + 1.7 * candidate.strength
            + 4.1 * (candidate.strength - best_other) / (candidate.strength + best_other + 0.3)
            + 0.5 * candidate.is_domain
            + 2.0 * _track_record(candidate, usual)
        )
        result.append(1 / (1 + math.exp(-logit)))
    return result


def _track_record(candidate: Evidence, usual: float) -> float:
    """How much better than usual the flow has done, -1..1."""
    return _share(candidate.resolved + _PRIOR_CASES * usual, candidate.cases + _PRIOR_CASES) - usual


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
