"""What a call is about, whether a flow fits it, and how it will end."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from random import Random

from flowpilot.demo.problems import VARIATIONS, Domain
from flowpilot.demo.world import Flow
from flowpilot.sessions.models import ConfidenceTier

_UNWRITTEN_SHARE = 0.22
_HANDOVER_FACTORS = {
    ConfidenceTier.GUIDED: 0.7,
    ConfidenceTier.EXPLORING: 1.0,
    ConfidenceTier.DISCOVERY: 1.35,
}


class Fate(Enum):
    """How a session ends, unless the present comes first."""

    SOLVED = auto()
    PAUSED_THEN_SOLVED = auto()
    ABANDONED = auto()
    HANDED_OVER = auto()


@dataclass(frozen=True, slots=True)
class ShelvedFlow:
    """A flow of the library with its id and the time in which sessions are matched to it."""

    id: uuid.UUID
    told: Flow
    born_at: datetime
    used_until: datetime

    def fits(self, domain: Domain, moment: datetime) -> bool:
        """Whether a session about the domain could be matched to it at that moment."""
        return self.told.category.casefold() == domain.name and self.born_at <= moment <= self.used_until


@dataclass(frozen=True, slots=True)
class Case:
    """One call: the problem, and the flow found for it, if any."""

    domain: Domain
    problem: str
    tier: ConfidenceTier
    flow: ShelvedFlow | None


def pick_case(
    rng: Random, domains: Sequence[Domain], library: Sequence[ShelvedFlow], moment: datetime, progress: float
) -> Case:
    """A call as it may come in at that moment. The later (`progress` 0..1), the better flows fit."""
    (domain,) = rng.choices(domains, [domain.weight for domain in domains])
    if domain.unwritten and rng.random() < _UNWRITTEN_SHARE:
        return Case(domain, _fill(rng, rng.choice(domain.unwritten)), ConfidenceTier.DISCOVERY, None)
    problem = _fill(rng, rng.choice(domain.problems))
    flows = [flow for flow in library if flow.fits(domain, moment)]
    tier = _pick_tier(rng, has_flows=bool(flows), progress=progress)
    is_matched = bool(flows) and tier is not ConfidenceTier.DISCOVERY
    return Case(domain, problem, tier, rng.choice(flows) if is_matched else None)


def pick_fate(rng: Random, case: Case, progress: float) -> Fate:
    """How the call will end."""
    misleads = case.flow is not None and case.flow.told.misleads
    handover = min(0.9, case.domain.handover_share * _HANDOVER_FACTORS[case.tier])
    abandoned = (1 - handover) * (0.62 if misleads else 0.05)
    paused = (1 - handover - abandoned) * (0.055 - 0.04 * progress)
    shares = (1 - handover - abandoned - paused, paused, abandoned, handover)
    return rng.choices(list(Fate), shares)[0]


def _pick_tier(rng: Random, *, has_flows: bool, progress: float) -> ConfidenceTier:
    guided = 0.42 + 0.26 * progress if has_flows else 0.0
    exploring = 0.3 if has_flows else 0.25
    return rng.choices(list(ConfidenceTier), (guided, exploring, 1 - guided - exploring))[0]


def _fill(rng: Random, template: str) -> str:
    words = {name: rng.choice(variants) for name, variants in VARIATIONS.items()}
    text = template.format_map(words)
    return text[0].upper() + text[1:]
