"""How confident we are that a flow fits a problem, from what the two have in common, pure."""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Literal

Tier = Literal["guided", "exploring", "discovery"]

GUIDED, EXPLORING = 0.8, 0.4

# What is left of the confidence in a flow that has lost trust (`flow_trust` in the catalogue of metrics). Of the
# benchmark's texts that were guided, 0 of 379 still are; the right flow was overtaken by another for 5 of 453.
DOUBTED = 0.8

WEIGHTS: dict[str, dict[str, float]] = tomllib.loads(
    files(__package__).joinpath("weights.toml").read_text("utf-8")
)

# From here on a flow begins without a question: at most 1 % of the texts that the weights were fitted to begin
# in a wrong one.
SURE = WEIGHTS["sure"]["confidence"]

# A few sessions say little, so this many with the usual share of resolved ones are added to them.
_PRIOR_CASES = 10


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike the meanings of a text and of a flow are, up to 1 (`library.Likenesses` says of what)."""

    named: float
    described: float
    steps: float


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
        likeness: how alike the meanings are; null if only words are compared.
    """

    strength: float
    is_domain: bool = False
    cases: int = 0
    resolved: int = 0
    is_doubted: bool = False
    likeness: Likeness | None = None


def tier(confidence: float) -> Tier:
    """How a session continues with this confidence in its flow."""
    if confidence >= GUIDED:
        return "guided"
    return "exploring" if confidence >= EXPLORING else "discovery"


def confidences(candidates: Sequence[Evidence], elsewhere: float | None = None) -> list[float]:
    """The confidence that each candidate is the right flow, 0..1, in the given order.

    A multinomial logistic regression: the candidates and "no flow is right" share a whole, so a rival takes from
    the others. It weighs `features`, whether the domain is the flow's own, and the flow's track record compared
    to the other candidates, which is neutral for a flow without a history. The weights of the features are fitted
    to texts whose flow is known (`weights.toml`). The other two are set so that they decide between flows that
    the evidence leaves close together, and hardly ever against it.

    The confidence in a flow that has lost trust counts `DOUBTED` times, so that it comes after a trusted one that
    fits as well.

    Args:
        elsewhere: how like what no flow is about the text is, up to 1; null if only words are compared.
    """
    usual = _share(sum(c.resolved for c in candidates), sum(c.cases for c in candidates))
    weights = WEIGHTS["words" if elsewhere is None else "meaning"]
    logits = [
        sum(weights[name] * value for name, value in features(candidate).items())
        + 0.5 * candidate.is_domain
        + 1.8 * _track_record(candidate, usual)
        for candidate in candidates
    ]
    nothing = weights["nothing"] + (weights["elsewhere"] * elsewhere if elsewhere is not None else 0)
    most = max([nothing, *logits])
    whole = math.exp(nothing - most) + sum(math.exp(logit - most) for logit in logits)
    return [
        (DOUBTED if candidate.is_doubted else 1) * math.exp(logit - most) / whole
        for candidate, logit in zip(candidates, logits, strict=True)
    ]


def features(candidate: Evidence) -> dict[str, float]:
    """What the confidence in a candidate is made of."""
    found = {"strength": math.log1p(candidate.strength)}
    if candidate.likeness is not None:
        found |= asdict(candidate.likeness)
    return found


def _track_record(candidate: Evidence, usual: float) -> float:
    """How much better than usual the flow has done, -1..1."""
    return _share(candidate.resolved + _PRIOR_CASES * usual, candidate.cases + _PRIOR_CASES) - usual


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
