"""A flow in reading order, pure: each node once, numbered, with what it leads to.

A node is placed where it is reached in the fewest steps; every other path to it is a jump to its number.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flowpilot.flows.tree import Node, Tree, walk

# The levels that are nested in a list; deeper nodes begin a list of their own.
_NESTED = 16


class Jump(StrEnum):
    """How a choice leads on: down to what follows, to a node elsewhere, back, or nowhere."""

    DOWN = "down"
    JUMP = "jump"
    BACK = "back"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Branch:
    """The choices of a node that lead to the same node. `number` is None if that node does not exist."""

    labels: tuple[str, ...]
    target: str
    jump: Jump
    number: int | None
    text: str


@dataclass(frozen=True, slots=True)
class OutlineNode:
    """A node at its place. `depth` is counted from the node where its part of the flow begins."""

    id: str
    number: int
    depth: int
    node: Node
    branches: tuple[Branch, ...]

    @property
    def begins_list(self) -> bool:
        """Whether it begins a list of its own, instead of appearing beneath the node that leads to it."""
        return self.depth % _NESTED == 0


@dataclass(frozen=True, slots=True)
class Outline:
    """The nodes in reading order, by their ids: from the root, then those that no path leads to."""

    entries: Mapping[str, OutlineNode]

    @property
    def tops(self) -> list[OutlineNode]:
        """The nodes that begin a list."""
        return [entry for entry in self.entries.values() if entry.begins_list]


def outline(tree: Tree) -> Outline:
    """The tree in reading order."""
    parents = _parents(tree)
    order = list(_read(tree, parents))
    numbers = {node_id: number for number, node_id in enumerate(order, 1)}
    depths: dict[str, int] = {}
    for node_id in order:
        parent = parents[node_id]
        depths[node_id] = 0 if parent is None else depths[parent] + 1
    return Outline(
        {
            node_id: OutlineNode(
                node_id,
                numbers[node_id],
                depths[node_id],
                tree.nodes[node_id],
                tuple(_branches(tree, node_id, parents, numbers)),
            )
            for node_id in order
        }
    )


def _parents(tree: Tree) -> dict[str, str | None]:
    """The node from which each node is reached first; None if a part of the flow begins there."""
    parents: dict[str, str | None] = {}
    for start in walk(tree):
        if start in parents:
            continue
        parents[start] = None
        pending = deque([start])
        while pending:
            node_id = pending.popleft()
            for target in _leads_to(tree.nodes[node_id]):
                if target in tree.nodes and target not in parents:
                    parents[target] = node_id
                    pending.append(target)
    return parents


def _read(tree: Tree, parents: Mapping[str, str | None]) -> Iterator[str]:
    stack = [node_id for node_id, parent in reversed(list(parents.items())) if parent is None]
    while stack:
        node_id = stack.pop()
        yield node_id
        stack.extend(t for t in reversed(_leads_to(tree.nodes[node_id])) if parents.get(t) == node_id)


def _branches(
    tree: Tree, node_id: str, parents: Mapping[str, str | None], numbers: Mapping[str, int]
) -> Iterator[Branch]:
    node = tree.nodes[node_id]
    above = set(_upwards(node_id, parents))
    for target in _leads_to(node):
        if target not in tree.nodes:
            jump = Jump.NOWHERE
        elif parents[target] == node_id:
            jump = Jump.DOWN
        else:
            jump = Jump.BACK if target in above else Jump.JUMP
        labels = tuple(choice.label for choice in node.choices + node.outcomes if choice.next == target)
        text = tree.nodes[target].text if target in tree.nodes else ""
        yield Branch(labels, target, jump, numbers.get(target), text)


def _upwards(node_id: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    at: str | None = node_id
    while at is not None:
        yield at
        at = parents[at]


def _leads_to(node: Node) -> list[str]:
    return list(dict.fromkeys(choice.next for choice in node.choices + node.outcomes))
