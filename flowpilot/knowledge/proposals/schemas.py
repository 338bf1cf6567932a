"""What the routes of proposals take and give."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Row

from flowpilot.flows.checking.checker import problems
from flowpilot.flows.plain import NodeId
from flowpilot.flows.schemas import DifferencesOut, ProblemOut
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import Tree
from flowpilot.flows.versions.differences import differences
from flowpilot.http.fields import Body, Line, Words
from flowpilot.knowledge.content import content_of
from flowpilot.knowledge.models import FlowProposal, ProposalKind, ProposalStatus
from flowpilot.knowledge.proposals.queries import EvidenceRow


class PlaceIn(Body):
    """A node of a published flow."""

    flow_id: uuid.UUID
    node: NodeId


class MakeIn(Body):
    """The sessions to make a flow of, and what to call it; without a title, what is most typical of them."""

    session_ids: list[uuid.UUID] = Field(min_length=1, max_length=50)
    title: Line | None = None
    at: PlaceIn | None = Field(
        default=None, description="For a change to a flow: the node at which what they did is added."
    )
    only_alike: bool = Field(
        default=False, description="A new flow from the most of them that had the same problem, not from all."
    )


class ApproveIn(Body):
    """What to publish. Without `flow` it is the draft as it is."""

    based_on: uuid.UUID | None = Field(
        default=None, description="For a change, its `based_on_id` as you read it. 409 if it is another now."
    )
    flow: FlowText | None = Field(default=None, description="The whole flow, as you edited it.")


class EditIn(Body):
    """Which version the change was merged into when you read it. Without `flow` the draft is edited as it is."""

    based_on: uuid.UUID | None = None
    flow: FlowText | None = Field(
        default=None, description="The whole flow, to begin with, such as under another name."
    )


class RejectIn(Body):
    """Why it is not wanted."""

    reason: Words


class PutOffIn(Body):
    """Until when nobody needs to see it; null puts it back into the queue."""

    until: AwareDatetime | None


class ProposalRow(BaseModel):
    """A proposal in a list."""

    id: uuid.UUID
    kind: ProposalKind
    status: ProposalStatus
    title: str
    domain: str | None
    flow_id: uuid.UUID | None = Field(description="The flow that is to change, or that a new one became.")
    flow_name: str | None
    node: str | None = Field(description="Where in the flow the sessions left it.")
    based_on_id: uuid.UUID | None = Field(description="The version into which a change was merged.")
    origin: str
    source_session_id: uuid.UUID | None = Field(description="The session that proposed it first.")
    session_count: int
    created_at: datetime
    put_off_until: datetime | None
    reviewed_by: uuid.UUID | None
    reviewed_at: datetime | None
    reason: str = Field(description="Why it was rejected.")
    published_version_id: uuid.UUID | None


class EvidenceOut(BaseModel):
    """A session behind a proposal. `number` is the one that the draft calls it by."""

    number: int
    session_id: uuid.UUID
    problem_summary: str
    resolved_at: datetime | None
    seconds: float = Field(description="The time that people worked on it.")
    engineers: list[str]


class ProposalOut(ProposalRow):
    """A proposal with its draft and what speaks for it."""

    flow: FlowText | None = Field(description="The draft; null for a proposal from before drafts were kept.")
    problems: list[ProblemOut] = Field(description="What prevents the draft from being published as it is.")
    differences: DifferencesOut | None = Field(description="For a change: what it changes in the flow.")
    sources: dict[str, list[uuid.UUID]] = Field(description="For each new node, the steps that it comes from.")
    left_out: list[uuid.UUID] = Field(description="Remarks, and steps that were taken once and solved nothing.")
    evidence: list[EvidenceOut] = Field(description="The newest sessions behind it, newest first.")
    engineer_count: int = Field(description="How many people worked on these sessions.")
    draft_flow_id: uuid.UUID | None = Field(description="The flow in whose editor somebody edits it now.")
    reviewer: str | None


def proposal_row(row: Row[*tuple[Any, ...]]) -> ProposalRow:
    """A proposal as a list shows it."""
    return _row(row[0], row.flow_name, row.session_count)


def proposal_out(
    proposal: FlowProposal,
    flow_name: str | None,
    rows: Sequence[EvidenceRow],
    session_count: int,
    *,
    base: Tree | None,
    draft_flow_id: uuid.UUID | None,
    reviewer: str | None,
) -> ProposalOut:
    """The whole of a proposal."""
    content = content_of(proposal.content)
    tree = None if content is None else content.flow.tree
    changes = None if tree is None or base is None else DifferencesOut.model_validate(differences(base, tree))
    return ProposalOut(
        **_row(proposal, flow_name, session_count).model_dump(),
        flow=None if content is None else content.flow,
        problems=[] if tree is None else [ProblemOut.model_validate(problem) for problem in problems(tree)],
        differences=changes,
        sources={} if content is None else content.sources,
        left_out=[] if content is None else content.left_out,
        evidence=[_evidence(row) for row in rows],
        engineer_count=len(frozenset[uuid.UUID]().union(*(row.people for row in rows))),
        draft_flow_id=draft_flow_id,
        reviewer=reviewer,
    )


def _row(proposal: FlowProposal, flow_name: str | None, session_count: int) -> ProposalRow:
    return ProposalRow(
        id=proposal.id,
        kind=ProposalKind(proposal.kind),
        status=ProposalStatus(proposal.status),
        title=proposal.title,
        domain=proposal.domain,
        flow_id=proposal.flow_id,
        flow_name=flow_name,
        node=proposal.node,
        based_on_id=proposal.based_on_id,
        origin=proposal.origin,
        source_session_id=proposal.source_session_id,
        session_count=session_count,
        created_at=proposal.created_at,
        put_off_until=proposal.put_off_until,
        reviewed_by=proposal.reviewed_by,
        reviewed_at=proposal.reviewed_at,
        reason=proposal.reason,
        published_version_id=proposal.published_version_id,
    )


def _evidence(row: EvidenceRow) -> EvidenceOut:
    return EvidenceOut(
        number=row.number,
        session_id=row.session.id,
        problem_summary=row.session.problem_summary,
        resolved_at=row.session.resolved_at,
        seconds=row.spent.total_seconds(),
        engineers=list(row.engineers),
    )
