"""What becomes of a session whose engineer is stuck: it waits, is claimed, acted on and closed, or is not."""

import uuid
from enum import Enum, auto

from flowpilot.demo.chance import around, id_at
from flowpilot.demo.story import (
    Story,
    add_step,
    mark_resolved,
    resolve,
    take_step,
    unasked,
    work,
)
from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind, SessionHandoff
from flowpilot.sessions.models import SessionStatus, StepKind

_HOUR = 3600.0
_DAY = 24 * _HOUR
_REASONS = (
    "Out of ideas after the usual checks.",
    "Needs rights that I do not have.",
    "More than one customer seems to be affected.",
    "The flow ends here and the problem is still there.",
    "The customer asks for somebody senior.",
)
_RELEASE_REASONS = ("Called away to a visit.", "Not my field.", "Shift ends.")


class HandoffFate(Enum):
    """What becomes of a handoff, unless the present comes first."""

    PROMPT = auto()
    LATE = auto()
    UNCLAIMED = auto()
    RELEASED = auto()
    IDLE = auto()
    VENDOR = auto()


_SHARES = {
    HandoffFate.PROMPT: 0.57,
    HandoffFate.LATE: 0.14,
    HandoffFate.UNCLAIMED: 0.12,
    HandoffFate.RELEASED: 0.08,
    HandoffFate.IDLE: 0.06,
    HandoffFate.VENDOR: 0.03,
}


def pick_handoff_fate(story: Story) -> HandoffFate:
    """What will become of the handoff."""
    if story.rng.random() < story.case.domain.vendor_share:
        return HandoffFate.VENDOR
    return story.rng.choices(list(_SHARES), list(_SHARES.values()))[0]


def hand_over(story: Story, fate: HandoffFate) -> None:
    """Escalate, and tell what follows."""
    _escalate(story)
    if fate is HandoffFate.UNCLAIMED:
        _stay_unclaimed(story)
        return
    _claim(story, fate)
    if fate is HandoffFate.IDLE:
        _stay_idle(story)
        return
    _act(story)
    if fate is HandoffFate.VENDOR:
        story.wait(around(story.rng, 30 * _DAY, 0.5))
        story.wait_for_office()
        _close(story, SessionStatus.ABANDONED)
    else:
        work(story, _claimant(story), story.rng.randint(1, 4))
        resolve(story, _claimant(story))
        _close(story, SessionStatus.RESOLVED)


def _escalate(story: Story) -> None:
    rng = story.rng
    story.wait(rng.uniform(20, 90))
    seniors = _possible_claimants(story)
    story.session.status = SessionStatus.REQUESTING_ESCALATION
    story.handoff = SessionHandoff(
        account_id=story.account.id,
        id=id_at(rng, story.moment),
        session_id=story.session.id,
        created_by=story.engineer_id,
        created_at=story.moment,
        reason=rng.choice(_REASONS),
        snapshot=_snapshot(story),
        target_user_id=rng.choice(seniors) if rng.random() < 0.2 else None,
        claimed_by=None,
        claimed_at=None,
        first_action_at=None,
        first_action_by=None,
        closed_at=None,
    )
    _add_event(story, HandoffEventKind.CREATED, story.engineer_id)


def _snapshot(story: Story) -> dict[str, object]:
    """All that the next engineer would have to ask for."""
    missing = [question for question, _ in unasked(story)]
    total = len(story.case.domain.questions)
    return {
        "problem": story.case.problem,
        "facts": [step.content for step in story.steps if step.kind == StepKind.ANSWER],
        "tried": [step.content for step in story.steps if step.kind == StepKind.OUTCOME],
        "missing": missing,
        "completeness": round((total - len(missing)) / total, 2),
    }


