"""How two versions of a flow differ, pure."""

from dataclasses import dataclass

from flowpilot.flows.tree import Node, Tree, walk


@dataclass(frozen=True, slots=True)
class ChangedNode:
    """A node that both versions have, with different content."""

    node: str
    before: Node
    after: Node


@dataclass(frozen=True, slots=True)
class Differences:
    """What turns the earlier tree into the later one. Nodes come in the order of `walk`."""

    root_before: str
    root_after: str
    added: dict[str, Node]
    removed: dict[str, Node]
    changed: list[ChangedNode]


def differences(before: Tree, after: Tree) -> Differences:
    """How the later tree differs from the earlier one."""
    old, new = before.nodes, after.nodes
    return Differences(
        root_before=before.root,
        root_after=after.root,
        added={node: new[node] for node in walk(after) if node not in old},
        removed={node: old[node] for node in walk(before) if node not in new},
        changed=[
            ChangedNode(node, old[node], new[node])
            for node in walk(after)
            if node in old and old[node] != new[node]
        ],
    )
