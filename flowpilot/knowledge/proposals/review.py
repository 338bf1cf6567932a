"""A reviewer's decisions. Each ends in a published version, or in nothing.

The names of flows are locked first, then the proposal, then its flow, as everywhere.
"""

import uuid
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.errors import ConflictError, OutdatedError
from flowpilot.flows.author import Author
from flowpilot.flows.drafts.service import create_flow, save_draft
from flowpilot.flows.locking import lock_library
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.flows.queries import flow_facts, newest_version
from flowpilot.flows.service import publish
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import to_json
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.knowledge.content import ProposalContent, content_of
from flowpilot.knowledge.locking import lock_proposal, lock_with_changes
from flowpilot.knowledge.models import FlowProposal, ProposalKind, ProposalStatus
from flowpilot.knowledge.proposals.queries import draft_of
from flowpilot.knowledge.redrafting import redraft_changes


class AlreadyReviewedError(OutdatedError):
    """Somebody has decided already."""

    def __init__(self, proposal: FlowProposal) -> None:
        super().__init__(f"This proposal was {proposal.status} already. Nothing was changed.")


class NoDraftInProposalError(ConflictError):
    """The proposal holds no draft."""

    def __init__(self) -> None:
        super().__init__("This proposal holds no draft. Reject it, or write the flow by hand.")


class ProposalOutdatedError(OutdatedError):
    """The flow was published again since the change was drafted."""


class FlowHasDraftError(ConflictError):
    """Somebody edits the flow, and their draft would be lost."""

    def __init__(self) -> None:
        super().__init__("The flow has a draft already. Publish or discard it first, then come back.")


async def approve(
    db: Db,
    actor: Actor,
    proposal_id: uuid.UUID,
    now: datetime,
    *,
    based_on: uuid.UUID | None = None,
    edited: FlowText | None = None,
) -> FlowVersion:
    """Publish the proposal's draft, or what the reviewer made of it.

    Args:
        based_on: for a change, the version into which it was merged when the reviewer read it.
        edited: the whole flow as it is to be published; None for the draft as it is.

    Raises:
        ProposalNotFoundError, AlreadyReviewedError, NoDraftInProposalError: there is nothing to approve.
        ProposalOutdatedError: the change is merged into another version now.
        FlowHasDraftError: somebody edits the flow.
        FlowNameTakenError, FlowProblemsError: it cannot be published.
    """
    proposal, content = await _load(db, actor, proposal_id)
    draft = await _begin(db, actor, proposal, content, now, based_on=based_on, edited=edited)
    return await publish(db, actor, draft.tree_id, now, based_on=draft.id)


async def edit(
    db: Db,
    actor: Actor,
    proposal_id: uuid.UUID,
    now: datetime,
    *,
    based_on: uuid.UUID | None = None,
    edited: FlowText | None = None,
) -> FlowVersion:
    """Make the proposal's draft a draft of its flow, for the editor; if it is one already, that.

    Publishing it approves the proposal. Takes and raises what `approve` does.
    """
    proposal, content = await _load(db, actor, proposal_id)
    if (draft := await draft_of(db, actor.account_id, proposal_id)) is not None:
        return draft
    return await _begin(db, actor, proposal, content, now, based_on=based_on, edited=edited)


async def reject(db: Db, actor: Actor, proposal_id: uuid.UUID, reason: str, now: datetime) -> None:
    """Reject a proposal. What is like it is not proposed again.

    Raises:
        ProposalNotFoundError, AlreadyReviewedError: there is nothing to reject.
    """
    proposal = await _pending(db, actor, proposal_id)
    _decide(proposal, ProposalStatus.REJECTED, actor.user_id, now)
    proposal.reason = reason
    await db.flush()
    await _record(db, actor, "proposal.rejected", proposal, now)


async def put_off(db: Db, actor: Actor, proposal_id: uuid.UUID, until: datetime | None) -> None:
    """Take a pending proposal out of the queue until then; with None, put it back.

    Raises:
        ProposalNotFoundError, AlreadyReviewedError: there is nothing to put off.
    """
    proposal = await _pending(db, actor, proposal_id)
    proposal.put_off_until = until
    await db.flush()


