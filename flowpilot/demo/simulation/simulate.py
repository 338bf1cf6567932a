"""Half a year of a help desk, simulated: the same seed and the same now give the same rows."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from flowpilot.baselines.models import HandoffBaseline
from flowpilot.clients.models import Client, ClientName
from flowpilot.db.base import Base
from flowpilot.demo.simulation.aftermath import log_activity, post_notes, propose
from flowpilot.demo.simulation.baselines import record_exclusions, time_verbal_handoffs
from flowpilot.demo.simulation.case import Case, pick_case
from flowpilot.demo.simulation.chance import around, id_at
from flowpilot.demo.simulation.clients import called, make_clients
from flowpilot.demo.simulation.handoffs.actions import ASKED
from flowpilot.demo.simulation.in_progress import live_step_seconds, live_tales
from flowpilot.demo.simulation.library import Library, make_library
from flowpilot.demo.simulation.notices import read_notices
from flowpilot.demo.simulation.office_hours import arrivals
from flowpilot.demo.simulation.problems import words
from flowpilot.demo.simulation.runs import run_calls
from flowpilot.demo.simulation.sessions.actions import begin
from flowpilot.demo.simulation.sessions.course import live_through
from flowpilot.demo.simulation.story import NotYetError, Story
from flowpilot.demo.simulation.unsettled import MINUTES, STEP_SECONDS, unsettled_tales
from flowpilot.demo.world import DAYS, DemoAccount
from flowpilot.flows.models import Flow, FlowCategory, FlowVersion
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.handoffs.rules.models import EscalationSettings
from flowpilot.identity.models import AuditEntry
from flowpilot.knowledge.models import FlowProposal
from flowpilot.notifications.models import Notification
from flowpilot.psa.models import PsaActivityLog, PsaPostLog
from flowpilot.sessions.models import AISession, AISessionStep, ConfidenceTier, SessionStatus, StatusChange
from flowpilot.sessions.search.keeping import text_of
from flowpilot.sessions.search.models import SessionText

_TICKET_SHARE = 0.87
_FIRST_TICKET = 410_000
_FIRST_RUN_TICKET = 398_211
_FIRST_UNSETTLED_TICKET = 399_004
_CLIENT_SHARE = 0.94
_LIVE_MINUTES = (14, 85)

# How long a session takes, and how many steps, by how well a flow fits.
_PACES = {
    ConfidenceTier.GUIDED: 0.7,
    ConfidenceTier.EXPLORING: 1.1,
    ConfidenceTier.DISCOVERY: 1.5,
}
_TYPICAL_STEPS = {
    ConfidenceTier.GUIDED: 5,
    ConfidenceTier.EXPLORING: 6,
    ConfidenceTier.DISCOVERY: 6,
}


@dataclass(frozen=True, slots=True)
class DemoRows:
    """One account's rows, as models. Each table comes after those that it refers to."""

    escalation_settings: list[EscalationSettings]
    clients: list[Client]
    client_names: list[ClientName]
    categories: list[FlowCategory]
    flows: list[Flow]
    flow_versions: list[FlowVersion]
    sessions: list[AISession]
    session_texts: list[SessionText]
    steps: list[AISessionStep]
    status_changes: list[StatusChange]
    handoffs: list[SessionHandoff]
    handoff_events: list[HandoffEvent]
    questions: list[HandoffQuestion]
    notifications: list[Notification]
    baselines: list[HandoffBaseline]
    proposals: list[FlowProposal]
    posts: list[PsaPostLog]
    activities: list[PsaActivityLog]
    audit_log: list[AuditEntry]

    def tables(self) -> Iterator[list[Base]]:
        """The rows table by table, in the order in which they can be written."""
        return (getattr(self, table.name) for table in fields(self))


@dataclass(frozen=True, slots=True)
class _Call:
    """When a session starts, and how it goes; `step_seconds` sets its pace, if given."""

    moment: datetime
    tell: Callable[[Story], None]
    step_seconds: float | None = None


def simulate(account: DemoAccount, *, now: datetime, seed: int) -> DemoRows:
    """All that happened in an account in the half year before `now`, which is in UTC."""
    rng = Random(f"{account.id}:{seed}")  # noqa: S311 - A simulation has to be repeatable.
    library = make_library(rng, account, now)
    stories = [
        *_tell_all(rng, account, library, now),
        *_tell_runs(account, library, now, seed),
        *_tell_unsettled(account, library, now, seed),
    ]
    posts = [post_notes(story) for story in stories]
    baselines = time_verbal_handoffs(rng, stories)
    clients, client_names = make_clients(account, [story.session for story in stories], seed)
    asked = {priority.name.lower(): dict(rules) for priority, rules in ASKED.rules.items()}
    return DemoRows(
        escalation_settings=[EscalationSettings(account_id=account.id, rules=asked, avoidable_reasons=None)],
        clients=clients,
        client_names=client_names,
        categories=library.categories,
        flows=library.trees,
        flow_versions=library.versions,
        sessions=[story.session for story in stories],
        session_texts=[text_of(story.session, story.steps) for story in stories],
        steps=[step for story in stories for step in story.steps],
        status_changes=[change for story in stories for change in story.changes],
        handoffs=[handoff for story in stories for handoff in story.handoffs],
        handoff_events=_numbered([event for story in stories for event in story.events]),
        questions=[question for story in stories for question in story.questions],
        notifications=read_notices(rng, [notice for story in stories for notice in story.notices], now),
        baselines=baselines,
        proposals=[proposal for story in stories if (proposal := propose(story)) is not None],
        posts=[post for pushes in posts for post in pushes],
        activities=[
            entry for story, pushes in zip(stories, posts, strict=True) for entry in log_activity(story, pushes)
        ],
        audit_log=[*library.audit_log, *record_exclusions(rng, baselines)],
    )


