"""A draft's tree as JSON, and what the editor's forms do to it, pure: each edit returns a new tree."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from flowpilot.errors import NotFoundError
from flowpilot.flows.tree import HAVE_OUTCOMES, NodeKind

# A row that leads to a node which is made at the same time names its kind.
_NEW = {f"new:{kind}": kind for kind in NodeKind}

_ID_CHARACTERS = 48

TreeJson = dict[str, Any]
Row = tuple[str, str]
T = TypeVar("T")

# These have forms of their own.
_PARTS = ("fields", "sections", "files")


class NodeNotFoundError(NotFoundError):
    """The draft has no such node, or no longer."""

    def __init__(self) -> None:
        super().__init__("The draft does not have this node any more. Load the editor again to see its nodes.")


class EditedTree(NamedTuple):
    """The tree after an edit, the node that the editor shows next (None: the first), and what to say."""

    tree: TreeJson
    node: str | None
    notice: str


def unchanged(tree: TreeJson) -> EditedTree:
    """The same tree, for what is saved beside it."""
    return EditedTree(tree, None, "Saved.")


def write_node(
    tree: TreeJson,
    node_id: str,
    kind: NodeKind,
    words: tuple[str, str],
    rows: Sequence[Row],
    *,
    flow: str = "",
    is_open: bool = False,
) -> EditedTree:
    """Write a node, and make the new nodes that its rows lead to. What it asks and shows stays.

    Args:
        words: the node's text and its help.
        rows: label and next node of each choice or outcome; rows without a label are left out.
        flow: the name or the id of the flow that a sub-flow leads into.
        is_open: whether a person still has to word it.

    Raises:
        NodeNotFoundError: there is no such node.
    """
    _check_node(tree, node_id)
    nodes = dict(tree["nodes"])
    offered = [{"label": label, "next": _next_node(nodes, label, target)} for label, target in rows if label]
    text, help_ = words
    # Nothing can be chosen where a path ends; rows that were filled in stay, and are reported as a problem.
    name = "outcomes" if kind in HAVE_OUTCOMES else "choices"
    written = {"kind": kind, "text": text, "help": help_, "open": is_open, "flow": flow, name: offered}
    nodes[node_id] = {key: tree["nodes"][node_id].get(key, []) for key in _PARTS} | written
    new = next((made for made in nodes if made not in tree["nodes"]), None)
    if new is None:
        return EditedTree({**tree, "nodes": nodes}, node_id, "Saved.")
    return EditedTree({**tree, "nodes": nodes}, new, "Saved. Write the new node next.")


def write_parts(tree: TreeJson, node_id: str, parts: TreeJson) -> EditedTree:
    """Replace the fields, the sections or the files of a node.

    Raises:
        NodeNotFoundError: there is no such node.
    """
    _check_node(tree, node_id)
    nodes = {**tree["nodes"], node_id: tree["nodes"][node_id] | parts}
    return EditedTree({**tree, "nodes": nodes}, node_id, "Saved.")


def moved_up(rows: Sequence[T], number: int | None) -> list[T]:
    """The rows, with the one of this number (from 0) before the one above it."""
    moved = list(rows)
    if number is not None and 0 < number < len(moved):
        moved[number - 1], moved[number] = moved[number], moved[number - 1]
    return moved


def moved(rows: Sequence[T], up: int | None, down: int | None) -> list[T]:
    """The rows, with one of them moved up or down."""
    return moved_up(rows, up if down is None else down + 1)


def add_node(tree: TreeJson, kind: NodeKind, text: str) -> EditedTree:
    """Add a node that no other leads to yet."""
    nodes = dict(tree["nodes"])
    node_id = _add(nodes, kind, text)
    return EditedTree({**tree, "nodes": nodes}, node_id, "Added. Now let a choice of another node lead here.")


def remove_node(tree: TreeJson, node_id: str) -> EditedTree:
    """Remove a node, and go on with one that led to it: its choice leads nowhere now, which is a problem.

    Raises:
        NodeNotFoundError: there is no such node.
    """
    _check_node(tree, node_id)
    nodes = {name: node for name, node in tree["nodes"].items() if name != node_id}
    return EditedTree({**tree, "nodes": nodes}, _leading_to(nodes, node_id), "Removed.")


def set_root(tree: TreeJson, node_id: str) -> EditedTree:
    """Begin the flow at another node.

    Raises:
        NodeNotFoundError: there is no such node.
    """
    _check_node(tree, node_id)
    return EditedTree({**tree, "root": node_id}, node_id, "The flow begins here now.")


def sentence(error: ValidationError) -> str:
    """The first thing that is wrong with a draft, in words."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if part not in {"tree", "nodes"}]
    what = " ".join(path) or "The flow"
    if first["type"] == "string_too_short":
        return f"This must not be empty: {what}."
    return f"{what}: {first['msg'].removeprefix('Value error, ')}."


def _check_node(tree: TreeJson, node_id: str) -> None:
    if node_id not in tree["nodes"]:
        raise NodeNotFoundError


def _next_node(nodes: dict[str, Any], label: str, target: str) -> str:
    """The node that a row leads to, which is added to the nodes if the row asks for a new one."""
    return _add(nodes, _NEW[target], label) if target in _NEW else target


def _add(nodes: dict[str, Any], kind: NodeKind, text: str) -> str:
    """Add a node that leads nowhere yet, and return its id, which is made from its text."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", ascii_text)[:_ID_CHARACTERS].strip("-") or str(kind)
    node_id, number = stem, 1
    while node_id in nodes:
        number += 1
        node_id = f"{stem}-{number}"
    nodes[node_id] = {"kind": kind, "text": text}
    return node_id


def _leading_to(nodes: Mapping[str, Any], target: str) -> str | None:
    """A node with a choice that leads to the target."""
    leading = (
        node_id
        for node_id, node in nodes.items()
        if any(choice["next"] == target for choice in [*node["choices"], *node["outcomes"]])
    )
    return next(leading, None)
