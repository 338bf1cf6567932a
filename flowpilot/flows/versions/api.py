"""JSON routes of a flow's versions: the list, one to read, two to compare, and one as YAML."""

import re
import uuid
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from flowpilot.flows import queries
from flowpilot.flows.schemas import DifferencesOut, VersionDetailOut, VersionDifferencesOut, VersionRow
from flowpilot.flows.subflows.names import with_names
from flowpilot.flows.text import render
from flowpilot.flows.tree import Tree
from flowpilot.flows.versions.differences import differences
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession
from flowpilot.identity.queries import names_of

router = APIRouter(prefix="/api/v1/flows", tags=["flows"])

MAX_NUMBER = 2**31 - 1

Number = Annotated[int, Path(ge=1, le=MAX_NUMBER)]
OtherNumber = Annotated[int, Query(ge=1, le=MAX_NUMBER)]


@router.get("/{flow_id}/versions")
async def list_versions(
    flow_id: uuid.UUID, actor: CanView, db: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> ListPage[VersionRow]:
    """The flow's versions, newest first."""
    found = await queries.versions(db, actor.account_id, flow_id, limit + 1, cursor)
    rows = [VersionRow.model_validate(row) for row in found]
    people = await names_of(db, actor.account_id, {row.created_by for row in rows if row.created_by is not None})
    for row in rows:
        row.created_by_name = None if row.created_by is None else people.get(row.created_by)
    return list_page(rows, limit)


@router.get("/{flow_id}/versions/{number}")
async def read_version(flow_id: uuid.UUID, number: Number, actor: CanView, db: ReadSession) -> VersionDetailOut:
    """A version of the flow by its number, with its tree."""
    return VersionDetailOut.model_validate(await queries.version(db, actor.account_id, flow_id, number))


@router.get("/{flow_id}/versions/{number}/diff")
async def read_differences(
    flow_id: uuid.UUID, number: Number, to: OtherNumber, actor: CanView, db: ReadSession
) -> VersionDifferencesOut:
    """How the version `to` differs from this one."""
    before = await queries.version(db, actor.account_id, flow_id, number)
    after = await queries.version(db, actor.account_id, flow_id, to)
    found = differences(Tree.model_validate(before.structure), Tree.model_validate(after.structure))
    nodes = DifferencesOut.model_validate(found)
    return VersionDifferencesOut(**dict(nodes), type_before=before.tree_type, type_after=after.tree_type)


@router.get("/{flow_id}/export", response_class=Response)
async def export_flow(
    flow_id: uuid.UUID,
    actor: CanView,
    db: ReadSession,
    version: Annotated[
        int | None,
        Query(ge=1, le=MAX_NUMBER, description="The published version by default, or the draft if there is none."),
    ] = None,
) -> Response:
    """A version as YAML, in the form that the import accepts."""
    text, number = await queries.flow_text(db, actor.account_id, flow_id, version)
    text = await with_names(db, actor.account_id, text)
    slug = re.sub(r"[^a-z0-9]+", "-", text.name.lower()).strip("-") or "flow"
    headers = {"Content-Disposition": f'attachment; filename="{slug}-v{number}.yaml"'}
    return Response(render(text), media_type="text/yaml", headers=headers)
