"""What the verbs of a handoff write, at the present moment of a story: as `flowpilot.handoffs` does."""

import uuid
from datetime import datetime, timedelta

from flowpilot.copilot import rules
from flowpilot.demo.simulation.chance import id_at
from flowpilot.demo.simulation.handoffs.effects import close_open, record_event
from flowpilot.demo.simulation.sessions import verbs
from flowpilot.demo.simulation.story import Story
from flowpilot.handoffs.models import HandoffEventKind, Outcome, Priority, SessionHandoff
from flowpilot.handoffs.schemas import REASONS
from flowpilot.handoffs.snapshot import take_snapshot
from flowpilot.sessions.queries import case_of
from flowpilot.sessions.transitions import Action

_IDEAS, _RIGHTS, _SEVERAL, _FLOW_ENDS, _SENIOR = REASONS
_PRIORITIES = {_IDEAS: (1, 12, 70, 17), _SEVERAL: (30, 50, 20, 0), _SENIOR: (8, 42, 45, 5)}
_USUAL_PRIORITIES = (3, 17, 68, 12)
_SECURITY_PRIORITIES = (35, 45, 20, 0)
_NOTE_SHARE = 0.72
_TARGET_SHARE = 0.2
# The worker takes a moment to get to a job that is due.
_JOB_DELAY = timedelta(seconds=0.6)


def escalate(story: Story, priority: Priority | None = None) -> None:
    """Hand the session over with all that is known of it."""
    rng = story.rng
    reason = _pick_reason(story)
    note = story.case.problem.hunch if rng.random() < _NOTE_SHARE else ""
    pressing = priority or _pick_priority(story, reason)
    target = rng.choice(possible_claimants(story)) if rng.random() < _TARGET_SHARE else None
    verbs.transition(story, Action.ESCALATE, story.engineer_id, reason)
    history = story.history()
    snapshot = take_snapshot(history, note)
    assessment = rules.assess(case_of(history, note=note, missing=snapshot["missing"]))
    handoff = SessionHandoff(
        account_id=story.account.id,
        id=id_at(rng, story.moment),
        session_id=story.session.id,
        created_by=story.engineer_id,
        created_at=story.moment,
        reason=reason,
        note=note,
        priority=int(pressing),
        snapshot=snapshot,
        assessment=assessment.model_dump(mode="json"),
        target_user_id=target,
        claimed_by=None,
        claimed_at=None,
        lease_expires_at=None,
        reminded_at=None,
        first_action_at=None,
        first_action_by=None,
        closed_at=None,
        closed_by=None,
        outcome=None,
    )
    story.handoffs.append(handoff)
    record_event(story, handoff, HandoffEventKind.CREATED, story.engineer_id, priority=int(pressing))


def claim(story: Story) -> None:
    """Take the handoff on: whom it is meant for, else one of the seniors, but not the one who had it before."""
    handoff = story.handoff
    before = [event.actor_id for event in story.events if event.kind == HandoffEventKind.CLAIMED]
    others = [senior for senior in possible_claimants(story) if senior not in before[-1:]]
    meant = [senior for senior in others if senior == handoff.target_user_id]
    senior = story.rng.choice(meant or others or possible_claimants(story))
    handoff.claimed_by, handoff.claimed_at = senior, story.moment
    handoff.lease_expires_at = story.moment + timedelta(minutes=story.account.lease_minutes)
    story.session.owner_id = senior
    verbs.transition(story, Action.CLAIM, senior)
    record_event(story, handoff, HandoffEventKind.CLAIMED, senior)


def hold(story: Story, seconds: float) -> bool:
    """Let time pass after a claim; False when the lease ran out before that, so that nobody holds it now."""
    handoff, until = story.handoff, story.moment + timedelta(seconds=seconds)
    ends = handoff.lease_expires_at
    if ends is not None and handoff.claimed_at is not None:
        reminder = reminder_at(handoff.claimed_at, ends)
        if handoff.reminded_at is None and until >= reminder:
            _remind(story, handoff, reminder + _JOB_DELAY)
        if until >= ends:
            _expire(story, handoff, ends + _JOB_DELAY)
            return False
    story.wait_until(max(until, story.moment))
    return True


def release(story: Story, reason: str) -> None:
    """Put the handoff back into the queue."""
    by = holder(story)
    _give_back(story, by, reason)
    record_event(story, story.handoff, HandoffEventKind.RELEASED, by, reason=reason, holder=str(by))


def close(story: Story, by: uuid.UUID, outcome: Outcome, note: str) -> None:
    """End the handoff while its session goes on: given back, or laid aside."""
    mine = story.handoff.claimed_by or story.handoff.created_by
    story.session.owner_id = story.handoff.created_by if outcome is Outcome.RETURNED else mine
    verbs.transition(story, Action.RETURN if outcome is Outcome.RETURNED else Action.PARK, by, note)
    close_open(story, by, outcome, note)


def holder(story: Story) -> uuid.UUID:
    """Who has claimed the handoff."""
    assert story.handoff.claimed_by is not None
    return story.handoff.claimed_by


def possible_claimants(story: Story) -> list[uuid.UUID]:
    """Seniors, except the one who is stuck."""
    ids = [senior.person.id for senior in story.account.seniors]
    return [senior for senior in ids if senior != story.engineer_id]


def reminder_at(claimed_at: datetime, ends: datetime) -> datetime:
    """When the holder is reminded of a claim with that lease."""
    return ends - min(timedelta(minutes=5), (ends - claimed_at) / 5)


def _remind(story: Story, handoff: SessionHandoff, moment: datetime) -> None:
    story.wait_until(moment)
    handoff.reminded_at = moment
    ends = handoff.lease_expires_at.isoformat() if handoff.lease_expires_at else None
    record_event(story, handoff, HandoffEventKind.REMINDED, None, holder=str(handoff.claimed_by), ends=ends)


def _expire(story: Story, handoff: SessionHandoff, moment: datetime) -> None:
    story.wait_until(moment)
    held_by = str(handoff.claimed_by)
    _give_back(story, None, "Nothing happened after the claim.")
    record_event(story, handoff, HandoffEventKind.EXPIRED, None, holder=held_by)


def _give_back(story: Story, by: uuid.UUID | None, reason: str) -> None:
    handoff = story.handoff
    handoff.claimed_by = handoff.claimed_at = handoff.lease_expires_at = handoff.reminded_at = None
    handoff.first_action_at = handoff.first_action_by = None
    story.session.owner_id = handoff.created_by
    verbs.transition(story, Action.RELEASE, by, reason)


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
