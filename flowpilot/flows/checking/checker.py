"""What prevents a tree from being published, pure. Messages name nodes as people do; ids are beside them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowpilot.flows.checking.naming import node_names
from flowpilot.flows.checklist import checklist_problems
from flowpilot.flows.fields import definition_problems, field_problems, misspelt_in, names_in
from flowpilot.flows.files.node import missing
from flowpilot.flows.plain import folded
from flowpilot.flows.tree import HAVE_OUTCOMES, Node, NodeKind, Tree, following, reached, walk
from flowpilot.text import REMOVED


@dataclass(frozen=True, slots=True)
class TreeProblem:
    """One reason why a tree cannot be published. `node` is None when it concerns the whole tree.

    `missing`: the id that something leads to, but that no node has. A message does not say it.
    """

    node: str | None
    message: str
    missing: str | None = None


# What the canvas calls a choice until somebody words it.
_UNWORDED = re.compile(r"(?:Choice|Outcome) \d+")

_WORDS = {NodeKind.SUBFLOW: "sub-flow"}


def problems(tree: Tree) -> list[TreeProblem]:
    """Everything that prevents publishing the tree, in a stable order; empty if it can be published."""
    names = node_names(tree)
    found = [problem for node_id in walk(tree) for problem in _node_problems(tree, node_id, names)]
    if tree.root not in tree.nodes:
        found.insert(0, _beginning_problem(tree))
    else:
        unreached = tree.nodes.keys() - set(reached(tree, tree.root))
        found += [
            TreeProblem(node_id, f"No path leads to {names[node_id]}. Let a choice lead to it, or remove it.")
            for node_id in sorted(unreached)
        ]
    found += _field_problems(tree, names)
    return found + [_loop_problem(loop, names) for loop in _loops(tree)]


def kind_and_name(kind: NodeKind, name: str) -> str:
    """A node at the beginning of a sentence: `The question "Is it on?"`, or `The question at node 3`."""
    place = name if name.startswith('"') else f"at {name}"
    return f"The {_WORDS.get(kind, kind)} {place}"


def _beginning_problem(tree: Tree) -> TreeProblem:
    if not tree.nodes:
        return TreeProblem(None, "The flow has no nodes. Add one, then begin the flow there.")
    message = "The flow begins at a node that does not exist. Add it, or choose another node to begin with."
    return TreeProblem(None, message, tree.root or None)


def _node_problems(tree: Tree, node_id: str, names: Mapping[str, str]) -> Iterator[TreeProblem]:
    node, name = tree.nodes[node_id], names[node_id]
    yield from (TreeProblem(node_id, message) for message in _kind_problems(name, node))
    for word, choices in (("choice", node.choices), ("outcome", node.outcomes)):
        taken: set[str] = set()
        for choice in choices:
            which = f'The {word} "{choice.label}" of {name}'
            if _UNWORDED.fullmatch(choice.label):
                yield TreeProblem(node_id, f"{which} is not worded yet. Write what it means in its place.")
            if not choice.next:
                yield TreeProblem(node_id, f"{which} leads nowhere yet. Choose the node that it leads to.")
            elif choice.next not in tree.nodes:
                message = f"{which} leads to a node that does not exist. Add it, or choose another node."
                yield TreeProblem(node_id, message, choice.next)
            if folded(choice.label) in taken:
                yield TreeProblem(node_id, f"{which} exists twice. Give each {word} its own label.")
            taken.add(folded(choice.label))


def _kind_problems(name: str, node: Node) -> Iterator[str]:
    which = kind_and_name(node.kind, name)
    if REMOVED in node.model_dump_json():
        yield f"{which} has words that were removed for good. Write what to say instead of {REMOVED}."
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
    yield from missing(which[0].lower() + which[1:], node.files)


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


def _field_problems(tree: Tree, names: Mapping[str, str]) -> Iterator[TreeProblem]:
    """What is wrong with fields between nodes: one is defined twice, or used and never asked."""
    order = list(walk(tree))
    asked = [(node_id, field) for node_id in order for field in tree.nodes[node_id].fields]
    yield from (TreeProblem(node_id, message) for node_id, message in definition_problems(asked, names))
    known: dict[str, set[str]] = {field.name: set() for _, field in asked}
    for node_id, field in asked:
        known[field.name].update(reached(tree, node_id))
    for node_id in order:
        yield from (
            TreeProblem(node_id, message) for message in _use_problems(tree, node_id, names[node_id], known)
        )


def _use_problems(tree: Tree, node_id: str, name: str, known: Mapping[str, set[str]]) -> Iterator[str]:
    """Fields that a node uses, but that are not asked before it, or are misspelt; `known`: where each is."""
    node = tree.nodes[node_id]
    used = dict.fromkeys(field for text in node.texts for field in names_in(text))
    for field in (field for field in used if field not in known):
        yield f"A text of {name} uses {{{{{field}}}}}, which no node asks for. Add it as a field."
    for field in (field for field in used if field in known and node_id not in known[field]):
        yield f"A text of {name} uses {{{{{field}}}}}, which no node before it asks for. Add it as a field."
    for field in dict.fromkeys(field for text in node.texts for field in misspelt_in(text)):
        yield (
            f"A text of {name} uses {{{{{field}}}}}, which is no name of a field. Use small letters, digits and _."
        )
    for choice in node.choices + node.outcomes:
        if any(names_in(choice.label)):
            yield f'The label "{choice.label}" of {name} uses a field. Use it in a text instead.'


def _loop_problem(loop: list[str], names: Mapping[str, str]) -> TreeProblem:
    circle = " → ".join(names[node_id] for node_id in [*loop, loop[0]])
    message = f"The path {circle} never ends. Let {names[loop[-1]]} lead elsewhere, so that every path ends."
    return TreeProblem(loop[0], message)


def _loops(tree: Tree) -> Iterator[list[str]]:
    """For every step that leads back into its own path, the nodes of the loop, in order."""
    done: set[str] = set()
    for start in walk(tree):
        path = [] if start in done else [start]
        pending = [iter(following(tree, node_id)) for node_id in path]
        while path:
            for node_id in pending[-1]:
                if node_id in path:
                    yield path[path.index(node_id) :]
                elif node_id not in done:
                    path.append(node_id)
                    pending.append(iter(following(tree, node_id)))
                    break
            else:
                done.add(path.pop())
                pending.pop()