def _stay_unclaimed(story: Story) -> None:
    """Nobody comes: the engineer goes on alone after hours, or lets it be."""
    rng = story.rng
    if rng.random() < 0.4:
        story.wait(rng.uniform(0.2, 1.5) * _HOUR)
        add_step(story, story.engineer_id, StepKind.NOTE, {"text": "Customer asked again. Still waiting."})
    story.wait(max(2 * _HOUR, around(rng, 5 * _HOUR, 1.2)))
    story.wait_for_office()
    if rng.random() < 0.75:
        resolve(story, story.engineer_id)
        _close(story, SessionStatus.RESOLVED)
    else:
        _close(story, SessionStatus.ABANDONED)


def _claim(story: Story, fate: HandoffFate) -> None:
    rng = story.rng
    if fate is HandoffFate.LATE:
        story.wait(around(rng, 2 * _HOUR, 0.7))
        story.wait_for_office()
    else:
        story.wait(around(rng, 230 * (1.3 - 0.6 * story.progress), 0.8))
    assert story.handoff is not None
    first = story.handoff.target_user_id or rng.choice(_possible_claimants(story))
    _set_claim(story, first)
    if fate is HandoffFate.RELEASED:
        _release(story, first)
        story.wait(around(rng, 12 * 60, 0.7))
        others = [senior for senior in _possible_claimants(story) if senior != first]
        _set_claim(story, rng.choice(others or [first]))


def _set_claim(story: Story, senior: uuid.UUID) -> None:
    assert story.handoff is not None
    story.handoff.claimed_by, story.handoff.claimed_at = senior, story.moment
    story.session.status = SessionStatus.ESCALATED
    _add_event(story, HandoffEventKind.CLAIMED, senior)


def _release(story: Story, senior: uuid.UUID) -> None:
    assert story.handoff is not None
    if story.rng.random() < 0.5:
        story.wait(around(story.rng, 150, 0.6))
        take_step(story, senior)
    story.wait(around(story.rng, 9 * 60, 0.6))
    story.handoff.claimed_by = story.handoff.claimed_at = None
    story.session.status = SessionStatus.REQUESTING_ESCALATION
    _add_event(story, HandoffEventKind.RELEASED, senior, reason=story.rng.choice(_RELEASE_REASONS))


def _act(story: Story) -> None:
    """The first action: mostly within minutes, now and then after hours; rarely the engineer's own."""
    rng = story.rng
    if rng.random() < 0.07:
        story.wait(around(rng, 2.5 * _HOUR, 0.8))
        story.wait_for_office()
    else:
        story.wait(around(rng, 140 * (1.4 - 0.7 * story.progress), 0.9))
    if rng.random() < 0.06:
        add_step(story, story.engineer_id, StepKind.NOTE, {"text": "The customer has rung again."})
    else:
        take_step(story, _claimant(story))


def _stay_idle(story: Story) -> None:
    """Claimed and never acted on: it is settled elsewhere, without another step."""
    story.wait(max(3 * _HOUR, around(story.rng, 8 * _HOUR, 0.8)))
    story.wait_for_office()
    if story.rng.random() < 0.5:
        mark_resolved(story)
        _close(story, SessionStatus.RESOLVED)
    else:
        _close(story, SessionStatus.ABANDONED)


def _close(story: Story, status: SessionStatus) -> None:
    assert story.handoff is not None
    story.session.status = status
    story.handoff.closed_at = story.moment
    actor = story.handoff.claimed_by or story.engineer_id
    _add_event(story, HandoffEventKind.CLOSED, actor, status=str(status))


def _add_event(story: Story, kind: HandoffEventKind, actor_id: uuid.UUID, **content: str) -> None:
    assert story.handoff is not None
    event = HandoffEvent(
        account_id=story.account.id,
        id=id_at(story.rng, story.moment),
        handoff_id=story.handoff.id,
        kind=kind,
        actor_id=actor_id,
        content=content,
        created_at=story.moment,
    )
    story.events.append(event)


def _claimant(story: Story) -> uuid.UUID:
    assert story.handoff is not None
    assert story.handoff.claimed_by is not None
    return story.handoff.claimed_by


def _possible_claimants(story: Story) -> list[uuid.UUID]:
    """Seniors, except the one who is stuck."""
    ids = [senior.person.id for senior in story.account.seniors]
    return [senior for senior in ids if senior != story.engineer_id]
