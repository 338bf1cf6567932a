"""A flow's versions: who wrote them and when, one to read, and how two differ."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query, Request, Response

from flowpilot.flows import api
from flowpilot.flows.schemas import FlowDetailOut, VersionDetailOut, VersionRow
from flowpilot.flows.subflows.names import led_into, names_of
from flowpilot.flows.versions import api as versions
from flowpilot.flows.versions.api import Number, OtherNumber
from flowpilot.http.paging import ListPage
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession
from flowpilot.web.flows.differences import Changes, changes, side
from flowpilot.web.flows.pages import flow_page
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/flows/{flow_id}", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions(Page):
    """The versions of a flow, newest first."""

    template: ClassVar[str] = "flows/versions.html"
    flow: FlowDetailOut
    found: ListPage[VersionRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Page):
    """What changed from `before` to `after`."""

    template: ClassVar[str] = "flows/differences.html"
    flow: FlowDetailOut
    before: VersionDetailOut
    after: VersionDetailOut
    changes: Changes

    @property
    def is_same(self) -> bool:
        """Whether there is no difference."""
        found = self.changes
        is_other = found.begins is not None or self.before.type != self.after.type
        return not (found.added or found.removed or found.changed or is_other)


@router.get("/versions")
async def list_versions(
    request: Request,
    flow_id: uuid.UUID,
    actor: CanView,
    db: ReadSession,
    frame: CurrentFrame,
    cursor: uuid.UUID | None = None,
) -> Response:
    flow = await api.read_flow(flow_id, actor, db)
    found = await versions.list_versions(flow_id, actor, db, limit=50, cursor=cursor)
    return render(request, Versions(title=f"Versions of {flow.name}", flow=flow, found=found), frame)


@router.get("/compare")
async def choose_comparison(
    flow_id: uuid.UUID, actor: CanView, from_: Annotated[OtherNumber, Query(alias="from")], to: OtherNumber
) -> Response:
    """Redirect the form, which cannot build the address itself, to the comparison."""
    return go_to(f"/flows/{flow_id}/versions/{from_}?to={to}")


@router.get("/versions/{number}")
async def show_version(
    request: Request,
    flow_id: uuid.UUID,
    number: Number,
    actor: CanView,
    db: ReadSession,
    frame: CurrentFrame,
    to: OtherNumber | None = None,
) -> Response:
    """One version to read, or its differences to another."""
    flow = await api.read_flow(flow_id, actor, db)
    before = await versions.read_version(flow_id, number, actor, db)
    if to is None:
        return render(request, await flow_page(actor, db, frame, flow, before), frame)
    found = await versions.read_differences(flow_id, number, to, actor, db)
    after = await versions.read_version(flow_id, to, actor, db)
    into = [*led_into(before.tree).values(), *led_into(after.tree).values()]
    page = Comparison(
        title=f"Versions {number} and {to} of {flow.name}",
        flow=flow,
        before=before,
        after=after,
        changes=changes(
            found,
            side(before.tree, f"/flows/{flow_id}/versions/{number}#o-"),
            side(after.tree, f"/flows/{flow_id}/versions/{to}#o-"),
            await names_of(db, actor.account_id, into),
        ),
    )
    return render(request, page, frame)
