"""What a call is about, whether a flow fits it, and how it will end."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from random import Random

from flowpilot.demo.simulation.library import Edition, Library, LibraryFlow
from flowpilot.demo.simulation.problems import Domain, Problem, domains, tell_problem, words
from flowpilot.demo.world import DemoAccount
from flowpilot.sessions.models import ConfidenceTier

_HANDOVER_FACTORS = {
    ConfidenceTier.GUIDED: 0.7,
    ConfidenceTier.EXPLORING: 1.0,
    ConfidenceTier.DISCOVERY: 1.35,
}
_CONFIDENCES = {
    ConfidenceTier.GUIDED: (0.8, 0.98),
    ConfidenceTier.EXPLORING: (0.4, 0.79),
    ConfidenceTier.DISCOVERY: (0.0, 0.39),
}


class Fate(Enum):
    """How a session ends, unless the present comes first."""

    SOLVED = auto()
    PAUSED_THEN_SOLVED = auto()
    ABANDONED = auto()
    HANDED_OVER = auto()


@dataclass(frozen=True, slots=True)
class Case:
    """One call: the problem as the caller describes it, and the flow found for it, if any, with its confidence.

    `is_misled`: the flow leads astray.
    """

    domain: Domain
    problem: Problem
    summary: str
    tier: ConfidenceTier
    confidence: float
    flow: LibraryFlow | None
    edition: Edition | None
    is_misled: bool


def pick_case(rng: Random, account: DemoAccount, library: Library, moment: datetime, progress: float) -> Case:
    """A call as it may come in at that moment. The later (`progress` 0..1), the better flows fit."""
    asked = [domains()[name] for name in account.domains]
    (domain,) = rng.choices(asked, [domain.weight for domain in asked])
    problems = [problem for problem in domain.problem if _comes_in(problem, account, library, moment)]
    (problem,) = rng.choices(problems, [problem.weight for problem in problems])
    flow = _fitting_flow(problem, library, moment)
    tier = _pick_tier(rng, has_flow=flow is not None, progress=progress)
    if tier is ConfidenceTier.DISCOVERY:
        flow = None
    confidence = round(rng.uniform(*_CONFIDENCES[tier]), 4)
    edition = None if flow is None else flow.edition(moment)
    is_misled = flow is not None and flow.misleads(moment)
    return Case(domain, problem, tell_problem(rng, problem), tier, confidence, flow, edition, is_misled)


def pick_fate(rng: Random, case: Case, progress: float) -> Fate:
    """How the call will end."""
    handover = min(0.9, case.domain.handover_share * _HANDOVER_FACTORS[case.tier])
    abandoned = (1 - handover) * (0.62 if case.is_misled else 0.05)
    paused = (1 - handover - abandoned) * (0.055 - 0.04 * progress)
    shares = (1 - handover - abandoned - paused, paused, abandoned, handover)
    return rng.choices(list(Fate), shares)[0]


def _comes_in(problem: Problem, account: DemoAccount, library: Library, moment: datetime) -> bool:
    if problem.clients and not set(problem.clients) & set(words().clients[account.name]):
        return False
    return not problem.while_used or _fitting_flow(problem, library, moment) is not None


def _fitting_flow(problem: Problem, library: Library, moment: datetime) -> LibraryFlow | None:
    flows = (library.flows[slug] for slug in problem.flows if slug in library.flows)
    return next((flow for flow in flows if flow.is_used(moment)), None)


def _pick_tier(rng: Random, *, has_flow: bool, progress: float) -> ConfidenceTier:
    if not has_flow:
        return ConfidenceTier.DISCOVERY
    guided, exploring = 0.5 + 0.26 * progress, 0.24
    return rng.choices(list(ConfidenceTier), (guided, exploring, 1 - guided - exploring))[0]
