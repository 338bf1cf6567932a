"""JSON routes of flows."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.flows import queries, service
from flowpilot.flows.drafts import service as drafts
from flowpilot.flows.drafts.api import BasedOn
from flowpilot.flows.importing import ImportAction, import_flow, install_shipped
from flowpilot.flows.matching import match as matching
from flowpilot.flows.queries import FlowState
from flowpilot.flows.schemas import (
    CandidateOut,
    CandidatesOut,
    ConfirmIn,
    FlowChange,
    FlowDetailOut,
    FlowOut,
    FlowRef,
    ImportIn,
    ImportOut,
    LibraryOut,
    MatchIn,
    VersionDetailOut,
)
from flowpilot.flows.subflows import names
from flowpilot.flows.subflows.checks import users_of
from flowpilot.flows.text import FlowText
from flowpilot.flows.tree import Tree
from flowpilot.flows.trust.service import change_owner, confirm
from flowpilot.http.fields import Text
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManageFlows, CanView, CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce
from flowpilot.identity.queries import names_of
from flowpilot.identity.replica.session import ReportSession

router = APIRouter(prefix="/api/v1/flows", tags=["flows"])


@router.get("")
async def list_flows(
    actor: CanView,
    db: ReportSession,
    limit: Limit = 50,
    cursor: Cursor = None,
    q: Annotated[Text | None, Query(description="A part of the name or of the category.")] = None,
    category: Annotated[Text | None, Query(description="The category's name, ignoring case.")] = None,
    state: FlowState | None = None,
    needs_confirming: Annotated[bool, Query(description="Only those that have lost trust.")] = False,
    owner_id: Annotated[uuid.UUID | None, Query(description="Only those that this member answers for.")] = None,
) -> ListPage[FlowOut]:
    """The account's flows."""
    rows = await queries.flows(
        db,
        actor.account_id,
        limit + 1,
        cursor,
        words=q,
        category=category,
        state=state,
        needs_confirming=needs_confirming,
        owner_id=owner_id,
    )
    return list_page(await _named(db, actor, rows), limit)


@router.post("", status_code=201)
async def create_flow(
    body: FlowText, actor: CanManageFlows, db: WriteSession, now: Now, once: CreateOnce
) -> FlowDetailOut:
    """Create a flow. It is a draft, which may be incomplete, until it is published."""

    async def create() -> FlowDetailOut:
        flow = await drafts.create_flow(db, actor, body, now)
        return await _detail(db, actor, flow.id)

    return await once.create(FlowDetailOut, body, create)


@router.post("/import", status_code=201)
async def import_yaml(
    body: ImportIn, actor: CanManageFlows, db: WriteSession, now: Now, once: CreateOnce, response: Response
) -> ImportOut:
    """Import a flow from YAML. A flow with the same name gets it as its draft; 200 if nothing has changed."""

    async def run() -> ImportOut:
        return ImportOut.model_validate(await import_flow(db, actor, body.yaml, now, publish=body.publish))

    done = await once.create(ImportOut, body, run)
    if done.action is ImportAction.UNCHANGED:
        response.status_code = 200
    return done


@router.post("/library")
async def install_library(actor: CanManageFlows, db: WriteSession, now: Now) -> LibraryOut:
    """Publish the shipped flows whose names the account does not have yet."""
    return LibraryOut(installed=await install_shipped(db, actor.account_id, actor, now))


@router.post("/match")
async def match_problem(body: MatchIn, actor: CanView, db: ReadSession, now: Now) -> CandidatesOut:
    """The flows that fit a problem, with the confidence and the reason for each."""
    found = await matching.match(db, actor.account_id, body.text, domain=body.domain, now=now, limit=body.limit)
    return CandidatesOut(candidates=[CandidateOut.model_validate(candidate) for candidate in found])


@router.get("/{flow_id}")
async def read_flow(flow_id: uuid.UUID, actor: CanView, db: ReadSession) -> FlowDetailOut:
    """One flow with its published version and its draft."""
    return await _detail(db, actor, flow_id)


@router.patch("/{flow_id}")
async def change_flow(
    flow_id: uuid.UUID, body: FlowChange, actor: CanManageFlows, db: WriteSession, now: Now
) -> FlowOut:
    """Change who answers for a flow."""
    if "owner_id" in body.model_fields_set:
        await change_owner(db, actor, flow_id, body.owner_id, now)
    return await _summary(db, actor, flow_id)


@router.post("/{flow_id}/confirm")
async def confirm_flow(
    flow_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now, body: ConfirmIn | None = None
) -> FlowOut:
    """Confirm that a flow is still right, as its owner or a team admin: it has trust again."""
    await confirm(db, actor, flow_id, now, until=None if body is None else body.until)
    return await _summary(db, actor, flow_id)


@router.delete("/{flow_id}", status_code=204)
async def delete_flow(flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now) -> None:
    """Delete a flow for good. Sessions keep the versions that they followed.

    409 if published flows lead into it.
    """
    await service.delete(db, actor, flow_id, now)


@router.post("/{flow_id}/publish")
async def publish_flow(
    flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now, based_on: BasedOn = None
) -> FlowOut:
    """Publish the draft: new sessions follow it."""
    await service.publish(db, actor, flow_id, now, based_on=based_on)
    return await _summary(db, actor, flow_id)


@router.post("/{flow_id}/retire")
async def retire_flow(flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now) -> FlowOut:
    """Retire a flow: new sessions are no longer matched to it. 409 if published flows lead into it."""
    await service.retire(db, actor, flow_id, now)
    return await _summary(db, actor, flow_id)


@router.post("/{flow_id}/restore")
async def restore_flow(flow_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now) -> FlowOut:
    """Restore a retired flow."""
    await service.restore(db, actor, flow_id, now)
    return await _summary(db, actor, flow_id)


async def _summary(db: ReadDb, actor: Actor, flow_id: uuid.UUID) -> FlowOut:
    return (await _named(db, actor, [await queries.flow_facts(db, actor.account_id, flow_id)]))[0]


async def _named(db: ReadDb, actor: Actor, rows: Sequence[Any]) -> list[FlowOut]:
    """Flows with the names of their owners."""
    flows = [FlowOut.model_validate(row) for row in rows]
    names = await names_of(db, actor.account_id, {flow.owner_id for flow in flows if flow.owner_id is not None})
    for flow in flows:
        flow.owner_name = None if flow.owner_id is None else names.get(flow.owner_id)
    return flows


async def _detail(db: ReadDb, actor: Actor, flow_id: uuid.UUID) -> FlowDetailOut:
    facts = await queries.flow_facts(db, actor.account_id, flow_id)
    published = await queries.published_version(db, actor.account_id, flow_id, facts.published_version_id)
    newest = await queries.newest_version(db, actor.account_id, flow_id)
    draft = newest if newest is not None and newest.published_at is None else None
    trees = [Tree.model_validate(version.structure) for version in (published, draft) if version is not None]
    into = [flow for tree in trees for flow in names.led_into(tree).values()]
    return FlowDetailOut(
        **(await _named(db, actor, [facts]))[0].model_dump(),
        subflows=await names.names_of(db, actor.account_id, into),
        used_by=[FlowRef.model_validate(flow) for flow in await users_of(db, actor.account_id, flow_id)],
        published=None if published is None else VersionDetailOut.model_validate(published),
        draft=None if draft is None else VersionDetailOut.model_validate(draft),
    )
