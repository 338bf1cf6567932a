"""How two trees differ, as people read it, pure: nodes by their names, with links to where they are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from flowpilot.flows.checking.naming import node_names
from flowpilot.flows.schemas import DifferencesOut
from flowpilot.flows.tree import Choice, Node, Tree
from flowpilot.web.flows.outline import Mark
from flowpilot.web.formatting import plain


class NodeLink(NamedTuple):
    """A node by its name. `address` is None for one that does not exist."""

    name: str
    address: str | None


class Lead(NamedTuple):
    """A choice or an outcome, and the node that it leads to."""

    label: str
    to: NodeLink


@dataclass(frozen=True, slots=True)
class WholeNode:
    """A node that only one of the trees has."""

    node: Node
    address: str
    leads: list[Lead]


@dataclass(frozen=True, slots=True)
class ChangedPart:
    """A part of a node before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class NodeChange:
    """A node that both trees have, and its parts that differ."""

    text: str
    address: str
    parts: list[ChangedPart]


@dataclass(frozen=True, slots=True)
class Changes:
    """What turns the earlier tree into the later one. `begins`: the nodes where the two begin, if they differ."""

    begins: tuple[NodeLink, NodeLink] | None
    changed: list[NodeChange]
    added: list[WholeNode]
    removed: list[WholeNode]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two trees.

    Args:
        names: of its nodes.
        at: the address of the page where it is read; with the id of a node, that of the node.
    """

    names: Mapping[str, str]
    at: str

    def link(self, node_id: str) -> NodeLink:
        """A node of it."""
        name = self.names.get(node_id)
        return NodeLink("nowhere", None) if name is None else NodeLink(name, f"{self.at}{node_id}")

    def leads(self, node: Node) -> Iterator[Lead]:
        """Where a node of it leads."""
        return (Lead(choice.label, self.link(choice.next)) for choice in node.choices + node.outcomes)


def side(tree: Tree, at: str) -> Side:
    """One of two trees that are compared."""
    return Side(node_names(tree), at)


def changes(found: DifferencesOut, before: Side, after: Side, flows: Mapping[str, str]) -> Changes:
    """What differs between two trees. `flows`: the names of the flows that they lead into."""
    begins = None
    if found.root_before != found.root_after:
        begins = (before.link(found.root_before), after.link(found.root_after))
    changed = [
        NodeChange(one.after.text, f"{after.at}{one.node}", _parts(one.before, one.after, before, after, flows))
        for one in found.changed
    ]
    return Changes(begins, changed, _whole(found.added, after), _whole(found.removed, before))


def tree_before(found: DifferencesOut, after: Tree) -> Tree:
    """The earlier tree, from the later one and how they differ."""
    changed = {one.node: one.before for one in found.changed}
    kept = {node_id: node for node_id, node in after.nodes.items() if node_id not in found.added}
    return Tree(root=found.root_before, nodes=kept | changed | found.removed)


def marks_of(found: DifferencesOut) -> dict[str, Mark]:
    """What a change does with the nodes of the later tree."""
    return dict.fromkeys(found.added, Mark.NEW) | {one.node: Mark.CHANGED for one in found.changed}


def _whole(nodes: Mapping[str, Node], of: Side) -> list[WholeNode]:
    return [WholeNode(node, f"{of.at}{node_id}", list(of.leads(node))) for node_id, node in nodes.items()]


def _parts(old: Node, new: Node, before: Side, after: Side, flows: Mapping[str, str]) -> list[ChangedPart]:
    parts = [
        ChangedPart("Kind", plain(old.kind), plain(new.kind)),
        ChangedPart("Text", old.text, new.text),
        ChangedPart("Help", old.help, new.help),
        ChangedPart("Leads into", flows.get(old.flow, old.flow), flows.get(new.flow, new.flow)),
        ChangedPart("Files", _files(old), _files(new)),
        ChangedPart("Fields", _fields(old), _fields(new)),
        ChangedPart("Items", _items(old), _items(new)),
    ]
    parts = [part for part in parts if part.before != part.after]
    # A node that is only called something else now is the same node.
    for name, was, now in (("Choices", old.choices, new.choices), ("Outcomes", old.outcomes, new.outcomes)):
        if was != now:
            parts.append(ChangedPart(name, _lines(was, before), _lines(now, after)))
    return parts


def _fields(node: Node) -> str:
    return "\n".join(
        f"{field.label} ({{{{{field.name}}}}}, {field.kind}{', required' if field.required else ''}"
        f"{': ' if field.choices else ''}{', '.join(field.choices)})"
        f"{_help(field.help)}"
        for field in node.fields
    )


def _files(node: Node) -> str:
    return "\n".join(file.name for file in node.files)


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


def _lines(choices: Iterable[Choice], of: Side) -> str:
    return "\n".join(f"{choice.label} → {of.link(choice.next).name}" for choice in choices)
