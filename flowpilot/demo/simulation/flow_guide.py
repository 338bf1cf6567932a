"""How somebody who knows the answer goes through a flow."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from flowpilot.flows.tree import Choice, NodeKind, Tree


@dataclass(frozen=True, slots=True)
class Guide:
    """A tree, and for each of its nodes the kinds of end that can be reached from there."""

    tree: Tree
    ends: Mapping[str, frozenset[NodeKind]]

    def fitting(self, node_id: str, goal: NodeKind) -> list[Choice]:
        """What is offered there and can lead to such an end; all that is offered when nothing can."""
        offered = list(self.tree.nodes[node_id].offered)
        return [choice for choice in offered if goal in self.ends[choice.next]] or offered

    def solution(self, node_id: str) -> str | None:
        """What the flow says has solved it, if a path ends in a resolution."""
        node = self.tree.nodes[node_id]
        return node.text if self.ends[node_id] == {NodeKind.RESOLUTION} and not node.offered else None


def make_guide(tree: Tree) -> Guide:
    """The guide to a tree that can be published."""
    ends: dict[str, frozenset[NodeKind]] = {}

    def find(node_id: str) -> frozenset[NodeKind]:
        if node_id not in ends:
            node = tree.nodes[node_id]
            own = {node.kind} & {NodeKind.RESOLUTION, NodeKind.ESCALATION}
            ends[node_id] = frozenset(own).union(*(find(choice.next) for choice in node.offered))
        return ends[node_id]

    find(tree.root)
    return Guide(tree, ends)


def pick(rng: Random, guide: Guide, node_id: str, goal: NodeKind, path: Mapping[str, str]) -> Choice:
    """The choice that the problem names, otherwise one that can lead to the goal, mostly the first."""
    for choice in guide.tree.nodes[node_id].offered:
        if choice.label == path.get(node_id):
            return choice
    fitting = guide.fitting(node_id, goal)
    return rng.choices(fitting, [1 / (1 + place) for place in range(len(fitting))])[0]
