"""The place of each node in reading order, pure. The diagram, the outline and the canvas number nodes by it.

A node is placed where it is reached in the fewest steps; every other path to it leads to its number. The canvas
has the same rules in `web/static/canvas/model/layout.js`, and a test compares the two.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowpilot.flows.tree import Node, Tree


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node is read.

    `number`: counted from 1.
    `depth`: counted from the node where its part of the flow begins, which has no `parent`.
    """

    number: int
    depth: int
    parent: str | None


def places(tree: Tree) -> dict[str, Place]:
    """The place of each node, in reading order: from the root, then those that no path leads to."""
    parents = _parents(tree)
    found: dict[str, Place] = {}
    stack = [node_id for node_id, parent in reversed(list(parents.items())) if parent is None]
    while stack:
        node_id = stack.pop()
        parent = parents[node_id]
        depth = 0 if parent is None else found[parent].depth + 1
        found[node_id] = Place(len(found) + 1, depth, parent)
        nearest = [target for target in leads_to(tree.nodes[node_id]) if parents.get(target) == node_id]
        stack.extend(reversed(nearest))
    return found


def leads_to(node: Node) -> list[str]:
    """The nodes that a node leads to, once each, even those that do not exist."""
    return list(dict.fromkeys(choice.next for choice in node.choices + node.outcomes))


def _parents(tree: Tree) -> Mapping[str, str | None]:
    """The node from which each node is reached first; None if a part of the flow begins there."""
    parents: dict[str, str | None] = {}
    for start in _starts(tree):
        if start in parents:
            continue
        parents[start] = None
        pending = deque([start])
        while pending:
            node_id = pending.popleft()
            for target in leads_to(tree.nodes[node_id]):
                if target in tree.nodes and target not in parents:
                    parents[target] = node_id
                    pending.append(target)
    return parents


def _starts(tree: Tree) -> Iterator[str]:
    """The root, then nodes that nothing leads to, then those that only lead to each other."""
    if tree.root in tree.nodes:
        yield tree.root
    led = {target for node_id, node in tree.nodes.items() for target in leads_to(node) if target != node_id}
    ids = sorted(tree.nodes)
    yield from (node_id for node_id in ids if node_id not in led)
    yield from ids
