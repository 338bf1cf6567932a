"""A flow in reading order, pure: each node once, numbered, with what it leads to. Other paths to it are jumps."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from flowpilot.flows.checking.numbering import Place, leads_to, places
from flowpilot.flows.tree import Node, Tree

# The levels that are nested in a list; deeper nodes begin a list of their own.
_NESTED = 16


class Jump(StrEnum):
    """How a choice leads on: down to what follows, to a node elsewhere, back, or nowhere."""

    DOWN = "down"
    JUMP = "jump"
    BACK = "back"
    NOWHERE = "nowhere"


class Mark(StrEnum):
    """What a change does with a node that stays in the flow."""

    NEW = "new"
    CHANGED = "changed"


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
    """A node at its place. `depth` is counted from the node where its part of the flow begins.

    `mark`: what a change that is shown does with it; None if nothing.
    """

    id: str
    number: int
    depth: int
    node: Node
    branches: tuple[Branch, ...]
    mark: Mark | None = None

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

    @property
    def marked(self) -> Counter[Mark]:
        """How many nodes a change adds and changes."""
        return Counter(entry.mark for entry in self.entries.values() if entry.mark is not None)


def outline(tree: Tree, marks: Mapping[str, Mark] | None = None) -> Outline:
    """The tree in reading order, with what a change does with its nodes."""
    read = places(tree)
    return Outline(
        {
            node_id: OutlineNode(
                node_id,
                place.number,
                place.depth,
                tree.nodes[node_id],
                tuple(_branches(tree, node_id, read)),
                (marks or {}).get(node_id),
            )
            for node_id, place in read.items()
        }
    )


def _branches(tree: Tree, node_id: str, read: Mapping[str, Place]) -> Iterator[Branch]:
    node = tree.nodes[node_id]
    above = set(_upwards(node_id, read))
    for target in leads_to(node):
        if target not in tree.nodes:
            jump = Jump.NOWHERE
        elif read[target].parent == node_id:
            jump = Jump.DOWN
        else:
            jump = Jump.BACK if target in above else Jump.JUMP
        labels = tuple(choice.label for choice in node.choices + node.outcomes if choice.next == target)
        text = tree.nodes[target].text if target in tree.nodes else ""
        number = read[target].number if target in read else None
        yield Branch(labels, target, jump, number, text)


def _upwards(node_id: str, read: Mapping[str, Place]) -> Iterator[str]:
    at: str | None = node_id
    while at is not None:
        yield at
        at = read[at].parent
