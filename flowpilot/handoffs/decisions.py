"""What the actions on handoffs decide, from loaded data alone. `keeping` writes it, as do the demo's stories.

Each changes the handoff it is given, and returns the event to record.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flowpilot.copilot import rules
from flowpilot.handoffs.acting.claimants import is_action
from flowpilot.handoffs.models import HandoffEventKind, Outcome, Priority, SessionHandoff
from flowpilot.handoffs.snapshot import take_snapshot, unanswered
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus
from flowpilot.sessions.queries import SessionHistory, case_of

# Why a session goes back into the queue when a lease ends.
LAPSED = "Its holder did not act on it in time."


@dataclass(frozen=True, slots=True)
class Escalation:
    """Why somebody hands a session over, and to whom if that matters.

    `tried` is what no step says of that; `files`: how the snapshot names its own.
    """

    reason: str
    note: str = ""
    priority: Priority = Priority.NORMAL
    target_user_id: uuid.UUID | None = None
    tried: str = ""
    files: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to record, and what it says."""

    kind: HandoffEventKind
    content: dict[str, Any]


def escalate(
    history: SessionHistory,
    why: Escalation,
    *,
    handoff_id: uuid.UUID,
    by: uuid.UUID,
    at: datetime,
    lacks: Sequence[str] = (),
    is_answered: bool = False,
) -> tuple[SessionHandoff, NewEvent]:
    """A handoff with all that is known of its session.

    Args:
        lacks: what the account's rules miss.
        is_answered: a question of an earlier senior was answered.
    """
    snapshot = take_snapshot(history, why.note, why.tried, is_answered=is_answered) | dict(why.files)
    assessment = rules.assess(case_of(history, note=why.note, missing=snapshot["missing"]))
    handoff = SessionHandoff(
        account_id=history.session.account_id,
        id=handoff_id,
        session_id=history.session.id,
        created_by=by,
        created_at=at,
        reason=why.reason,
        note=why.note,
        priority=int(why.priority),
        snapshot=snapshot,
        lacks=list(lacks),
        assessment=assessment.model_dump(mode="json"),
        target_user_id=why.target_user_id,
        claimed_by=None,
        claimed_at=None,
        lease_expires_at=None,
        reminded_at=None,
        first_action_at=None,
        first_action_by=None,
        claimant_action_at=None,
        claim_work_seconds=None,
        action_work_seconds=None,
        claimant_work_seconds=None,
        closed_at=None,
        closed_by=None,
        outcome=None,
        avoidable_reason=None,
        edits=[],
    )
    return handoff, NewEvent(HandoffEventKind.CREATED, {"priority": int(why.priority)})


def assess_again(handoff: SessionHandoff, history: SessionHistory) -> None:
    """Let the rules sum up what the handoff and its session say now."""
    missing = unanswered(handoff.snapshot, handoff.note)
    handoff.assessment = rules.assess(case_of(history, note=handoff.note, missing=missing)).model_dump(mode="json")


def claimed_by(user_id: uuid.UUID, at: datetime) -> dict[str, Any]:
    """The fields that a claim sets, without its lease."""
    claim = {"claimed_by": user_id, "claimed_at": at, "lease_expires_at": None, "reminded_at": None}
    # A release by the previous version, which runs on during an upgrade, leaves it.
    return claim | {"claimant_action_at": None, "action_work_seconds": None, "claimant_work_seconds": None}


def remind(handoff: SessionHandoff, at: datetime) -> NewEvent:
    """Remind the holder of a claim on which nothing has happened."""
    handoff.reminded_at = at
    ends = handoff.lease_expires_at.isoformat() if handoff.lease_expires_at else None
    return NewEvent(HandoffEventKind.REMINDED, {"holder": str(handoff.claimed_by), "ends": ends})


