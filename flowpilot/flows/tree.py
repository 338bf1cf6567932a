"""A flow as a decision tree, pure: its nodes, what is wrong with it, and what lies ahead of a node."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.flows.checklist import Item, Section, checklist_problems
from flowpilot.flows.fields import FlowField, definition_problems, field_problems, misspelt_in, names_in
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

    `sections` are those of a checklist. `fields` may be asked at any node.
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


@dataclass(frozen=True, slots=True)
class TreeProblem:
    """One reason why a tree cannot be published. `node` is None when it concerns the whole tree."""

    node: str | None
    message: str


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
    reached = list(_depth_first(tree, tree.root))
    yield from reached
    yield from sorted(tree.nodes.keys() - set(reached))


def ahead(tree: Tree, node_id: str) -> list[str]:
    """The nodes that can still follow this one, depth first in the order of the choices."""
    return [found for found in _depth_first(tree, node_id) if found != node_id]


def problems(tree: Tree) -> list[TreeProblem]:
    """Everything that prevents publishing the tree, in a stable order; empty if it can be published."""
    found = [problem for node_id in walk(tree) for problem in _node_problems(tree, node_id)]
    if tree.root not in tree.nodes:
        message = f'The root "{tree.root}" is not among the nodes. Add it, or choose another node to begin with.'
        found.insert(0, TreeProblem(None, message))
    else:
        reached = set(_depth_first(tree, tree.root))
        found += [
            TreeProblem(node_id, f'No path leads to the node "{node_id}". Let a choice lead to it, or remove it.')
            for node_id in sorted(tree.nodes.keys() - reached)
        ]
    found += _field_problems(tree)
    return found + [_loop_problem(loop) for loop in _loops(tree)]


_WORDS = {NodeKind.SUBFLOW: "sub-flow"}


def _node_problems(tree: Tree, node_id: str) -> Iterator[TreeProblem]:
    node = tree.nodes[node_id]
    yield from (TreeProblem(node_id, message) for message in _kind_problems(node_id, node))
    for word, choices in (("choice", node.choices), ("outcome", node.outcomes)):
        taken: set[str] = set()
        for choice in choices:
            which = f'The {word} "{choice.label}" of node "{node_id}"'
            if choice.next not in tree.nodes:
                message = (
                    f'{which} leads to "{choice.next}", which does not exist. Add it, or choose another node.'
                )
                yield TreeProblem(node_id, message)
            if folded(choice.label) in taken:
                yield TreeProblem(node_id, f"{which} exists twice. Give each {word} its own label.")
            taken.add(folded(choice.label))


def _kind_problems(node_id: str, node: Node) -> Iterator[str]:
    which = f'The {_WORDS.get(node.kind, node.kind)} "{node_id}"'
    if node.open:
        yield f"{which} is not worded yet. Write what to ask and what each answer is, then clear its mark."
    if node.kind is NodeKind.QUESTION:
        yield from _question_problems(which, node)
    elif node.kind in HAVE_OUTCOMES:
        yield from _outcome_problems(which, node)
    elif node.choices or node.outcomes:
        yield f"{which} ends the flow and cannot lead on. Remove its choices and outcomes."
    if node.kind is NodeKind.CHECKLIST:
        yield from checklist_problems(which, node.sections)
    elif node.sections:
        yield f"{which} has sections of items. Make it a checklist, or remove them."
    if node.kind is NodeKind.SUBFLOW and not node.flow:
        yield f"{which} leads into no flow. Choose the flow that it leads into."
    if node.kind is not NodeKind.SUBFLOW and node.flow:
        yield f"{which} names a flow. Make it a sub-flow, which leads into that flow, or remove the name."
    yield from field_problems(which, node.fields)


def _question_problems(which: str, node: Node) -> Iterator[str]:
    if len(node.choices) < 2:
        yield f"{which} needs at least two choices. Add the other possible answers."
    if node.outcomes:
        yield f"{which} has outcomes. A question has choices: move them there, or make it an instruction."


def _outcome_problems(which: str, node: Node) -> Iterator[str]:
    if not node.outcomes:
        yield f"{which} has no outcome. Add its possible outcomes, and where each leads."
    if node.choices:
        a_kind = f"{'An' if node.kind is NodeKind.INSTRUCTION else 'A'} {_WORDS.get(node.kind, node.kind)}"
        yield f"{which} has choices. {a_kind} has outcomes: move them there, or make it a question."


def _field_problems(tree: Tree) -> Iterator[TreeProblem]:
    """What is wrong with fields between nodes: one is defined twice, or used and never asked."""
    order = list(walk(tree))
    asked = [(node_id, field) for node_id in order for field in tree.nodes[node_id].fields]
    yield from (TreeProblem(node_id, message) for node_id, message in definition_problems(asked))
    names = {field.name for _, field in asked}
    known: dict[str, set[str]] = {name: set() for name in names}
    for node_id, field in asked:
        known[field.name].update(_depth_first(tree, node_id))
    for node_id in order:
        node = tree.nodes[node_id]
        for name in dict.fromkeys(name for text in node.texts for name in names_in(text) if name not in names):
            message = f'The node "{node_id}" uses {{{{{name}}}}}, which no node asks for. Add it as a field.'
            yield TreeProblem(node_id, message)
        used = dict.fromkeys(name for text in node.texts for name in names_in(text))
        for name in (name for name in used if name in names and node_id not in known[name]):
            message = (
                f'The node "{node_id}" uses {{{{{name}}}}}, which no node before it asks for. Add it as a field.'
            )
            yield TreeProblem(node_id, message)
        for name in dict.fromkeys(name for text in node.texts for name in misspelt_in(text)):
            message = (
                f'The node "{node_id}" uses {{{{{name}}}}}, which is no name of a field. '
                "Use small letters, digits and _."
            )
            yield TreeProblem(node_id, message)
        for choice in node.choices + node.outcomes:
            if any(names_in(choice.label)):
                message = f'The label "{choice.label}" of node "{node_id}" uses a field. Use it in a text instead.'
                yield TreeProblem(node_id, message)


def _loop_problem(loop: list[str]) -> TreeProblem:
    circle = " → ".join([*loop, loop[0]])
    message = f'The path {circle} never ends. Let the node "{loop[-1]}" lead elsewhere, so that every path ends.'
    return TreeProblem(loop[0], message)


def _loops(tree: Tree) -> Iterator[list[str]]:
    """For every step that leads back into its own path, the nodes of the loop, in order."""
    done: set[str] = set()
    for start in walk(tree):
        path = [] if start in done else [start]
        pending = [iter(_following(tree, node_id)) for node_id in path]
        while path:
            for node_id in pending[-1]:
                if node_id in path:
                    yield path[path.index(node_id) :]
                elif node_id not in done:
                    path.append(node_id)
                    pending.append(iter(_following(tree, node_id)))
                    break
            else:
                done.add(path.pop())
                pending.pop()


def _depth_first(tree: Tree, start: str) -> Iterator[str]:
    seen: set[str] = set()
    stack = [start] if start in tree.nodes else []
    while stack:
        node_id = stack.pop()
        if node_id not in seen:
            seen.add(node_id)
            yield node_id
            stack.extend(reversed(_following(tree, node_id)))


def _following(tree: Tree, node_id: str) -> list[str]:
    """The nodes that a node leads to, once each, even by choices that its kind should not have."""
    node = tree.nodes[node_id]
    return list(dict.fromkeys(choice.next for choice in node.choices + node.outcomes if choice.next in tree.nodes))
