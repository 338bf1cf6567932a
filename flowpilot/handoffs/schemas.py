"""What the handoff routes take and give."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flowpilot.clients.schemas import ClientRef
from flowpilot.copilot.schemas import Assessment
from flowpilot.handoffs import policy
from flowpilot.handoffs.locking import SeenHolder
from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind, Outcome, Priority
from flowpilot.handoffs.policy import HandoffAction
from flowpilot.handoffs.queries import Row
from flowpilot.http.fields import Body, Line, Remark
from flowpilot.identity.actor import Actor
from flowpilot.identity.schemas import PersonOut
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.schemas import client_ref

# Offered when a reason is asked for; any other reason will do.
REASONS = (
    "Out of ideas after the usual checks.",
    "Needs rights that I do not have.",
    "More than one customer seems to be affected.",
    "The flow ends here and the problem is still there.",
    "The customer asks for somebody senior.",
)


class PriorityName(StrEnum):
    """How urgent a handoff is."""

    URGENT = "urgent"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"

    @property
    def value_in_order(self) -> Priority:
        """The number that sorts it."""
        return Priority[self.name]


class HandoffIn(Body):
    """Why a session is handed over. `note`: what the engineer thinks it is, in their own words."""

    reason: Line = Field(examples=list(REASONS))
    note: Remark = ""
    priority: PriorityName = PriorityName.NORMAL
    target_user_id: uuid.UUID | None = None


class HolderSeen(Body):
    """Who held the handoff when the caller decided. If that has changed, 409 says who holds it now."""

    holder: SeenHolder = Field(
        default=None,
        description="The id of `claimed_by`, empty if that was null. Not checked if it is left out.",
    )


class ReleaseIn(HolderSeen):
    """Why a claim is released."""

    reason: Line


class ReassignIn(HolderSeen):
    """Who the handoff is assigned to; null for anyone."""

    target_user_id: uuid.UUID | None


class CloseIn(HolderSeen):
    """How a handoff ended. A `resolved` one needs a note: what solved it."""

    outcome: Outcome
    note: Remark = ""

    @model_validator(mode="after")
    def _says_what_solved_it(self) -> Self:
        if self.outcome == Outcome.RESOLVED and not self.note:
            raise ValueError("say in the note what solved it")
        return self


class HandoffRow(BaseModel):
    """A handoff in the queue.

    `waiting_seconds`: from its creation to the claim, or until now. `seconds_to_first_action`: from the claim on.
    """

    id: uuid.UUID
    session_id: uuid.UUID
    session_status: SessionStatus
    problem_summary: str
    problem_domain: str | None
    client: ClientRef | None
    client_name: str | None
    psa_ticket_id: str | None
    reason: str
    priority: PriorityName
    completeness: float | None
    created_at: datetime
    created_by: PersonOut | None
    returns_to: PersonOut | None = Field(description="Who gets it back, because `created_by` has left.")
    target: PersonOut | None
    claimed_at: datetime | None
    claimed_by: PersonOut | None
    lease_expires_at: datetime | None
    first_action_at: datetime | None
    first_action_by: PersonOut | None
    closed_at: datetime | None
    outcome: Outcome | None
    waiting_seconds: float
    seconds_to_first_action: float | None
    allowed: list[HandoffAction]


class QueuePage(BaseModel):
    """A page of handoffs; the counts are of all that is open."""

    items: list[HandoffRow]
    next_cursor: str | None
    n_waiting: int = Field(description="Open handoffs that nobody holds.")
    n_claimed_without_action: int


class EventOut(BaseModel):
    """One thing that happened to a handoff. Without an actor it was a rule of the account, such as the lease."""

    model_config = ConfigDict(from_attributes=True)

    kind: HandoffEventKind
    actor_id: uuid.UUID | None
    content: dict[str, Any]
    created_at: datetime


class HandoffOut(HandoffRow):
    """A handoff with all that is known: the snapshot of its session, and an assessment of it."""

    client_notes: str = Field(description="What everybody who works for the client should know.")
    note: str
    snapshot: dict[str, Any]
    assessment: Assessment | None
    events: list[EventOut]


def handoff_row(row: Row, actor: Actor, now: datetime) -> dict[str, Any]:
    """The fields of `HandoffRow`, as the actor sees them."""
    handoff, session = row.handoff, row.session
    waited_until = handoff.claimed_at or handoff.closed_at or now
    acted, claimed = handoff.first_action_at, handoff.claimed_at
    return {
        "id": handoff.id,
        "session_id": session.id,
        "session_status": session.status,
        "problem_summary": session.problem_summary,
        "problem_domain": session.problem_domain,
        "client": client_ref(session),
        "client_name": session.client_name,
        "psa_ticket_id": session.psa_ticket_id,
        "reason": handoff.reason,
        "priority": PriorityName[Priority(handoff.priority).name],
        "completeness": handoff.snapshot.get("completeness"),
        "created_at": handoff.created_at,
        "created_by": _person(row, handoff.created_by),
        "returns_to": _person(row, handoff.returns_to),
        "target": _person(row, handoff.target_user_id),
        "claimed_at": claimed,
        "claimed_by": _person(row, handoff.claimed_by),
        "lease_expires_at": handoff.lease_expires_at,
        "first_action_at": acted,
        "first_action_by": _person(row, handoff.first_action_by),
        "closed_at": handoff.closed_at,
        "outcome": handoff.outcome,
        "waiting_seconds": max(0.0, round((waited_until - handoff.created_at).total_seconds(), 2)),
        "seconds_to_first_action": round((acted - claimed).total_seconds(), 2) if acted and claimed else None,
        "allowed": policy.allowed(handoff, session, actor),
    }


def handoff_out(row: Row, events: Sequence[HandoffEvent], actor: Actor, now: datetime) -> HandoffOut:
    """The whole of a handoff."""
    handoff = row.handoff
    return HandoffOut(
        **handoff_row(row, actor, now),
        client_notes=row.client_notes,
        note=handoff.note,
        snapshot=handoff.snapshot,
        assessment=None if handoff.assessment is None else Assessment.model_validate(handoff.assessment),
        events=[EventOut.model_validate(event) for event in events],
    )


def _person(row: Row, user_id: uuid.UUID | None) -> PersonOut | None:
    return None if user_id is None else PersonOut(id=user_id, name=row.names.get(user_id))