def act(handoff: SessionHandoff, step: AISessionStep, *, is_aside: bool = False) -> NewEvent | None:
    """The first step after a claim is its first action, no matter who takes it; the claimant's own ends the lease.

    Not every step of the claimant is an action of theirs (`acting.claimants`). It is one event, `first_action`, if
    the claimant acts by the first step, and another, `claimant_action`, if they act after another first step. Once
    the handoff is closed, it is not recorded as an event. `is_aside`: closed for as long as a fix waits.
    """
    claimed_at, closed_at = handoff.claimed_at, None if is_aside else handoff.closed_at
    if claimed_at is None or claimed_at >= step.created_at:
        return None
    is_first = handoff.first_action_at is None
    is_own = step.actor_id == handoff.claimed_by and is_action(step.kind, step.created_at, claimed_at, closed_at)
    is_claimants = is_own and handoff.claimant_action_at is None
    if is_first:
        handoff.first_action_at, handoff.first_action_by = step.created_at, step.actor_id
    if is_claimants:
        handoff.claimant_action_at = step.created_at
    if is_own:
        handoff.lease_expires_at = None
    if closed_at is not None or not (is_first or is_claimants):
        return None
    kind = HandoffEventKind.FIRST_ACTION if is_first else HandoffEventKind.CLAIMANT_ACTION
    seconds = round((step.created_at - claimed_at).total_seconds(), 3)
    return NewEvent(kind, {"seconds": seconds, "by_claimant": is_claimants})


def release(handoff: SessionHandoff, reason: str) -> NewEvent:
    """Put a claimed handoff back into the queue."""
    holder = _take_claim_away(handoff)
    return NewEvent(HandoffEventKind.RELEASED, {"reason": reason, "holder": holder})


def expire(handoff: SessionHandoff) -> NewEvent:
    """Put it back because its lease has ended."""
    return NewEvent(HandoffEventKind.EXPIRED, {"holder": _take_claim_away(handoff)})


def reassign(handoff: SessionHandoff, target: uuid.UUID | None) -> NewEvent:
    """Assign it to somebody else, or to nobody in particular; a claimed one goes back into the queue."""
    holder = _take_claim_away(handoff)
    handoff.target_user_id = target
    return NewEvent(HandoffEventKind.REASSIGNED, {"target": target and str(target), "holder": holder})


def close(
    handoff: SessionHandoff,
    by: uuid.UUID | None,
    outcome: Outcome,
    at: datetime,
    note: str = "",
    *,
    has_a_fix: bool = False,
) -> NewEvent:
    """End it; `has_a_fix`: for as long as a fix waits for what the note says."""
    handoff.closed_at, handoff.closed_by, handoff.outcome = at, by, outcome
    handoff.lease_expires_at = None
    said = {"outcome": str(outcome), "note": note}
    return NewEvent(HandoffEventKind.CLOSED, {**said, "has_a_fix": True} if has_a_fix else said)


def resume(handoff: SessionHandoff, lease_ends: datetime | None, reason: str) -> NewEvent:
    """Go on with one that a fix had set aside, as if it had never been closed, except for its events.

    `reason`: what became of the fix.
    """
    handoff.closed_at = handoff.closed_by = handoff.outcome = handoff.reminded_at = None
    handoff.lease_expires_at = lease_ends
    return NewEvent(HandoffEventKind.RESUMED, {"holder": str(handoff.claimed_by), "reason": reason})


def set_aside_again(
    handoff: SessionHandoff, by: uuid.UUID | None, applied_at: datetime, waiting_for: str
) -> NewEvent:
    """Set it aside as it was before somebody said by mistake that the fix, applied then, did not help."""
    closed = close(handoff, by, Outcome.PARKED, applied_at, waiting_for, has_a_fix=True)
    return NewEvent(closed.kind, {**closed.content, "again": True})


def stays_closed(handoff: SessionHandoff) -> None:
    """It has ended when a fix set it aside, because its holder does not hold the session any more."""
    acted_at, closed_at = handoff.claimant_action_at, handoff.closed_at
    if acted_at is not None and closed_at is not None and acted_at > closed_at:
        handoff.claimant_action_at = handoff.claimant_work_seconds = None


def keeps_session(handoff: SessionHandoff, outcome: Outcome) -> uuid.UUID | None:
    """Who goes on working on the session when the handoff is closed; None: the person it goes back to."""
    return handoff.claimed_by if outcome == Outcome.PARKED else None


def outcome_of_end(session: AISession) -> Outcome:
    """How a handoff ends with its session."""
    return Outcome.RESOLVED if session.status == SessionStatus.RESOLVED else Outcome.ABANDONED


def _take_claim_away(handoff: SessionHandoff) -> str | None:
    """Make the handoff as if it had never been claimed, except for its events, and return who held it."""
    holder = handoff.claimed_by
    handoff.claimed_by = handoff.claimed_at = handoff.lease_expires_at = handoff.reminded_at = None
    handoff.first_action_at = handoff.first_action_by = handoff.claimant_action_at = None
    handoff.claim_work_seconds = handoff.action_work_seconds = handoff.claimant_work_seconds = None
    return None if holder is None else str(holder)
