"""The traffic of a flow in the words of its pages, pure."""

from dataclasses import dataclass

from flowpilot.analytics.traffic import FlowTraffic, NodeTraffic
from flowpilot.web.formatting import counted, share


@dataclass(frozen=True, slots=True)
class TrafficWords:
    """What the pages say at a flow's choices and nodes. A node that no session reached has no words."""

    traffic: FlowTraffic

    def along(self, node_id: str, labels: tuple[str, ...]) -> str:
        """How many of the node's sessions went on by these labels: `12 of 40 (30 %)`; few have no percentage."""
        node = self.traffic.node(node_id)
        return "" if node is None else _of(self.traffic.along(node_id, labels), node)

    def ended(self, node_id: str, *, is_end: bool) -> str:
        """How many sessions reached the node where a path ends, or ended at another, which is a drop-off."""
        node = self.traffic.node(node_id)
        if node is None:
            return ""
        if is_end:
            return counted(node.n, "sessions")
        return f"{_of(node.ended, node)} ended here" if node.ended else ""

    def how(self, node_id: str) -> str:
        """How the sessions that the node leads no further ended: `2 resolved, 1 escalated`."""
        node = self.traffic.node(node_id)
        if node is None:
            return ""
        counts = (
            (node.resolved, "resolved"),
            (node.escalated, "escalated"),
            (node.abandoned, "abandoned"),
            (node.open, "here now"),
        )
        return ", ".join(f"{n} {word}" for n, word in counts if n)


def _of(n: int, node: NodeTraffic) -> str:
    return f"{n} of {node.n}" if node.too_few_cases else f"{n} of {node.n} ({share(n / node.n)})"
