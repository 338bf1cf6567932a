"""The flow library with the quality of its flows, and one flow to read."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from flowpilot.analytics.flow_quality import FlowRow, flow_quality, quality_of
from flowpilot.analytics.period import Window, window
from flowpilot.analytics.traffic import FlowTraffic, traffic
from flowpilot.db.session import ReadDb
from flowpilot.flows import api
from flowpilot.flows.categories import api as categories
from flowpilot.flows.checking.checker import TreeProblem
from flowpilot.flows.queries import FlowState
from flowpilot.flows.schemas import CategoryOut, FlowDetailOut, FlowOut, VersionDetailOut
from flowpilot.flows.subflows.checks import all_problems
from flowpilot.flows.trust.service import may_confirm
from flowpilot.flows.trust.verification import trust_rule
from flowpilot.http.fields import Text
from flowpilot.http.paging import ListPage
from flowpilot.identity.access import CanView
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import ReadSession
from flowpilot.identity.replica.session import ReportSession
from flowpilot.web.flows.diagram import Diagram, diagram
from flowpilot.web.flows.outline import Outline, outline
from flowpilot.web.flows.traffic import TrafficWords
from flowpilot.web.frame import CurrentFrame, Frame
from flowpilot.web.render import Page, render

router = APIRouter(prefix="/flows", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows(Page):
    """The library. `quality` is None without that permission; `here` is the list's address with its filters."""

    template: ClassVar[str] = "flows/list.html"
    found: ListPage[FlowOut]
    quality: dict[uuid.UUID, FlowRow] | None
    categories: list[CategoryOut]
    words: str
    category: str
    state: str
    confirm: str
    here: str

    @property
    def is_filtered(self) -> bool:
        """Whether a filter is set."""
        return bool(self.words or self.category or self.state or self.confirm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Page):
    """One version of a flow.

    `problems`: what prevents publishing the draft, for those who may; on the draft's page, for all.
    A flow that has lost trust can be confirmed until the day `confirm_until`, or for always.
    """

    template: ClassVar[str] = "flows/flow.html"
    flow: FlowDetailOut
    edition: VersionDetailOut
    diagram: Diagram
    outline: Outline
    problems: list[TreeProblem]
    quality: FlowRow | None
    traffic: TrafficWords | None
    may_confirm: bool
    confirm_until: date | None


@router.get("")
async def list_flows(
    request: Request,
    actor: CanView,
    db: ReportSession,
    frame: CurrentFrame,
    q: Text = "",
    category: Text = "",
    state: Literal[""] | FlowState = "",
    confirm: Literal["", "all", "mine"] = "",
    cursor: uuid.UUID | None = None,
) -> Response:
    """The library, filtered by name, category and state."""
    found = await api.list_flows(
        actor,
        db,
        limit=50,
        cursor=cursor,
        q=q or None,
        category=category or None,
        state=state or None,
        needs_confirming=bool(confirm),
        owner_id=actor.user_id if confirm == "mine" else None,
    )
    page = Flows(
        title="Flows",
        found=found,
        quality=await _qualities(actor, db, frame),
        categories=(await categories.list_categories(actor, db, limit=200)).items,
        words=q,
        category=category,
        state=state,
        confirm=confirm,
        here="/flows?" + urlencode({"q": q, "category": category, "state": state, "confirm": confirm}),
    )
    return render(request, page, frame)


@router.get("/{flow_id}")
async def show_flow(
    request: Request, flow_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    """The published version of a flow, or its draft if it was never published."""
    flow = await api.read_flow(flow_id, actor, db)
    return render(request, await flow_page(actor, db, frame, flow, flow.current), frame)


async def flow_page(
    actor: Actor, db: ReadDb, frame: Frame, flow: FlowDetailOut, edition: VersionDetailOut
) -> Flow:
    """One version of a flow, to read."""
    is_asked = edition.published_at is None or frame.may("MANAGE_FLOWS")
    asks = flow.doubted_since is not None and may_confirm(flow, actor)
    found = await traffic_of(actor, db, frame, flow.id)
    words = None if found is None else TrafficWords(found)
    return Flow(
        title=flow.name,
        flow=flow,
        edition=edition,
        diagram=diagram(edition.tree, words),
        outline=outline(edition.tree),
        problems=await _problems_of(db, actor, flow) if is_asked else [],
        quality=await _quality(actor, db, frame, flow.id),
        traffic=words,
        may_confirm=asks,
        confirm_until=(await trust_rule(db, actor.account_id, frame.now)).until if asks else None,
    )


async def _problems_of(db: ReadDb, actor: Actor, flow: FlowDetailOut) -> list[TreeProblem]:
    if flow.draft is None:
        return []
    return await all_problems(db, actor.account_id, flow.id, flow.draft.tree)


async def traffic_of(actor: Actor, db: ReadDb, frame: Frame, flow_id: uuid.UUID) -> FlowTraffic | None:
    """The traffic of the flow's sessions of the last 30 days; None if they may not be seen or there are none."""
    if not actor.may(Permission.VIEW_ANALYTICS):
        return None
    found = await traffic(db, _last_30_days(actor, frame), flow_id)
    return found if found.sessions else None


async def _qualities(actor: Actor, db: ReadDb, frame: Frame) -> dict[uuid.UUID, FlowRow] | None:
    """The quality of all flows over the last 30 days, from the report."""
    if not actor.may(Permission.VIEW_ANALYTICS):
        return None
    return {row.flow_id: row for row in (await flow_quality(db, _last_30_days(actor, frame))).flows}


async def _quality(actor: Actor, db: ReadDb, frame: Frame, flow_id: uuid.UUID) -> FlowRow | None:
    """The quality of one flow over the last 30 days."""
    if not actor.may(Permission.VIEW_ANALYTICS):
        return None
    return await quality_of(db, _last_30_days(actor, frame), flow_id)


def _last_30_days(actor: Actor, frame: Frame) -> Window:
    return window(actor.account_id, now=frame.now, account_timezone=actor.timezone)
