"""One session, told step by step until it ends or the present is reached."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from flowpilot.demo.case import Case
from flowpilot.demo.chance import id_at
from flowpilot.demo.office_hours import next_office_moment
from flowpilot.demo.world import DemoAccount
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.sessions.models import AISession, AISessionStep, ConfidenceTier, SessionStatus, StepKind

_KINDS = (StepKind.ANSWER, StepKind.OUTCOME, StepKind.NOTE)
_KIND_SHARES = {
    ConfidenceTier.GUIDED: (0.78, 0.15, 0.07),
    ConfidenceTier.EXPLORING: (0.55, 0.28, 0.17),
    ConfidenceTier.DISCOVERY: (0.25, 0.4, 0.35),
}
_FREE_TEXT_SHARES = {
    ConfidenceTier.GUIDED: 0.07,
    ConfidenceTier.EXPLORING: 0.13,
    ConfidenceTier.DISCOVERY: 0.18,
}
_WEAK_OPTIONS_SHARE = 0.62
_OWN_WORDS = (
    "Sometimes, mostly in the morning",
    "Two of three",
    "Yes, but slower than before",
    "The user can not say",
    "Only in one of the rooms",
    "It did until noon",
)
_NOTES = (
    "Called the user back.",
    "Compared with a device that works.",
    "Asked for a screenshot.",
    "Connected to the device.",
    "Read the event log.",
    "A colleague saw the same last month.",
)
_RATINGS = {
    ConfidenceTier.GUIDED: (1, 2, 8, 40, 49),
    ConfidenceTier.EXPLORING: (3, 6, 18, 43, 30),
    ConfidenceTier.DISCOVERY: (7, 12, 27, 36, 18),
}
_RATED_SHARE = 0.38


class NotYetError(Exception):
    """The story has come to the present: what would follow has not happened."""


@dataclass
class Story:
    """What has happened so far in one session, and the moment it has come to."""

    rng: Random
    account: DemoAccount
    case: Case
    session: AISession
    now: datetime
    moment: datetime
    step_seconds: float
    progress: float
    steps: list[AISessionStep] = field(default_factory=list)
    handoff: SessionHandoff | None = None
    events: list[HandoffEvent] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            NotYetError: that would be in the future.
        """
        self.wait_until(self.moment + timedelta(seconds=seconds))

    def wait_until(self, moment: datetime) -> None:
        """Let time pass until a moment, as `wait` does."""
        if moment > self.now:
            raise NotYetError
        self.moment = moment

    def wait_for_office(self) -> None:
        """Let time pass until somebody is in the office."""
        self.wait_until(next_office_moment(self.rng, ZoneInfo(self.account.timezone), self.moment))

    @property
    def engineer_id(self) -> uuid.UUID:
        """Whose session it is."""
        assert self.session.user_id is not None
        return self.session.user_id

    @property
    def tier(self) -> ConfidenceTier:
        """How well a flow fits."""
        return self.case.tier


def work(story: Story, actor_id: uuid.UUID, count: int) -> None:
    """Take some steps, asking what has not been asked yet."""
    for _ in range(count):
        story.wait(story.step_seconds * story.rng.uniform(0.5, 1.5))
        take_step(story, actor_id)


def take_step(story: Story, actor_id: uuid.UUID) -> None:
    """Answer the next question, try something, or note something."""
    rng = story.rng
    (kind,) = rng.choices(_KINDS, _KIND_SHARES[story.tier])
    questions = unasked(story)
    if kind is StepKind.ANSWER and questions:
        question, options = questions[0]
        is_free_text = rng.random() < _free_text_share(story)
        choice = rng.choice(_OWN_WORDS if is_free_text else options)
        add_step(story, actor_id, kind, {"question": question, "choice": choice}, is_free_text=is_free_text)
    elif kind is StepKind.NOTE:
        add_step(story, actor_id, kind, {"text": rng.choice(_NOTES)})
    else:
        outcome = rng.choice(("no change", "no change", "better", "not possible"))
        content = {"outcome": outcome, "note": rng.choice(story.case.domain.fixes)}
        add_step(story, actor_id, StepKind.OUTCOME, content)


def unasked(story: Story) -> list[tuple[str, tuple[str, ...]]]:
    """The domain's questions that the session has no answer to."""
    asked = {step.content["question"] for step in story.steps if step.kind == StepKind.ANSWER}
    return [question for question in story.case.domain.questions if question[0] not in asked]


def add_step(
    story: Story,
    actor_id: uuid.UUID,
    kind: StepKind,
    content: dict[str, Any],
    *,
    is_free_text: bool = False,
) -> None:
    """Write a step down at the present moment of the story."""
    step = AISessionStep(
        account_id=story.account.id,
        id=id_at(story.rng, story.moment),
        session_id=story.session.id,
        position=len(story.steps) + 1,
        kind=kind,
        actor_id=actor_id,
        is_free_text=is_free_text,
        content=content,
        created_at=story.moment,
    )
    story.steps.append(step)


def resolve(story: Story, actor_id: uuid.UUID) -> None:
    """Write down what helped, and end the session."""
    story.wait(story.step_seconds * story.rng.uniform(0.5, 1.5))
    add_step(story, actor_id, StepKind.RESOLUTION, {"text": story.rng.choice(story.case.domain.fixes)})
    mark_resolved(story)


def mark_resolved(story: Story) -> None:
    """End the session as resolved; some customers rate it."""
    story.session.status = SessionStatus.RESOLVED
    story.session.resolved_at = story.moment
    if story.rng.random() < _RATED_SHARE:
        (rating,) = story.rng.choices(range(1, 6), _RATINGS[story.tier])
        story.session.session_rating = rating


def pause(story: Story, hours: float) -> None:
    """Lay the session aside for at least so long, and come back in office hours."""
    story.session.status = SessionStatus.PAUSED
    story.wait(hours * 3600)
    story.wait_for_office()
    story.session.status = SessionStatus.ACTIVE


def derive(story: Story) -> None:
    """Set the derived columns from the steps."""
    session, handoff = story.session, story.handoff
    answers = [step for step in story.steps if step.kind == StepKind.ANSWER]
    session.step_count = len(story.steps)
    session.answer_count = len(answers)
    session.free_text_count = sum(step.is_free_text for step in answers)
    if handoff is not None and handoff.claimed_at is not None:
        for step in story.steps:
            if step.created_at > handoff.claimed_at:
                handoff.first_action_at, handoff.first_action_by = step.created_at, step.actor_id
                return


def _free_text_share(story: Story) -> float:
    flow = story.case.flow
    if flow is not None and flow.told.has_weak_options:
        return _WEAK_OPTIONS_SHARE
    return _FREE_TEXT_SHARES[story.tier]
