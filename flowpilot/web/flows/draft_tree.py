"""A draft's tree as JSON, and what the editor's forms do to it, pure."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from flowpilot.flows.tree import NodeKind

# A row that leads to a node which is made at the same time names its kind.
_NEW = {f"new:{kind}": kind for kind in NodeKind}

_ID_CHARACTERS = 48

Row = tuple[str, str]


def moved(rows: list[Row], up: int | None) -> list[Row]:
    """The rows of label and next node, with that one before the one above it."""
    if up is not None and 0 < up < len(rows):
        rows[up - 1], rows[up] = rows[up], rows[up - 1]
    return rows


def write_node(
    tree: dict[str, Any], node_id: str, kind: NodeKind, words: tuple[str, str], rows: Sequence[Row]
) -> list[str]:
    """Write a node over, and return the ids of the nodes that its rows have made.

    Args:
        words: the node's text and its help.
        rows: label and next node of what it offers; those without a label are left away.
    """
    made, offered = [], []
    for label, target in rows:
        if not label:
            continue
        if target in _NEW:
            made.append(add_node(tree, _NEW[target], label))
        offered.append({"label": label, "next": made[-1] if target in _NEW else target})
    text, help_ = words
    # Where a path ends nothing is offered; what was written there stays, and is told as a problem.
    name = "outcomes" if kind is NodeKind.INSTRUCTION else "choices"
    tree["nodes"][node_id] = {"kind": kind, "text": text, "help": help_, name: offered}
    return made


def add_node(tree: dict[str, Any], kind: NodeKind, text: str) -> str:
    """Add a node that leads nowhere yet, and return its id, which is made of its words."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", ascii_text)[:_ID_CHARACTERS].strip("-") or str(kind)
    node_id, number = stem, 1
    while node_id in tree["nodes"]:
        number += 1
        node_id = f"{stem}-{number}"
    tree["nodes"][node_id] = {"kind": kind, "text": text}
    return node_id


def leads_to(tree: dict[str, Any], target: str) -> str | None:
    """A node with a choice that leads to the target."""
    for node_id, node in tree["nodes"].items():
        if any(choice["next"] == target for choice in [*node["choices"], *node["outcomes"]]):
            found: str = node_id
            return found
    return None


def sentence(error: ValidationError) -> str:
    """The first thing that is wrong with a draft, in words."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if part not in {"tree", "nodes"}]
    what = " ".join(path) or "The flow"
    if first["type"] == "string_too_short":
        return f"Something is empty that needs words: {what}."
    return f"{what}: {first['msg'].removeprefix('Value error, ')}."
