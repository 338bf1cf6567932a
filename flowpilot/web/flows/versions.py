"""A flow's versions: who wrote them and when, one to read, and how two differ."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query, Request, Response

from flowpilot.flows import api
from flowpilot.flows.api import Number, OtherNumber
from flowpilot.flows.schemas import DifferencesOut, FlowDetailOut, VersionDetailOut, VersionRow
from flowpilot.flows.subflows.names import led_into, names_of
from flowpilot.flows.tree import Choice, Node
from flowpilot.http.paging import ListPage
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession
from flowpilot.web.flows.pages import flow_page
from flowpilot.web.formatting import plain
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/flows/{flow_id}", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions(Page):
    """The versions of a flow, newest first."""

    template: ClassVar[str] = "flows/versions.html"
    flow: FlowDetailOut
    found: ListPage[VersionRow]


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """A part of a node before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node that both versions have, and its parts that differ."""

    node: str
    text: str
    parts: list[ChangedPart]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Page):
    """What changed from `before` to `after`."""

    template: ClassVar[str] = "flows/differences.html"
    flow: FlowDetailOut
    before: VersionDetailOut
    after: VersionDetailOut
    found: DifferencesOut
    changed: list[NodeChange]

    @property
    def is_same(self) -> bool:
        """Whether there is no difference."""
        found = self.found
        return not (found.added or found.removed or found.changed or found.root_before != found.root_after)


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
    found = await api.list_versions(flow_id, actor, db, limit=50, cursor=cursor)
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
    before = await api.read_version(flow_id, number, actor, db)
    if to is None:
        return render(request, await flow_page(actor, db, frame, flow, before), frame)
    found = await api.read_differences(flow_id, number, to, actor, db)
    after = await api.read_version(flow_id, to, actor, db)
    into = [*led_into(before.tree).values(), *led_into(after.tree).values()]
    page = Comparison(
        title=f"Versions {number} and {to} of {flow.name}",
        flow=flow,
        before=before,
        after=after,
        found=found,
        changed=node_changes(found, await names_of(db, actor.account_id, into)),
    )
    return render(request, page, frame)


def node_changes(found: DifferencesOut, names: Mapping[str, str]) -> list[NodeChange]:
    """What changed in each node that both trees have; `names` are those of the flows that they lead into."""
    return [NodeChange(one.node, one.after.text, _changed(one.before, one.after, names)) for one in found.changed]


def _changed(before: Node, after: Node, names: Mapping[str, str]) -> list[ChangedPart]:
    parts = [
        ChangedPart("Kind", plain(before.kind), plain(after.kind)),
        ChangedPart("Text", before.text, after.text),
        ChangedPart("Help", before.help, after.help),
        ChangedPart("Leads into", names.get(before.flow, before.flow), names.get(after.flow, after.flow)),
        ChangedPart("Fields", _fields(before), _fields(after)),
        ChangedPart("Items", _items(before), _items(after)),
        ChangedPart("Choices", _lines(before.choices), _lines(after.choices)),
        ChangedPart("Outcomes", _lines(before.outcomes), _lines(after.outcomes)),
    ]
    return [part for part in parts if part.before != part.after]


def _fields(node: Node) -> str:
    return "\n".join(
        f"{field.label} ({{{{{field.name}}}}}, {field.kind}{', required' if field.required else ''}"
        f"{': ' if field.choices else ''}{', '.join(field.choices)})"
        f"{_help(field.help)}"
        for field in node.fields
    )


def _items(node: Node) -> str:
    lines = []
    for section in node.sections:
        lines.append(f"{section.title}:")
        lines += [
            f"- {item.text}{' (required)' if item.required else ''}{_help(item.help)}" for item in section.items
        ]
    return "\n".join(lines)


def _help(text: str) -> str:
    return f"\n  {text}" if text else ""


def _lines(choices: tuple[Choice, ...]) -> str:
    return "\n".join(f"{choice.label} → {choice.next}" for choice in choices)
