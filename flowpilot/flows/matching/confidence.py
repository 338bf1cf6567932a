"""How confident we are that a flow fits a problem, from what the two have in common, pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Tier = Literal["guided", "exploring", "discovery"]

GUIDED, EXPLORING = 0.8, 0.4

# What is left of the confidence in a flow that has lost trust (`flow_trust` in the catalogue of metrics). Of the
# benchmark's texts that were guided, 1 of 76 still is; the right flow was overtaken by another for 2 of 149.
DOUBTED = 0.8

# A few sessions say little, so this many with the usual share of resolved ones are added to them.
_PRIOR_CASES = 10


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence for a flow.

    Attributes:
        strength: the total weight of the text's words for the flow. A word that few flows have, said as part of
            a whole keyword, weighs up to 2; a word somewhere in many trees weighs almost nothing.
        is_domain: the flow's category is the given domain.
        cases: the flow's recent sessions that have ended.
        resolved: how many of them were resolved.
        is_doubted: the flow has lost trust.
    """

    strength: float
    is_domain: bool = False
    cases: int = 0
    resolved: int = 0
    is_doubted: bool = False


def tier(confidence: float) -> Tier:
    """How a session continues with this confidence in its flow."""
    if confidence >= GUIDED:
        return "guided"
    return "exploring" if confidence >= EXPLORING else "discovery"


def confidences(candidates: Sequence[Evidence]) -> list[float]:
    """The confidence that each candidate is the right flow, 0..1, in the given order.

    A logistic regression on four features: the strength; its lead over the best other candidate; whether the
    domain is the flow's own; and the flow's track record compared to the other candidates, which is neutral for
    a flow without a history.

    The first two coefficients were fitted to texts whose flow is known, and rounded; benchmarks/matching.py
    measures them on other texts. The last two are set so that they decide between flows that the words leave
    close together, and hardly ever against the words.

    The confidence in a flow that has lost trust counts `DOUBTED` times, so that it comes after a trusted one that
    fits as well.
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
        result.append((DOUBTED if candidate.is_doubted else 1) / (1 + math.exp(-logit)))
    return result


def _track_record(candidate: Evidence, usual: float) -> float:
    """How much better than usual the flow has done, -1..1."""
    return _share(candidate.resolved + _PRIOR_CASES * usual, candidate.cases + _PRIOR_CASES) - usual


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
