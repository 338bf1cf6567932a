"""What the session routes take and give."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flowpilot.clients.schemas import ClientRef
from flowpilot.copilot.schemas import Suggestion
from flowpilot.flows.matching.confidence import EXPLORING
from flowpilot.flows.matching.match import Candidate
from flowpilot.flows.trust.doubts import Doubt, read_doubts
from flowpilot.http.fields import Body, Line, Problem, Remark, WholeText, Words
from flowpilot.identity.actor import Actor
from flowpilot.identity.schemas import PersonOut
from flowpilot.psa.numbers import TicketNumber
from flowpilot.sessions import path, policy
from flowpilot.sessions.avoidable import AvoidableReason
from flowpilot.sessions.edits.policy import Editing
from flowpilot.sessions.edits.record import waiting_fix
from flowpilot.sessions.edits.schemas import RemovedOut, StepOut, back_of, steps_out
from flowpilot.sessions.following.seen import Seen
from flowpilot.sessions.models import AISession, ConfidenceTier, SessionStatus, StatusChange
from flowpilot.sessions.problem.schemas import PartOut, parts_out
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.runs.decisions import may_end
from flowpilot.sessions.runs.nodes import AheadOut, NodeOut, ahead_out, node_out
from flowpilot.sessions.runs.run import Progress, run_of
from flowpilot.sessions.runs.schemas import (
    FieldOut,
    LeftItemOut,
    ProgressOut,
    fields_out,
    free_fields_out,
    left_out,
    progress_out,
)
from flowpilot.sessions.suggestions.queries import Suggestions
from flowpilot.sessions.transitions import Action
from flowpilot.text import MAX_NAME


class CaseIn(Body):
    """Which client it is for, by name or by id, and which ticket."""

    client_name: Line | None = Field(
        default=None, description="A client's name or alias. A new name is a new client."
    )
    client_id: uuid.UUID | None = None
    psa_ticket_id: TicketNumber | None = None

    @model_validator(mode="after")
    def _one_client(self) -> Self:
        if self.client_name is not None and self.client_id is not None:
            raise ValueError("send client_name or client_id, not both")
        return self


class ProblemIn(CaseIn):
    """A problem, as a title with a body or as one text, and its client."""

    problem_summary: Problem
    problem_body: WholeText | None

    @model_validator(mode="after")
    def _title_is_short(self) -> Self:
        if self.problem_body is not None and len(self.problem_summary) > MAX_NAME:
            raise ValueError(f"with problem_body, problem_summary is a title of at most {MAX_NAME} characters")
        return self


class SessionIn(ProblemIn):
    """A session to start. Without `flow_id` it follows the flow that fits best, if that is sure enough."""

    problem_summary: Problem = Field(
        description="Its title. Sent alone it may be the whole text, such as an e-mail, of which a title is made."
    )
    problem_body: WholeText | None = Field(default=None, description="The whole text, if the title is not all.")
    problem_domain: Line | None = None
    flow_id: uuid.UUID | None = None
    follow_from: float = Field(
        default=EXPLORING,
        ge=EXPLORING,
        le=1,
        description="How sure it must be that a flow fits to follow it. Below, only `candidates` are named.",
    )


class ReasonIn(Body):
    """Why; optional."""

    reason: Remark = ""


class AbandonIn(ReasonIn, Seen):
    """Why the session is abandoned; optional."""


class ResolutionIn(Seen):
    """What solved it."""

    summary: Words
    avoidable_reason: AvoidableReason = None


class ReopeningIn(Body):
    """Why a resolved session goes on."""

    reason: Words


class RatingIn(Body):
    """How the session went, 1 to 5."""

    rating: int = Field(ge=1, le=5)
    comment: Remark | None = None


class FlowChoiceIn(Seen):
    """The flow to follow from now on; null for no flow."""

    flow_id: uuid.UUID | None


class DetailsIn(ProblemIn):
    """What the session is about. Fields that are not sent stay as they are; null clears a field."""

    problem_summary: Problem = Field(
        default="",
        description="A new title. Without `problem_body`, a longer text is a new problem, and is split.",
    )
    problem_body: WholeText = ""
    problem_domain: Line | None = None


class SessionRow(BaseModel):
    """A session in a list."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    status: SessionStatus
    problem_summary: str
    problem_domain: str | None
    client: ClientRef | None = None
    client_name: str | None
    psa_ticket_id: str | None
    confidence: float | None
    confidence_tier: ConfidenceTier | None
    matched_flow_id: uuid.UUID | None
    flow_name: str | None = None
    progress: ProgressOut | None = Field(default=None, description="Of a run of a procedural flow.")
    user_id: uuid.UUID | None
    owner_id: uuid.UUID | None
    step_count: int
    session_rating: int | None
    created_at: datetime
    last_activity_at: datetime | None
    version: int = Field(description="Grows with every change of the session; live streams name it.")
    resolved_at: datetime | None
    waiting_for: str | None = Field(description="What has to show that a fix helped; null if none waits.")
    look_again_at: datetime | None
    fix_applied_at: datetime | None


class StatusChangeOut(BaseModel):
    """One change of status. Without an actor it was the account's idle limit."""

    model_config = ConfigDict(from_attributes=True)

    from_status: SessionStatus | None
    to_status: SessionStatus
    actor_id: uuid.UUID | None
    reason: str
    created_at: datetime


