"""A flow as a decision tree, pure: what a node is, what is wrong with a tree, and what lies ahead of a node."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints


class NodeKind(StrEnum):
    """A question and an instruction lead on; a resolution and an escalation end a path."""

    QUESTION = "question"
    INSTRUCTION = "instruction"
    RESOLUTION = "resolution"
    ESCALATION = "escalation"


def _plain(value: Any) -> Any:
    """Neither JSONB nor YAML can hold every control character; a browser sends its line breaks as CR LF."""
    if not isinstance(value, str):
        return value
    value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(unicodedata.category(character) == "Cc" and character not in "\n\t" for character in value):
        raise ValueError("it holds a control character; take that out")
    return value


PLAIN = BeforeValidator(_plain)
ShortText = Annotated[str, Field(min_length=1, max_length=200), PLAIN]
NodeId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class Choice(BaseModel):
    """What can be answered to a question, or can come of an instruction, and the node that it leads to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: ShortText
    next: Annotated[str, Field(max_length=64), PLAIN]


class Node(BaseModel):
    """One step of a flow. `help` is the longer how-to, plain text with line breaks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: NodeKind
    text: Annotated[str, Field(min_length=1, max_length=2000), PLAIN]
    help: Annotated[str, Field(max_length=5000), PLAIN] = ""
    choices: tuple[Choice, ...] = ()
    outcomes: tuple[Choice, ...] = ()

    @property
    def offered(self) -> tuple[Choice, ...]:
        """The choices of a question, the outcomes of an instruction; nothing where a path ends."""
        return {NodeKind.QUESTION: self.choices, NodeKind.INSTRUCTION: self.outcomes}.get(self.kind, ())


class Tree(BaseModel):
    """The nodes of a flow and where it begins. A draft may be incomplete: `problems` says what is missing."""

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
    """What the node offers under that label: the very same, or else the same but for case and spaces."""
    exact = (choice for choice in node.offered if choice.label == label)
    alike = (choice for choice in node.offered if _folded(choice.label) == _folded(label))
    return next(exact, None) or next(alike, None)


def walk(tree: Tree) -> Iterator[str]:
    """Every node once: depth first from the root in the order of the choices, then the unreachable ones sorted."""
    reached = list(_depth_first(tree, tree.root))
    yield from reached
    yield from sorted(tree.nodes.keys() - set(reached))


def ahead(tree: Tree, node_id: str) -> list[str]:
    """The nodes that can still follow after this one, depth first in the order of the choices."""
    return [found for found in _depth_first(tree, node_id) if found != node_id]


def problems(tree: Tree) -> list[TreeProblem]:
    """Everything that forbids publishing the tree, in a stable order; empty when it can be published."""
    found = [problem for node_id in walk(tree) for problem in _node_problems(tree, node_id)]
    if tree.root not in tree.nodes:
        message = f'The root "{tree.root}" is not among the nodes: add it, or name the node where the flow begins.'
        found.insert(0, TreeProblem(None, message))
    else:
        reached = set(_depth_first(tree, tree.root))
        found += [
            TreeProblem(node_id, f'No path leads to node "{node_id}": let a choice lead to it, or remove it.')
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
                message = f'{which} leads to "{choice.next}", which is not there: add that node or lead elsewhere.'
                yield TreeProblem(node_id, message)
            if _folded(choice.label) in taken:
                yield TreeProblem(node_id, f"{which} is there twice: give each {word} a label of its own.")
            taken.add(_folded(choice.label))


def _kind_problems(node_id: str, node: Node) -> Iterator[str]:
    which = f'The {node.kind} "{node_id}"'
    match node.kind:
        case NodeKind.QUESTION:
            if len(node.choices) < 2:
                yield f"{which} needs at least two choices: add what else can be answered."
            if node.outcomes:
                yield f"{which} has outcomes: a question has choices; move them there, or make it an instruction."
        case NodeKind.INSTRUCTION:
            if not node.outcomes:
                yield f"{which} has no outcome: add what can come of it and where each leads."
            if node.choices:
                yield f"{which} has choices: an instruction has outcomes; move them there, or make it a question."
        case NodeKind.RESOLUTION | NodeKind.ESCALATION:
            if node.choices or node.outcomes:
                yield f"{which} ends the flow and cannot lead on: remove its choices and outcomes."


def _loop_problem(loop: list[str]) -> TreeProblem:
    circle = " → ".join([*loop, loop[0]])
    message = f'The path {circle} never ends: lead node "{loop[-1]}" elsewhere, so that every path ends.'
    return TreeProblem(loop[0], message)


def _loops(tree: Tree) -> Iterator[list[str]]:
    """For every step that leads back into its own path, the nodes that are gone round, in order."""
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
    """The nodes, once each, that a node leads to; also by what its kind should not have, which is said apart."""
    node = tree.nodes[node_id]
    return list(dict.fromkeys(choice.next for choice in node.choices + node.outcomes if choice.next in tree.nodes))


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()
