"""Proposals, locked for one transaction: the analysis and reviewers take turns."""

import uuid

from sqlalchemy import and_, func, or_, select

from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError
from flowpilot.knowledge.models import FlowProposal, ProposalKind, ProposalStatus


class ProposalNotFoundError(NotFoundError):
    """No such proposal in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such proposal.")


async def lock_words(db: Db, account_id: uuid.UUID) -> None:
    """Let an analysis write what it made, or a removal look through proposals, one after the other.

    A removal does not see what an analysis has not committed, so words that this puts into a proposal would stay.
    It comes after the library, and before proposals.
    """
    name = func.hashtextextended(f"words of proposals {account_id}", 0)
    await db.execute(select(func.pg_advisory_xact_lock(name)))


async def lock_with_changes(
    db: Db, account_id: uuid.UUID, proposal_id: uuid.UUID, flow_id: uuid.UUID | None = None
) -> FlowProposal:
    """One proposal, and all pending changes to its flow, which are merged again if that is published.

    All of them in the order in which an analysis locks several, so that the two never wait for each other.

    Args:
        flow_id: of its flow, if the proposal does not name it yet.

    Raises:
        ProposalNotFoundError: the account has no such proposal.
    """
    mine = FlowProposal.account_id == account_id
    own = select(FlowProposal.flow_id).where(mine, FlowProposal.id == proposal_id).scalar_subquery()
    is_pending_change = and_(
        FlowProposal.flow_id == (own if flow_id is None else flow_id),
        FlowProposal.kind == ProposalKind.FLOW_CHANGE,
        FlowProposal.status == ProposalStatus.PENDING,
    )
    query = select(FlowProposal.id).where(mine, or_(FlowProposal.id == proposal_id, is_pending_change))
    await db.execute(query.order_by(FlowProposal.id).with_for_update(key_share=True))
    return await lock_proposal(db, account_id, proposal_id)


async def lock_proposal(db: Db, account_id: uuid.UUID, proposal_id: uuid.UUID) -> FlowProposal:
    """One proposal, which this transaction has to itself.

    Raises:
        ProposalNotFoundError: the account has no such proposal.
    """
    found = await db.scalar(
        select(FlowProposal)
        .where(FlowProposal.account_id == account_id, FlowProposal.id == proposal_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise ProposalNotFoundError
    return found
