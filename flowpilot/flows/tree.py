"""A flow as a decision tree, pure: its nodes, and what lies ahead of each."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.flows.checklist import Item, Section
from flowpilot.flows.fields import FlowField
from flowpilot.flows.files.node import NodeFiles
from flowpilot.flows.plain import PLAIN, Help, LongText, NodeId, ShortText, folded


class NodeKind(StrEnum):
    """Questions, instructions, checklists and sub-flows lead on; resolutions and escalations end a path."""

    QUESTION = "question"
    INSTRUCTION = "instruction"
    CHECKLIST = "checklist"
    SUBFLOW = "subflow"
    RESOLUTION = "resolution"
    ESCALATION = "escalation"


# What is done here has outcomes; what is asked has choices.
HAVE_OUTCOMES = frozenset({NodeKind.INSTRUCTION, NodeKind.CHECKLIST, NodeKind.SUBFLOW})


class Choice(BaseModel):
    """An answer to a question or an outcome of what was done, and the node it leads to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: ShortText
    next: Annotated[str, Field(max_length=64), PLAIN]


class Node(BaseModel):
    """One step of a flow. `help` is the longer explanation, plain text with line breaks.

    `sections` are those of a checklist. `fields` may be asked at any node, and `files` be shown there.
    `flow`: the id of the flow that a sub-flow leads into. A text has its name instead, which becomes the id when a
    draft is saved or published and there is such a flow.
    `open`: a person still has to word its text or a label, so it cannot be published.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: NodeKind
    text: LongText
    help: Help = ""
    flow: Annotated[str, Field(max_length=200), PLAIN] = ""
    choices: tuple[Choice, ...] = ()
    outcomes: tuple[Choice, ...] = ()
    sections: Annotated[tuple[Section, ...], Field(max_length=30)] = ()
    fields: Annotated[tuple[FlowField, ...], Field(max_length=30)] = ()
    files: NodeFiles = ()
    open: bool = False

    @property
    def offered(self) -> tuple[Choice, ...]:
        """The choices of a question, or the outcomes of what is done; empty where a path ends."""
        if self.kind is NodeKind.QUESTION:
            return self.choices
        return self.outcomes if self.kind in HAVE_OUTCOMES else ()

    @property
    def items(self) -> Iterator[Item]:
        """The items of a checklist, in the order of its sections."""
        return (item for section in self.sections for item in section.items)

    @property
    def n_items(self) -> int:
        """How many they are."""
        return sum(len(section.items) for section in self.sections)

    @property
    def texts(self) -> Iterator[str]:
        """The texts that may use fields, as `{{name}}`."""
        yield from (self.text, self.help)
        yield from (section.title for section in self.sections)
        yield from (text for item in self.items for text in (item.text, item.help))
        yield from (field.help for field in self.fields)


class Tree(BaseModel):
    """The nodes of a flow, and the one where it begins. A draft may be incomplete: see `problems`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: Annotated[str, Field(max_length=64), PLAIN]
    nodes: Annotated[dict[NodeId, Node], Field(max_length=300)]

    @property
    def has_files(self) -> bool:
        """Whether a node shows a picture or another file."""
        return any(node.files for node in self.nodes.values())


def to_json(tree: Tree) -> dict[str, Any]:
    """The tree as it is stored; `Tree.model_validate` reads it back."""
    return tree.model_dump(mode="json", exclude_defaults=True)


def find_choice(node: Node, label: str) -> Choice | None:
    """The node's choice with this label; if there is none, one that differs only in case and spaces."""
    exact = (choice for choice in node.offered if choice.label == label)
    alike = (choice for choice in node.offered if folded(choice.label) == folded(label))
    return next(exact, None) or next(alike, None)


def walk(tree: Tree) -> Iterator[str]:
    """Every node once: depth first from the root in the order of the choices, then unreachable nodes by name."""
    found = list(reached(tree, tree.root))
    yield from found
    yield from sorted(tree.nodes.keys() - set(found))


def ahead(tree: Tree, node_id: str) -> list[str]:
    """The nodes that can still follow this one, depth first in the order of the choices."""
    return [found for found in reached(tree, node_id) if found != node_id]


def reached(tree: Tree, start: str) -> Iterator[str]:
    """The node, and all that can follow it, depth first in the order of the choices; none if it does not exist."""
    seen: set[str] = set()
    stack = [start] if start in tree.nodes else []
    while stack:
        node_id = stack.pop()
        if node_id not in seen:
            seen.add(node_id)
            yield node_id
            stack.extend(reversed(following(tree, node_id)))


def following(tree: Tree, node_id: str) -> list[str]:
    """The nodes that a node leads to, once each, even by choices that its kind should not have."""
    node = tree.nodes[node_id]
    return list(dict.fromkeys(choice.next for choice in node.choices + node.outcomes if choice.next in tree.nodes))
