"""Half a year of a help desk, simulated: the same seed and the same now give the same rows."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from flowpilot.db.base import Base
from flowpilot.demo.aftermath import log_activity, post_notes, propose, time_verbal_handoffs
from flowpilot.demo.case import Fate, ShelvedFlow, pick_case, pick_fate
from flowpilot.demo.chance import around, id_at
from flowpilot.demo.handover import HandoffFate, hand_over, pick_handoff_fate
from flowpilot.demo.library import make_categories, make_flows, make_versions, shelve
from flowpilot.demo.office_hours import arrivals
from flowpilot.demo.story import NotYetError, Story, derive, pause, resolve, work
from flowpilot.demo.world import DAYS, DemoAccount
from flowpilot.flows.models import Tree, TreeCategory, TreeVersion
from flowpilot.handoffs.models import HandoffBaseline, HandoffEvent, SessionHandoff
from flowpilot.knowledge.models import FlowProposal
from flowpilot.psa.models import PsaActivityLog, PsaPostLog
from flowpilot.sessions.models import AISession, AISessionStep, ConfidenceTier, SessionStatus

_TICKET_SHARE = 0.87
_FIRST_TICKET = 410_000
_BASELINE_DAYS = 120

# Whatever the hour of the demo, these sessions are under way.
_LIVE: tuple[tuple[Fate, HandoffFate | None], ...] = (
    (Fate.SOLVED, None),
    (Fate.SOLVED, None),
    (Fate.PAUSED_THEN_SOLVED, None),
    (Fate.HANDED_OVER, HandoffFate.UNCLAIMED),
    (Fate.HANDED_OVER, HandoffFate.IDLE),
    (Fate.HANDED_OVER, HandoffFate.VENDOR),
)
_STEPS = {
    ConfidenceTier.GUIDED: (3, 6),
    ConfidenceTier.EXPLORING: (4, 8),
    ConfidenceTier.DISCOVERY: (5, 10),
}
_PACES = {
    ConfidenceTier.GUIDED: 0.7,
    ConfidenceTier.EXPLORING: 1.1,
    ConfidenceTier.DISCOVERY: 1.5,
}


@dataclass(frozen=True, slots=True)
class DemoRows:
    """One account's rows, as the tables' own models. Each table comes after those that it refers to."""

    categories: list[TreeCategory]
    flows: list[Tree]
    flow_versions: list[TreeVersion]
    sessions: list[AISession]
    steps: list[AISessionStep]
    handoffs: list[SessionHandoff]
    handoff_events: list[HandoffEvent]
    baselines: list[HandoffBaseline]
    proposals: list[FlowProposal]
    posts: list[PsaPostLog]
    activities: list[PsaActivityLog]

    def tables(self) -> Iterator[list[Base]]:
        """The rows table by table, in the order in which they can be written."""
        return (getattr(self, table.name) for table in fields(self))


def simulate(account: DemoAccount, *, now: datetime, seed: int) -> DemoRows:
    """All that happened in an account in the half year before `now`, which is in UTC."""
    rng = Random(f"{account.id}:{seed}")  # noqa: S311 - A simulation has to be repeatable.
    categories = make_categories(rng, account, now - timedelta(days=2 * DAYS))
    flows = make_flows(rng, account, categories, now)
    stories = _tell_all(rng, account, shelve(account, flows, now), now)
    posts = [post_notes(story) for story in stories]
    recent = [story for story in stories if story.moment > now - timedelta(days=_BASELINE_DAYS)]
    return DemoRows(
        categories=categories,
        flows=flows,
        flow_versions=make_versions(rng, account, flows),
        sessions=[story.session for story in stories],
        steps=[step for story in stories for step in story.steps],
        handoffs=[story.handoff for story in stories if story.handoff is not None],
        handoff_events=[event for story in stories for event in story.events],
        baselines=list(time_verbal_handoffs(rng, recent, account.baselines)),
        proposals=[proposal for story in stories if (proposal := propose(story)) is not None],
        posts=[post for pushes in posts for post in pushes],
        activities=[
            entry for story, pushes in zip(stories, posts, strict=True) for entry in log_activity(story, pushes)
        ],
    )


def _tell_all(rng: Random, account: DemoAccount, library: list[ShelvedFlow], now: datetime) -> list[Story]:
    """The finished and the recent sessions, in the order in which they began."""
    start = now - timedelta(days=DAYS)
    stories = []
    for moment in arrivals(rng, ZoneInfo(account.timezone), start, now, account.sessions):
        story = _begin(rng, account, library, moment, now)
        _tell(story, pick_fate(rng, story.case, story.progress), None)
        stories.append(story)
    for fate, handoff_fate in _LIVE * account.live:
        ago = timedelta(minutes=rng.uniform(14, 85))
        story = _begin(rng, account, library, now - ago, now)
        # Slow enough that nobody is done yet, fast enough that whoever is stuck has asked for help.
        story.step_seconds = ago.total_seconds() / (3 if fate is Fate.SOLVED else 18)
        _tell(story, fate, handoff_fate)
        stories.append(story)
    stories.sort(key=lambda story: story.session.created_at)
    _number_tickets(rng, stories)
    return stories


def _begin(
    rng: Random, account: DemoAccount, library: list[ShelvedFlow], moment: datetime, now: datetime
) -> Story:
    """A new call, taken by one of the engineers."""
    progress = 1 - (now - moment) / timedelta(days=DAYS)
    case = pick_case(rng, account.domains, library, moment, progress)
    (engineer,) = rng.choices(account.engineers, [member.share for member in account.engineers])
    session = AISession(
        account_id=account.id,
        id=id_at(rng, moment),
        user_id=engineer.person.id,
        status=SessionStatus.ACTIVE,
        problem_summary=case.problem,
        problem_domain=case.domain.name or None,
        confidence_tier=case.tier,
        matched_flow_id=case.flow.id if case.flow else None,
        psa_ticket_id=None,
        session_rating=None,
        created_at=moment,
        resolved_at=None,
    )
    minutes = around(rng, case.domain.minutes * _PACES[case.tier] * (1.25 - 0.5 * progress))
    typical_steps = sum(_STEPS[case.tier]) / 2
    return Story(rng, account, case, session, now, moment, minutes * 60 / typical_steps, progress)


def _tell(story: Story, fate: Fate, handoff_fate: HandoffFate | None) -> None:
    """Tell a session as far as it has come, and set what derives from its steps."""
    with suppress(NotYetError):
        _live_through(story, fate, handoff_fate)
    derive(story)


def _live_through(story: Story, fate: Fate, handoff_fate: HandoffFate | None) -> None:
    rng, engineer = story.rng, story.engineer_id
    fewest, most = _STEPS[story.tier]
    match fate:
        case Fate.SOLVED:
            work(story, engineer, rng.randint(fewest, most))
            resolve(story, engineer)
        case Fate.PAUSED_THEN_SOLVED:
            work(story, engineer, fewest)
            pause(story, hours=rng.uniform(3, 20))
            work(story, engineer, rng.randint(1, most - fewest))
            resolve(story, engineer)
        case Fate.ABANDONED:
            work(story, engineer, rng.randint(1, fewest))
            pause(story, hours=rng.uniform(4, 48))
            story.session.status = SessionStatus.ABANDONED
        case Fate.HANDED_OVER:
            work(story, engineer, rng.randint(fewest, most))
            hand_over(story, handoff_fate or pick_handoff_fate(story))


def _number_tickets(rng: Random, stories: list[Story]) -> None:
    """Tickets are numbered as they come in; a call from the corridor has none."""
    number = _FIRST_TICKET
    for story in stories:
        number += rng.randint(1, 4)
        if rng.random() < _TICKET_SHARE:
            story.session.psa_ticket_id = str(number)
