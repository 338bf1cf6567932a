"""How confident we are that a flow fits a problem, from what the two have in common, pure."""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

Tier = Literal["guided", "exploring", "discovery"]

GUIDED, EXPLORING = 0.8, 0.4

# What is left of the confidence in a flow that has lost trust (`flow_trust` in the catalogue of metrics). Of the
# benchmark's texts that were guided, 1 of 76 still is; the right flow was overtaken by another for 2 of 149.
DOUBTED = 0.8

# What speaks by chance for the best of many flows that have nothing to do with a text. A small library counts as
# if it had one.
_ANY_STRENGTH, _ANY_LIKENESS = 0.7, 0.3

WEIGHTS: dict[str, dict[str, float]] = tomllib.loads(
    files(__package__).joinpath("weights.toml").read_text("utf-8")
)

# From here on a flow begins without a question: at most 2 % of the texts that the weights were fitted to begin in
# a wrong one.
SURE = WEIGHTS["sure"]["confidence"]

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
        coverage: the strength as a share of what the best flow for each word would have, 0..1.
        likeness: how alike the meanings of the text and of the flow are, up to 1; null if only words are compared.
    """

    strength: float
    is_domain: bool = False
    cases: int = 0
    resolved: int = 0
    is_doubted: bool = False
    coverage: float = 1.0
    likeness: float | None = None


def tier(confidence: float) -> Tier:
    """How a session continues with this confidence in its flow."""
    if confidence >= GUIDED:
        return "guided"
    return "exploring" if confidence >= EXPLORING else "discovery"


def confidences(candidates: Sequence[Evidence]) -> list[float]:
    """The confidence that each candidate is the right flow, 0..1, in the given order.

    A logistic regression on `features`, on whether the domain is the flow's own, and on the flow's track record
    compared to the other candidates, which is neutral for a flow without a history. The weights of the features
    are fitted to texts whose flow is known (`weights.toml`). The other two are set so that they decide between
    flows that the evidence leaves close together, and hardly ever against it.

    The confidence in a flow that has lost trust counts `DOUBTED` times, so that it comes after a trusted one that
    fits as well.
    """
    usual = _share(sum(c.resolved for c in candidates), sum(c.cases for c in candidates))
    weights = WEIGHTS["meaning" if candidates and candidates[0].likeness is not None else "words"]
    result = []
    for candidate, values in zip(candidates, features(candidates), strict=True):
        logit = (
            weights["intercept"]
            + sum(weights[name] * value for name, value in values.items())
            + 0.5 * candidate.is_domain
            + 2.0 * _track_record(candidate, usual)
        )
        result.append((DOUBTED if candidate.is_doubted else 1) * (1 / (1 + math.exp(-logit))))
    return result


def features(candidates: Sequence[Evidence]) -> list[dict[str, float]]:
    """What the confidence in each is made of: its evidence, and how far that is ahead of the best other's."""
    others = _best_others([candidate.strength for candidate in candidates], _ANY_STRENGTH)
    found = [
        {
            "strength": math.log1p(candidate.strength),
            "strength_lead": (candidate.strength - other) / (candidate.strength + other + 0.3),
            "coverage": candidate.coverage if candidate.strength else 0.0,
        }
        for candidate, other in zip(candidates, others, strict=True)
    ]
    likenesses = [candidate.likeness for candidate in candidates if candidate.likeness is not None]
    for values, likeness, other in zip(found, likenesses, _best_others(likenesses, _ANY_LIKENESS), strict=False):
        values |= {"likeness": likeness, "likeness_lead": likeness - other}
    return found


def _best_others(values: Sequence[float], least: float) -> list[float]:
    """For each value the best of the others."""
    best, second, *_ = *sorted([*values, least, least], reverse=True), least
    return [second if value == best else best for value in values]


def _track_record(candidate: Evidence, usual: float) -> float:
    """How much better than usual the flow has done, -1..1."""
    return _share(candidate.resolved + _PRIOR_CASES * usual, candidate.cases + _PRIOR_CASES) - usual


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
