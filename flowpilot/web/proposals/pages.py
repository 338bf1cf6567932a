"""What waits for a reviewer: the queue, and one proposal with its draft beside what speaks for it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from flowpilot.analytics.effects import api as effects
from flowpilot.analytics.effects.schemas import EffectOut
from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.flows.matching.match import Candidate, match
from flowpilot.flows.subflows.names import led_into, names_of
from flowpilot.flows.tree import Tree, walk
from flowpilot.http.paging import ListPage
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession
from flowpilot.knowledge.models import ProposalKind, ProposalStatus
from flowpilot.knowledge.proposals import api
from flowpilot.knowledge.proposals.queries import SourceStep, source_steps
from flowpilot.knowledge.proposals.schemas import ProposalOut, ProposalRow
from flowpilot.web.flows.diagram import Diagram, diagram
from flowpilot.web.flows.differences import Changes, changes, marks_of, side, tree_before
from flowpilot.web.flows.outline import Outline, outline
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, render
from flowpilot.web.wording import AiView, ai_view

router = APIRouter(prefix="/proposals", include_in_schema=False)

# What the list can show: what is due, what was put off, and what was decided.
Shelf = Literal["due", "pending", "approved", "modified", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals(Page):
    """The queue, oldest first, or what was decided."""

    template: ClassVar[str] = "proposals/list.html"
    found: ListPage[ProposalRow]
    shelf: Shelf
    here: str


@dataclass(frozen=True, slots=True)
class Source:
    """A node of the draft, and the steps that it comes from."""

    node: str
    text: str
    steps: Sequence[SourceStep]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal(Page):
    """One proposal; without a draft there is no diagram and no outline. `effect` is that of a published one.

    `existing`: the published flows that fit the problem, so that no second one is made of the same.
    """

    template: ClassVar[str] = "proposals/proposal.html"
    proposal: ProposalOut
    diagram: Diagram | None
    outline: Outline | None
    changes: Changes | None
    sources: list[Source]
    left_out: Sequence[SourceStep]
    existing: Sequence[Candidate]
    effect: EffectOut | None
    ai: AiView
    tomorrow: date

    @property
    def is_change(self) -> bool:
        """Whether it changes a flow that is there."""
        return self.proposal.kind == ProposalKind.FLOW_CHANGE

    @property
    def is_pending(self) -> bool:
        """Whether somebody has still to decide."""
        return self.proposal.status == ProposalStatus.PENDING


@router.get("")
async def list_proposals(
    request: Request,
    actor: CanManageFlows,
    db: ReadSession,
    frame: CurrentFrame,
    now: Now,
    show: Shelf = "due",
    cursor: uuid.UUID | None = None,
) -> Response:
    """What is due, unless another shelf is asked for."""
    status = ProposalStatus.PENDING if show == "due" else ProposalStatus(show)
    found = await api.list_proposals(actor, db, now, status=status, due=show == "due", limit=50, cursor=cursor)
    page = Proposals(title="Proposals", found=found, shelf=show, here="/proposals?" + urlencode({"show": show}))
    return render(request, page, frame)


@router.get("/{proposal_id}")
async def show_proposal(
    request: Request,
    proposal_id: uuid.UUID,
    actor: CanManageFlows,
    db: ReadSession,
    frame: CurrentFrame,
    now: Now,
) -> Response:
    return render(request, await proposal_page(request, actor, db, proposal_id, now), frame)


async def proposal_page(request: Request, actor: Actor, db: ReadDb, proposal_id: uuid.UUID, now: Now) -> Proposal:
    """One proposal, to decide on."""
    found = await api.read_proposal(proposal_id, actor, db)
    steps = {step.id: step for step in await source_steps(db, actor.account_id, found.id, _step_ids(found))}
    tree = None if found.flow is None else found.flow.tree
    marks = {} if found.differences is None else marks_of(found.differences)
    trees = [] if tree is None else [tree, *([tree_before(found.differences, tree)] if found.differences else [])]
    names = await names_of(db, actor.account_id, [flow for one in trees for flow in led_into(one).values()])
    return Proposal(
        title=found.title or "Proposal",
        proposal=found,
        diagram=None if tree is None else diagram(tree, marks=marks),
        outline=None if tree is None else outline(tree, marks),
        changes=_changes(found, names),
        sources=[] if tree is None else _sources(tree, found.sources, steps),
        left_out=[steps[id_] for id_ in found.left_out if id_ in steps],
        existing=await _existing(db, actor, found, now),
        effect=await effects.read_effect(found.id, actor, db, now) if found.published_version_id else None,
        ai=await ai_view(request, actor, db, now, proposal_id=proposal_id),
        tomorrow=now.astimezone(ZoneInfo(actor.timezone)).date() + timedelta(days=1),
    )


def _changes(found: ProposalOut, names: Mapping[str, str]) -> Changes | None:
    """What it changes; `names`: those of the flows that it leads into."""
    if found.flow is None or found.differences is None:
        return None
    before = side(tree_before(found.differences, found.flow.tree), f"/flows/{found.flow_id}#o-")
    return changes(found.differences, before, side(found.flow.tree, "#d-"), names)


def _sources(
    tree: Tree, ids: Mapping[str, Sequence[uuid.UUID]], steps: Mapping[uuid.UUID, SourceStep]
) -> list[Source]:
    """Where the nodes come from. What solved it comes from the same steps as the end that it leads to: once."""
    found: dict[tuple[str, tuple[uuid.UUID, ...]], Source] = {}
    for node in walk(tree):
        said = [steps[id_] for id_ in ids.get(node, ()) if id_ in steps]
        text = tree.nodes[node].text
        if said:
            found.setdefault((text, tuple(step.id for step in said)), Source(node, text, said))
    return list(found.values())


async def _existing(db: ReadDb, actor: Actor, found: ProposalOut, now: Now) -> list[Candidate]:
    if found.kind != ProposalKind.NEW_FLOW or found.status != ProposalStatus.PENDING:
        return []
    fitting = await match(db, actor.account_id, found.title, domain=found.domain, now=now)
    return [candidate for candidate in fitting if candidate.tier != "discovery"]


def _step_ids(found: ProposalOut) -> list[uuid.UUID]:
    return [id_ for ids in (*found.sources.values(), found.left_out) for id_ in ids]
