"""A proposal with all that a reviewer looks at."""

import uuid

from flowpilot.db.session import ReadDb
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.knowledge.models import ProposalKind
from flowpilot.knowledge.proposals import queries
from flowpilot.knowledge.proposals.schemas import ProposalOut, proposal_out


async def read_whole(db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID) -> ProposalOut:
    """One proposal: its draft, what it changes, and its evidence.

    Raises:
        ProposalNotFoundError: the account has no such proposal.
    """
    proposal = await queries.read_proposal(db, account_id, proposal_id)
    rows, count = await queries.evidence_rows(db, account_id, proposal_id)
    flow = None if proposal.flow_id is None else await db.get(Flow, (account_id, proposal.flow_id))
    is_change = proposal.kind == ProposalKind.FLOW_CHANGE and proposal.based_on_id is not None
    base = await db.get(FlowVersion, (account_id, proposal.based_on_id)) if is_change else None
    draft = await queries.draft_of(db, account_id, proposal_id)
    return proposal_out(
        proposal,
        None if flow is None else flow.name,
        rows,
        count,
        base=None if base is None else Tree.model_validate(base.structure),
        draft_flow_id=None if draft is None else draft.tree_id,
        reviewer=await queries.reviewer_name(db, proposal),
    )