class SuggestedFlowOut(BaseModel):
    """A flow that may fit the problem, and why. `confidence` goes from 0 to 1."""

    model_config = ConfigDict(from_attributes=True)

    flow_id: uuid.UUID
    name: str
    category: str | None
    confidence: float
    tier: ConfidenceTier
    reason: str
    doubted_since: datetime | None = Field(description="Since when the flow has lost trust, and so counts less.")


class SessionOut(SessionRow):
    """A session with all that is known about it. `allowed` is what the caller may do to it now.

    Without a flow there is a `suggestion`: from the copilot once it has answered, otherwise from rules.
    """

    problem_body: str = Field(description="The text that the title was taken from; empty if the title is all.")
    problem_parts: list[PartOut] = Field(
        description="The body in parts: its own words, and what folds away. Joined, they are the body."
    )
    flow_version: int | None
    flow_doubts: list[Doubt] = Field(description="Why its flow has lost trust; empty while it is trusted.")
    client_notes: str = Field(description="What everybody who works for the client should know.")
    rating_comment: str | None
    started_by: PersonOut | None
    owner: PersonOut | None
    people: list[PersonOut]
    allowed: list[Action]
    current: NodeOut | None
    fields: list[FieldOut] = Field(
        description="All that the flow has asked to fill in so far. Without a flow: what was filled in, and what "
        "the texts of the `suggestion` use as `{{name}}`."
    )
    missing: list[str] = Field(description="What must be done or waived before the session can be resolved.")
    left_open: list[LeftItemOut] = Field(
        description="Required items of checklists that were left without them: open, or waived."
    )
    trail: list[str] = Field(description="Nodes that led to the current one, of sub-flows too.")
    ahead: list[AheadOut] = Field(description="Nodes that may still be reached, each once.")
    standing: list[uuid.UUID] = Field(description="The steps that count, without answers that were taken back.")
    steps: list[StepOut]
    waiting_fix: uuid.UUID | None = Field(description="The step with the fix that has to prove itself.")
    back: uuid.UUID | None = Field(description="The step that going back takes back; null if the caller cannot.")
    status_changes: list[StatusChangeOut]
    removals: list[RemovedOut] = Field(description="What was removed for good, the oldest first: no words.")
    suggestion: Suggestion | None
    dismissed: list[str] = Field(description="Suggestions that were dismissed, by their `action`.")


class StartedOut(SessionOut):
    """A session that has just started, with the flows found for it, the best first."""

    candidates: list[SuggestedFlowOut]


def session_row(session: AISession, flow_name: str | None, progress: Progress | None = None) -> SessionRow:
    """A row of a list."""
    known = {"flow_name": flow_name, "client": client_ref(session), "progress": progress_out(progress)}
    return SessionRow.model_validate(session).model_copy(update=known)


def client_ref(session: AISession) -> ClientRef | None:
    """The client of a session, without a statement of its own."""
    return None if session.client_id is None else ClientRef(id=session.client_id, name=session.client_name or "")


def session_out(history: SessionHistory, actor: Actor, suggestions: Suggestions) -> dict[str, Any]:
    """The fields of `SessionOut`, as the actor sees them."""
    session, where, is_procedural = history.session, history.where, history.is_procedural
    run, editing = run_of(where, history.steps, history.inner), Editing(history, actor)
    fields = fields_out(run, *run.passed) if run.here else free_fields_out(run, suggestions.shown)
    asked, ends = bool(run.may_be_marked() or fields), may_end(run, is_procedural=is_procedural)
    return {
        **dict(session_row(session, history.flow_name)),
        "problem_body": session.problem_body,
        "problem_parts": parts_out(session.problem_body),
        "flow_version": history.flow_number,
        "flow_doubts": read_doubts(history.flow_doubts),
        "client_notes": history.client_notes,
        "rating_comment": session.rating_comment,
        "started_by": _person(history, session.user_id),
        "owner": _person(history, session.worked_on_by),
        "people": [PersonOut(id=person, name=name) for person, name in history.names.items()],
        "allowed": policy.allowed(session, actor, asks=asked, is_shared=is_procedural, may_end=ends),
        "current": node_out(where, run, session.matched_flow_id, history.step_notes),
        "progress": progress_out(run.progress() if is_procedural else None),
        "fields": fields,
        "missing": [entry.name for entry in run.open_before_end() + (run.open_ahead() if is_procedural else [])],
        "left_open": left_out(run),
        "trail": [str(step.content["node"]) for step in where.trail],
        "ahead": ahead_out(where),
        "standing": [step.id for step in path.standing(history.steps)],
        "steps": steps_out(editing),
        "waiting_fix": None if (waiting := waiting_fix(session, history.steps)) is None else waiting.id,
        "back": back_of(editing),
        "status_changes": _changes(history.changes),
        "removals": [RemovedOut.model_validate(one) for one in session.removals],
        "suggestion": suggestions.shown,
        "dismissed": list(suggestions.dismissed),
    }


def started_out(
    history: SessionHistory, actor: Actor, suggestions: Suggestions, candidates: Sequence[Candidate]
) -> StartedOut:
    """The answer to a start."""
    found = [SuggestedFlowOut.model_validate(candidate) for candidate in candidates]
    return StartedOut(**session_out(history, actor, suggestions), candidates=found)


def _person(history: SessionHistory, user_id: uuid.UUID | None) -> PersonOut | None:
    return None if user_id is None else PersonOut(id=user_id, name=history.names.get(user_id))


def _changes(changes: Sequence[StatusChange]) -> list[StatusChangeOut]:
    return [StatusChangeOut.model_validate(change) for change in changes]
