"""What is done to a handoff at the present moment of a story. What that changes, `handoffs.decisions` says."""

import uuid
from datetime import datetime, timedelta

from flowpilot.demo.simulation.chance import id_at
from flowpilot.demo.simulation.handoffs.effects import close_open, record_event
from flowpilot.demo.simulation.sessions import actions
from flowpilot.demo.simulation.story import JOB_DELAY, Story
from flowpilot.handoffs import decisions, policy
from flowpilot.handoffs.decisions import Escalation, NewEvent
from flowpilot.handoffs.leases import lease
from flowpilot.handoffs.models import HandoffEventKind, Outcome, Priority, SessionHandoff
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.handoffs.rules.requirements import Effect, EscalationRules, Requirement, check
from flowpilot.handoffs.schemas.requests import REASONS
from flowpilot.handoffs.snapshot import missing_of
from flowpilot.sessions.transitions import Action

_IDEAS, _RIGHTS, _SEVERAL, _FLOW_ENDS, _SENIOR = REASONS
_PRIORITIES = {_IDEAS: (1, 12, 70, 17), _SEVERAL: (30, 50, 20, 0), _SENIOR: (8, 42, 45, 5)}
_USUAL_PRIORITIES = (3, 17, 68, 12)
_SECURITY_PRIORITIES = (35, 45, 20, 0)
_NOTE_SHARE = 0.72
# What both accounts ask of an escalation: without it the handoff is marked, and nothing holds it up.
ASKED = EscalationRules(
    {one: {Requirement.CLIENT: Effect.WARN, Requirement.OPINION: Effect.WARN} for one in Priority}
)
_TARGET_SHARE = 0.2


def escalate(story: Story, priority: Priority | None = None) -> None:
    """Hand the session over with all that is known about it."""
    rng = story.rng
    reason = _pick_reason(story)
    note = story.case.problem.hunch if rng.random() < _NOTE_SHARE else ""
    pressing = priority or _pick_priority(story, reason)
    target = rng.choice(possible_claimants(story)) if rng.random() < _TARGET_SHARE else None
    actions.transition(story, Action.ESCALATE, story.engineer_id, reason)
    why, at = Escalation(reason, note, pressing, target), story.moment
    handoff_id = id_at(rng, at)
    history = story.history()
    lacks = check(ASKED.effects(pressing, missing_of(history, note)), pressing)
    handoff, event = decisions.escalate(
        history, why, handoff_id=handoff_id, by=story.engineer_id, at=at, lacks=lacks
    )
    story.handoffs.append(handoff)
    record_event(story, handoff, event, story.engineer_id)


def claim(story: Story) -> None:
    """Have the target claim it, or one of the seniors, but not the one who had it before."""
    handoff = story.handoff
    before = [event.actor_id for event in story.events if event.kind == HandoffEventKind.CLAIMED]
    others = [senior for senior in possible_claimants(story) if senior not in before[-1:]]
    targets = [senior for senior in others if senior == handoff.target_user_id]
    senior = story.rng.choice(targets or others or possible_claimants(story))
    for field, value in decisions.claimed_by(senior, story.moment).items():
        setattr(handoff, field, value)
    handoff.lease_expires_at = lease(story.moment, story.account.lease_minutes, None).ends
    story.session.owner_id = senior
    actions.transition(story, Action.CLAIM, senior)
    record_event(story, handoff, NewEvent(HandoffEventKind.CLAIMED, {}), senior)


def hold(story: Story, seconds: float) -> bool:
    """Let time pass after a claim; False when the lease ended before that, so that nobody holds it now."""
    handoff, until = story.handoff, story.moment + timedelta(seconds=seconds)
    ends = handoff.lease_expires_at
    if ends is not None and handoff.claimed_at is not None:
        reminder = lease(handoff.claimed_at, story.account.lease_minutes, None).reminds
        if handoff.reminded_at is None and until >= reminder:
            _remind(story, handoff, reminder + JOB_DELAY)
        if until >= ends:
            _expire(story, handoff, ends + JOB_DELAY)
            return False
    story.wait_until(max(until, story.moment))
    return True


def release(story: Story, reason: str) -> None:
    """Put the handoff back into the queue."""
    by = holder(story)
    _return_to_queue(story, decisions.release(story.handoff, reason), by, reason)


def close(story: Story, by: uuid.UUID, outcome: Outcome, note: str) -> None:
    """Close the handoff while its session goes on: returned, or set aside."""
    handoff = story.handoff
    story.session.owner_id = decisions.keeps_session(handoff, outcome) or handoff.goes_back_to
    actions.transition(story, policy.CLOSING[outcome], by, note)
    close_open(story, by, outcome, note)


def ask(story: Story, text: str) -> None:
    """Have the holder ask the engineer something."""
    asked = HandoffQuestion(
        account_id=story.account.id,
        id=id_at(story.rng, story.moment),
        handoff_id=story.handoff.id,
        asked_by=holder(story),
        asked_at=story.moment,
        question=text,
        answered_by=None,
        answered_at=None,
        answer=None,
        withdrawn_at=None,
        edits=[],
    )
    story.questions.append(asked)
    _record_question(story, HandoffEventKind.ASKED, asked, asked.asked_by)


def answer(story: Story, text: str) -> None:
    """Have the engineer answer the newest question."""
    asked = story.questions[-1]
    asked.answer, asked.answered_by, asked.answered_at = text, story.engineer_id, story.moment
    _record_question(story, HandoffEventKind.ANSWERED, asked, story.engineer_id)


def holder(story: Story) -> uuid.UUID:
    """Who has claimed the handoff."""
    assert story.handoff.claimed_by is not None
    return story.handoff.claimed_by


def possible_claimants(story: Story) -> list[uuid.UUID]:
    """Seniors, except the one who is stuck."""
    ids = [senior.person.id for senior in story.account.seniors]
    return [senior for senior in ids if policy.may_be_target(senior, story.engineer_id)]


def _record_question(story: Story, kind: HandoffEventKind, asked: HandoffQuestion, by: uuid.UUID) -> None:
    content = {"question": str(asked.id), "asked_by": str(asked.asked_by)}
    record_event(story, story.handoff, NewEvent(kind, content), by)


def _remind(story: Story, handoff: SessionHandoff, moment: datetime) -> None:
    story.wait_until(moment)
    record_event(story, handoff, decisions.remind(handoff, moment), None)


def _expire(story: Story, handoff: SessionHandoff, moment: datetime) -> None:
    story.wait_until(moment)
    _return_to_queue(story, decisions.expire(handoff), None, decisions.LAPSED)


def _return_to_queue(story: Story, event: NewEvent, by: uuid.UUID | None, reason: str) -> None:
    story.session.owner_id = story.handoff.goes_back_to
    actions.transition(story, Action.RELEASE, by, reason)
    record_event(story, story.handoff, event, by)


def _pick_reason(story: Story) -> str:
    node = story.where.node
    if node is not None and not node.offered:
        return story.rng.choices((_FLOW_ENDS, _RIGHTS), (0.8, 0.2))[0]
    return story.rng.choices((_IDEAS, _RIGHTS, _SEVERAL, _SENIOR), (0.45, 0.2, 0.15, 0.2))[0]


def _pick_priority(story: Story, reason: str) -> Priority:
    shares = _PRIORITIES.get(reason, _USUAL_PRIORITIES)
    if story.case.domain.name == "security":
        shares = _SECURITY_PRIORITIES
    return story.rng.choices(list(Priority), shares)[0]
