"""A flow as a decision tree, pure: its nodes, what is wrong with it, and what lies ahead of a node."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


class NodeKind(StrEnum):
    """Questions and instructions lead on; resolutions and escalations end a path."""

    QUESTION = "question"
    INSTRUCTION = "instruction"
    RESOLUTION = "resolution"
    ESCALATION = "escalation"


def _plain(value: Any) -> Any:
    """JSONB and YAML cannot store every control character. Browsers send line breaks as CR LF."""
    if not isinstance(value, str):
        return value
    value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in value):
        raise ValueError("it contains a control character; remove it")
    return value


PLAIN = BeforeValidator(_plain)
ShortText = Annotated[str, Field(min_length=1, max_length=200), PLAIN]
NodeId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class Choice(BaseModel):
    """An answer to a question or an outcome of an instruction, and the node it leads to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: ShortText
    next: Annotated[str, Field(max_length=64), PLAIN]


class Node(BaseModel):
    """One step of a flow. `help` is the longer explanation, plain text with line breaks.

    `open`: a person still has to word its text or a label, so it cannot be published.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: NodeKind
    text: Annotated[str, Field(min_length=1, max_length=2000), PLAIN]
    help: Annotated[str, Field(max_length=5000), PLAIN] = ""
    choices: tuple[Choice, ...] = ()
    outcomes: tuple[Choice, ...] = ()
    open: bool = False

    @property
    def offered(self) -> tuple[Choice, ...]:
        """The choices of a question or the outcomes of an instruction; empty where a path ends."""
        return {NodeKind.QUESTION: self.choices, NodeKind.INSTRUCTION: self.outcomes}.get(self.kind, ())


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
    alike = (choice for choice in node.offered if _folded(choice.label) == _folded(label))
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
    return found + [_loop_problem(loop) for loop in _loops(tree)]


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
            if _folded(choice.label) in taken:
                yield TreeProblem(node_id, f"{which} exists twice. Give each {word} its own label.")
            taken.add(_folded(choice.label))


def _kind_problems(node_id: str, node: Node) -> Iterator[str]:
    which = f'The {node.kind} "{node_id}"'
    if node.open:
        yield f"{which} is not worded yet. Write what to ask and what each answer is, then clear its mark."
    match node.kind:
        case NodeKind.QUESTION:
            if len(node.choices) < 2:
                yield f"{which} needs at least two choices. Add the other possible answers."
            if node.outcomes:
                yield f"{which} has outcomes. A question has choices: move them there, or make it an instruction."
        case NodeKind.INSTRUCTION:
            if not node.outcomes:
                yield f"{which} has no outcome. Add its possible outcomes, and where each leads."
            if node.choices:
                yield f"{which} has choices. An instruction has outcomes: move them there, or make it a question."
        case NodeKind.RESOLUTION | NodeKind.ESCALATION:
            if node.choices or node.outcomes:
                yield f"{which} ends the flow and cannot lead on. Remove its choices and outcomes."


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


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()
