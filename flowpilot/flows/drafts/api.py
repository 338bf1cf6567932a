"""JSON routes of a flow's draft."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from flowpilot.clock import Now
from flowpilot.flows import queries
from flowpilot.flows.drafts import service
from flowpilot.flows.schemas import DraftIn, ProblemsOut, SavedDraftOut, VersionDetailOut
from flowpilot.flows.subflows.checks import all_problems
from flowpilot.flows.subflows.names import with_ids
from flowpilot.flows.tree import Tree
from flowpilot.identity.access import CanManageFlows, CanView
from flowpilot.identity.auth import WriteSession

router = APIRouter(prefix="/api/v1/flows", tags=["flows"])

BasedOn = Annotated[
    uuid.UUID | None,
    Query(description="The id of the draft that the caller read. 409 if it has changed."),
]


@router.put("/{flow_id}/draft")
async def save_draft(
    flow_id: uuid.UUID, body: DraftIn, actor: CanManageFlows, db: WriteSession, now: Now
) -> SavedDraftOut:
    """Save the flow's draft, replacing the earlier one. Name, category and the like change at once."""
    draft = await service.save_draft(db, actor, flow_id, body, now, based_on=body.based_on)
    saved = VersionDetailOut.model_validate(draft)
    found = ProblemsOut.of(await all_problems(db, actor.account_id, flow_id, saved.tree))
    return SavedDraftOut(**dict(saved), **dict(found))


@router.delete("/{flow_id}/draft", status_code=204)
async def discard_draft(
    flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now, based_on: BasedOn = None
) -> None:
    """Discard the draft. The published version stays."""
    await service.discard_draft(db, actor, flow_id, now, based_on=based_on)


@router.post("/{flow_id}/validate")
async def validate_draft(flow_id: uuid.UUID, actor: CanView, db: WriteSession) -> ProblemsOut:
    """What prevents the draft from being published."""
    await queries.flow_facts(db, actor.account_id, flow_id)
    draft = await queries.find_draft(db, actor.account_id, flow_id)
    tree = await with_ids(db, actor.account_id, Tree.model_validate(draft.structure))
    return ProblemsOut.of(await all_problems(db, actor.account_id, flow_id, tree))
