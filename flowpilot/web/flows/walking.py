"""Going through a flow by the numbers of its choices, into its sub-flows and back, as a session does."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from flowpilot.flows.filling import fill_tree
from flowpilot.flows.tree import Choice, Node, NodeKind, Tree
from flowpilot.sessions.following.entering import refusal
from flowpilot.sessions.following.usable import UsableFlow

Load = Callable[[str], Awaitable[UsableFlow | None]]

_ENDS = frozenset({NodeKind.RESOLUTION, NodeKind.ESCALATION})


@dataclass(frozen=True, slots=True)
class Frame:
    """A flow that the walk is in, and at which of its nodes."""

    flow_id: uuid.UUID
    name: str
    tree: Tree
    at: str

    @property
    def node(self) -> Node | None:
        """The node; None if there is no such node."""
        return self.tree.nodes.get(self.at)


@dataclass(frozen=True, slots=True)
class Answered:
    """A step: the flow and the node, the label that was clicked, and the path before it."""

    flow: str
    node: Node
    label: str
    path: str


@dataclass(frozen=True, slots=True)
class Walk:
    """Where the clicks have led: the flows, the innermost last, and what was answered.

    `ended`: the end of the sub-flow that the walk has just come back from. `halt`: why it cannot be entered.
    """

    frames: tuple[Frame, ...]
    answered: tuple[Answered, ...] = ()
    path: str = ""
    ended: Node | None = None
    halt: str = ""

    @property
    def here(self) -> Frame:
        """The innermost flow."""
        return self.frames[-1]

    @property
    def offered(self) -> tuple[Choice, ...]:
        """What can be clicked."""
        return () if self.here.node is None else self.here.node.offered


@dataclass(slots=True)
class _Flows:
    """The flows that were read, each once."""

    load: Load
    known: dict[str, UsableFlow | None] = field(default_factory=dict)

    async def read(self, named: str) -> UsableFlow | None:
        if named not in self.known:
            self.known[named] = await self.load(named)
        return self.known[named]


async def walk(flow_id: uuid.UUID, name: str, tree: Tree, path: str, load: Load) -> Walk:
    """Go through the flow. `path` has the number of each choice, from 0; one without a choice ends the walk."""
    flows = _Flows(load)
    at = await _arrived(Walk((Frame(flow_id, name, fill_tree(tree, {}), tree.root),)), flows)
    for number in path.split(".") if path else []:
        node = at.here.node
        if node is None or int(number) >= len(at.offered):
            break
        choice = at.offered[int(number)]
        answered = Answered(at.here.name, node, choice.label, at.path)
        moved = replace(at.here, at=choice.next)
        gone = Walk(
            (*at.frames[:-1], moved), (*at.answered, answered), f"{at.path}.{number}" if at.path else number
        )
        at = await _arrived(gone, flows)
    return at


async def _arrived(at: Walk, flows: _Flows) -> Walk:
    """Into the sub-flows that begin here, or back out of the one that ends here."""
    while at.here.node is not None and at.here.node.kind is NodeKind.SUBFLOW:
        inner = await flows.read(at.here.node.flow)
        why = refusal([frame.flow_id for frame in at.frames], [frame.name for frame in at.frames], inner)
        if inner is None or why is not None:
            return replace(at, halt=why or "")
        entered = Frame(inner.id, inner.name, fill_tree(inner.tree, {}), inner.tree.root)
        at = replace(at, frames=(*at.frames, entered))
    node = at.here.node
    if node is not None and node.kind in _ENDS and len(at.frames) > 1:
        return replace(at, frames=at.frames[:-1], ended=node)
    return at
