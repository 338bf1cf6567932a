"""A draft while it is merged: its nodes, the steps that each comes from, and what a person must still word."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from flowpilot.flows.tree import Choice, Node, NodeKind, Tree

MAX_LABEL = 200
MAX_TEXT = 2000

SOLVED, DID_NOT_HELP = "Solved it", "Did not help"
_GIVE_UP = "Nothing above helped. Hand it over, with what was found and what was tried."
_HELPED = "The last step solved it. Write down what it was."


@dataclass(frozen=True, slots=True)
class Draft:
    """A tree, and for each of its new nodes the steps that it comes from.

    `left_out`: remarks, and steps that solved nothing and were taken in one case only.
    """

    tree: Tree
    sources: dict[str, list[uuid.UUID]]
    left_out: tuple[uuid.UUID, ...] = ()


@dataclass(slots=True)
class Builder:
    """Collects nodes under ids of our own, which are free in the tree that is changed, if there is one."""

    nodes: dict[str, Node] = field(default_factory=dict)
    sources: dict[str, list[uuid.UUID]] = field(default_factory=dict)
    left_out: list[uuid.UUID] = field(default_factory=list)
    gives_up_at: str | None = None
    helped_at: str | None = None

    def instruct(self, text: str, steps: Iterable[uuid.UUID], solved: str, otherwise: str) -> str:
        """An instruction that solves the problem or leads on."""
        outcomes = (Choice(label=SOLVED, next=solved), Choice(label=DID_NOT_HELP, next=otherwise))
        return self.add("step", Node(kind=NodeKind.INSTRUCTION, text=text[:MAX_TEXT], outcomes=outcomes), steps)

    def resolve(self, text: str, steps: Iterable[uuid.UUID]) -> str:
        """An end that says what solved it."""
        return self.add("solved", Node(kind=NodeKind.RESOLUTION, text=text[:MAX_TEXT]), steps)

    def ask(
        self, text: str, choices: Sequence[tuple[str, str]], steps: Iterable[uuid.UUID], *, is_open: bool = False
    ) -> str:
        """A question; an open one is worded by a person before it can be published."""
        offered = tuple(Choice(label=label[:MAX_LABEL], next=next_) for label, next_ in choices)
        node = Node(kind=NodeKind.QUESTION, text=text[:MAX_TEXT], choices=offered, open=is_open)
        return self.add("question", node, steps)

    def succeed(self) -> str:
        """The end of what has solved nothing yet, and may solve the next case."""
        if self.helped_at is None:
            self.helped_at = self.add("solved", Node(kind=NodeKind.RESOLUTION, text=_HELPED), ())
        return self.helped_at

    def give_up(self, steps: Iterable[uuid.UUID] = ()) -> str:
        """The end of every path on which nothing helped; `steps`: the last ones of cases handed over there."""
        if self.gives_up_at is None:
            self.gives_up_at = self.add("escalate", Node(kind=NodeKind.ESCALATION, text=_GIVE_UP), ())
        if (known := self.sources.get(self.gives_up_at)) is not None:
            known += [step for step in steps if step not in known]
        return self.gives_up_at

    def add(self, kind: str, node: Node, steps: Iterable[uuid.UUID]) -> str:
        """Keep a node under a free id."""
        number = next(n for n in range(1, len(self.nodes) + 2) if f"{kind}-{n}" not in self.nodes)
        node_id = f"{kind}-{number}"
        self.nodes[node_id] = node
        self.sources[node_id] = list(dict.fromkeys(steps))
        return node_id
