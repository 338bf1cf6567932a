"""JSON routes of proposals: what sessions showed to be missing in the flows, and what reviewers decide."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Response

from flowpilot.clock import Now
from flowpilot.flows.schemas import VersionDetailOut
from flowpilot.http.fields import wrong
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.knowledge.models import ProposalKind, ProposalStatus
from flowpilot.knowledge.proposals import making, queries, review
from flowpilot.knowledge.proposals.reading import read_whole
from flowpilot.knowledge.proposals.schemas import (
    ApproveIn,
    EditIn,
    MakeIn,
    ProposalOut,
    ProposalRow,
    PutOffIn,
    RejectIn,
    proposal_row,
)

router = APIRouter(prefix="/api/v1/proposals", tags=["proposals"])


@router.get("")
async def list_proposals(
    actor: CanManageFlows,
    db: ReadSession,
    now: Now,
    status: ProposalStatus | None = None,
    kind: ProposalKind | None = None,
    flow_id: uuid.UUID | None = None,
    due: Annotated[bool, Query(description="Without those that were put off until later.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListPage[ProposalRow]:
    """Proposals, oldest first; with the status of a decision, newest first."""
    filter_ = queries.ProposalFilter(status, kind, flow_id, now if due else None)
    rows = await queries.proposals(db, actor.account_id, filter_, limit + 1, cursor)
    return list_page([proposal_row(row) for row in rows], limit)


@router.post(
    "",
    status_code=201,
    responses={
        200: {"description": "A pending proposal holds most of the sessions, or changes the place, already."}
    },
)
async def make_proposal(
    body: MakeIn, actor: CanManageFlows, db: WriteSession, now: Now, response: Response
) -> ProposalOut:
    """Propose a new flow, or a change to one, merged from these sessions, open and escalated ones too."""
    at = None if body.at is None else making.Place(body.at.flow_id, body.at.node)
    made = await making.make(db, actor, body.session_ids, body.title, now, at=at, only_alike=body.only_alike)
    if not made.is_new:
        response.status_code = 200
    return await read_whole(db, actor.account_id, made.proposal.id)


@router.get("/{proposal_id}")
async def read_proposal(proposal_id: uuid.UUID, actor: CanManageFlows, db: ReadSession) -> ProposalOut:
    """One proposal: its draft, what it changes, and the sessions that it comes from."""
    return await read_whole(db, actor.account_id, proposal_id)


@router.post("/{proposal_id}/approve")
async def approve_proposal(
    proposal_id: uuid.UUID, body: ApproveIn, actor: CanManageFlows, db: WriteSession, now: Now
) -> ProposalOut:
    """Publish the draft, or the flow that you made of it. 409 lists what prevents it."""
    await review.approve(db, actor, proposal_id, now, based_on=body.based_on, edited=body.flow)
    return await read_whole(db, actor.account_id, proposal_id)


@router.post("/{proposal_id}/edit")
async def edit_proposal(
    proposal_id: uuid.UUID, body: EditIn, actor: CanManageFlows, db: WriteSession, now: Now
) -> VersionDetailOut:
    """Make it a draft of its flow, or of a new one. Publishing that draft approves the proposal."""
    draft = await review.edit(db, actor, proposal_id, now, based_on=body.based_on, edited=body.flow)
    return VersionDetailOut.model_validate(draft)


@router.post("/{proposal_id}/reject")
async def reject_proposal(
    proposal_id: uuid.UUID, body: RejectIn, actor: CanManageFlows, db: WriteSession, now: Now
) -> ProposalOut:
    """Reject it. Sessions like these propose it no more."""
    await review.reject(db, actor, proposal_id, body.reason, now)
    return await read_whole(db, actor.account_id, proposal_id)


@router.post("/{proposal_id}/put-off")
async def put_off_proposal(
    proposal_id: uuid.UUID, body: PutOffIn, actor: CanManageFlows, db: WriteSession, now: Now
) -> ProposalOut:
    """Take it out of the queue until a date that is still to come. It stays pending."""
    if body.until is not None and body.until <= now:
        raise wrong("until", "Choose a day that is still to come")
    await review.put_off(db, actor, proposal_id, body.until)
    return await read_whole(db, actor.account_id, proposal_id)