def _tell_all(rng: Random, account: DemoAccount, library: Library, now: datetime) -> list[Story]:
    """The finished and the recent sessions, in the order in which they began; tickets are numbered in it."""
    stories, ticket = [], _FIRST_TICKET
    for call in _calls(rng, account, now):
        ticket += rng.randint(1, 4)
        story = _begin(rng, account, library, call.moment, now)
        # A call from the corridor has no ticket.
        story.session.psa_ticket_id = str(ticket) if rng.random() < _TICKET_SHARE else None
        if call.step_seconds is not None:
            story.step_seconds = call.step_seconds
        with suppress(NotYetError):
            call.tell(story)
        stories.append(story)
    return stories


def _tell_runs(account: DemoAccount, library: Library, now: datetime, seed: int) -> list[Story]:
    """The runs of a procedure. Their chances are their own, so that they change nothing else."""
    rng, stories = Random(f"{account.id}:{seed}:runs"), []  # noqa: S311 - A simulation has to be repeatable.
    for number, call in enumerate(run_calls(account, library, now)):
        story = _begin_story(rng, account, library, call.case, call.moment, now)
        story.session.psa_ticket_id = str(_FIRST_RUN_TICKET + number)
        story.step_seconds = call.step_seconds
        with suppress(NotYetError):
            call.tell(story)
        stories.append(story)
    return stories


def _tell_unsettled(account: DemoAccount, library: Library, now: datetime, seed: int) -> list[Story]:
    """What is not settled now, with chances of its own, too."""
    rng, stories = Random(f"{account.id}:{seed}:unsettled"), []  # noqa: S311 - A simulation has to be repeatable.
    for number, tell in enumerate(unsettled_tales()):
        story = _begin(rng, account, library, now - timedelta(minutes=MINUTES), now)
        story.session.psa_ticket_id = str(_FIRST_UNSETTLED_TICKET + number)
        story.step_seconds = STEP_SECONDS
        with suppress(NotYetError):
            tell(story)
        stories.append(story)
    return stories


def _calls(rng: Random, account: DemoAccount, now: datetime) -> list[_Call]:
    start = now - timedelta(days=DAYS)
    moments = arrivals(rng, ZoneInfo(account.timezone), start, now, account.sessions)
    calls = [_Call(moment, live_through) for moment in moments]
    for tell in live_tales(rng, account.live):
        minutes = rng.uniform(*_LIVE_MINUTES)
        calls.append(_Call(now - timedelta(minutes=minutes), tell, live_step_seconds(minutes)))
    return sorted(calls, key=lambda call: call.moment)


def _begin(rng: Random, account: DemoAccount, library: Library, moment: datetime, now: datetime) -> Story:
    """A new call, taken by one of the engineers."""
    progress = 1 - (now - moment) / timedelta(days=DAYS)
    case = pick_case(rng, account, library, moment, progress)
    return _begin_story(rng, account, library, case, moment, now)


def _begin_story(
    rng: Random, account: DemoAccount, library: Library, case: Case, moment: datetime, now: datetime
) -> Story:
    progress = 1 - (now - moment) / timedelta(days=DAYS)
    (engineer,) = rng.choices(account.engineers, [member.share for member in account.engineers])
    clients = case.problem.clients or words().clients[account.name]
    session = AISession(
        account_id=account.id,
        id=id_at(rng, moment),
        user_id=engineer.person.id,
        owner_id=engineer.person.id,
        status=SessionStatus.ACTIVE,
        problem_summary=case.summary,
        problem_domain=case.domain.name or None,
        confidence_tier=case.tier,
        confidence=case.confidence,
        matched_flow_id=case.flow.row.id if case.flow else None,
        flow_version_id=case.edition.version.id if case.edition else None,
        psa_ticket_id=None,
        client_id=None,
        client_name=rng.choice(clients) if rng.random() < _CLIENT_SHARE else None,
        step_count=0,
        answer_count=0,
        free_text_count=0,
        session_rating=None,
        rating_comment=None,
        created_at=moment,
        last_activity_at=moment,
        resolved_at=None,
        waiting_for=None,
        look_again_at=None,
        fix_applied_at=None,
    )
    if session.client_name is not None:
        session.client_name = called(session.client_name, session.id)
    minutes = around(rng, case.domain.minutes * _PACES[case.tier] * (1.25 - 0.5 * progress))
    pace = minutes * 60 / _TYPICAL_STEPS[case.tier]
    story = Story(rng, account, case, session, now, moment, pace, progress, library.by_name)
    begin(story)
    return story


def _numbered(events: list[HandoffEvent]) -> list[HandoffEvent]:
    """The account's events in the order in which they happened, and numbered in it."""
    ordered = sorted(events, key=lambda event: event.created_at)
    for number, event in enumerate(ordered, start=1):
        event.number = number
    return ordered