async def follow_publication(db: Db, author: Author, flow: Flow, version: FlowVersion, now: datetime) -> None:
    """A proposal whose draft was published is approved, and other changes to the flow are merged into it again."""
    if version.proposal_id is not None:
        proposal = await lock_with_changes(db, author.account_id, version.proposal_id, flow.id)
        content = content_of(proposal.content)
        if proposal.status == ProposalStatus.PENDING and content is not None:
            is_as_proposed = version.structure == to_json(content.flow.tree) and flow.name == content.flow.name
            status = ProposalStatus.APPROVED if is_as_proposed else ProposalStatus.MODIFIED
            _decide(proposal, status, author.user_id, now)
            proposal.flow_id, proposal.published_version_id = flow.id, version.id
            await db.flush()
            await _record(db, author, f"proposal.{status}", proposal, now)
    await redraft_changes(db, author.account_id, flow.id)


async def _load(db: Db, actor: Actor, proposal_id: uuid.UUID) -> tuple[FlowProposal, ProposalContent]:
    await lock_library(db, actor.account_id)
    proposal = _open(await lock_with_changes(db, actor.account_id, proposal_id))
    content = content_of(proposal.content)
    if content is None:
        raise NoDraftInProposalError
    return proposal, content


async def _pending(db: Db, actor: Actor, proposal_id: uuid.UUID) -> FlowProposal:
    return _open(await lock_proposal(db, actor.account_id, proposal_id))


def _open(proposal: FlowProposal) -> FlowProposal:
    if proposal.status != ProposalStatus.PENDING:
        raise AlreadyReviewedError(proposal)
    return proposal


async def _begin(
    db: Db,
    actor: Actor,
    proposal: FlowProposal,
    content: ProposalContent,
    now: datetime,
    *,
    based_on: uuid.UUID | None = None,
    edited: FlowText | None = None,
) -> FlowVersion:
    """The draft of a flow that comes from the proposal."""
    text = edited or content.flow
    if proposal.kind == ProposalKind.NEW_FLOW:
        if await draft_of(db, actor.account_id, proposal.id) is not None:
            raise FlowHasDraftError
        flow = await create_flow(db, actor, text, now, origin=proposal.origin, proposal_id=proposal.id)
        draft = await newest_version(db, actor.account_id, flow.id)
        assert draft is not None
        return draft
    return await _begin_change(db, actor, proposal, text, now, based_on)


async def _begin_change(
    db: Db, actor: Actor, proposal: FlowProposal, text: FlowText, now: datetime, based_on: uuid.UUID | None
) -> FlowVersion:
    assert proposal.flow_id is not None
    facts = await flow_facts(db, actor.account_id, proposal.flow_id)
    if proposal.based_on_id != facts.published_version_id:
        raise ProposalOutdatedError(
            "The flow has changed so much since that this change has no place in it any more. Reject it, or edit "
            "the flow by hand."
        )
    if based_on != proposal.based_on_id:
        raise ProposalOutdatedError(
            "The flow was published again since you opened this. Read the difference again, then decide."
        )
    if facts.draft_version is not None:
        raise FlowHasDraftError
    return await save_draft(
        db, actor, proposal.flow_id, text, now, based_on=facts.published_version_id, proposal_id=proposal.id
    )


def _decide(proposal: FlowProposal, status: ProposalStatus, by: uuid.UUID | None, now: datetime) -> None:
    proposal.status, proposal.reviewed_by, proposal.reviewed_at = status, by, now
    proposal.put_off_until = None


async def _record(db: Db, author: Author, action: str, proposal: FlowProposal, now: datetime) -> None:
    after = {"title": proposal.title, "kind": proposal.kind}
    target = ("proposal", proposal.id)
    await record(db, author.account_id, author.user_id, action, target, at=now, after=after)
