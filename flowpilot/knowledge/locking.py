"""Proposals, locked for one transaction: the analysis and reviewers take turns."""

import uuid

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError
from flowpilot.knowledge.models import FlowProposal


class ProposalNotFoundError(NotFoundError):
    """No such proposal in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such proposal.")


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
