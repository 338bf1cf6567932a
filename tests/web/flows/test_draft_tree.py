"""What the editor's forms do to a tree, without a browser."""

from copy import deepcopy
from functools import partial
from typing import Any

import pytest

from flowpilot.flows.tree import NodeKind
from flowpilot.web.flows import draft_tree
from flowpilot.web.flows.draft_tree import NodeNotFoundError


def _node(text: str, *choices: str) -> dict[str, Any]:
    offered = [{"label": f"to {target}", "next": target} for target in choices]
    return {"kind": "question", "text": text, "help": "", "choices": offered, "outcomes": []}


TREE = {"root": "first", "nodes": {"first": _node("First?", "second"), "second": _node("Second?")}}
EDITS = {
    "write": partial(
        draft_tree.write_node,
        node_id="first",
        kind=NodeKind.QUESTION,
        words=("New?", ""),
        rows=[("Yes", "new:resolution")],
    ),
    "add": partial(draft_tree.add_node, kind=NodeKind.QUESTION, text="Third?"),
    "remove": partial(draft_tree.remove_node, node_id="second"),
    "root": partial(draft_tree.set_root, node_id="second"),
}


@pytest.mark.parametrize(
    ("edit", "goes_on_at"), [("write", "yes"), ("add", "third"), ("remove", "first"), ("root", "second")]
)
def test_an_edit_returns_another_tree_and_where_the_editor_goes_on(edit: str, goes_on_at: str) -> None:
    before = deepcopy(TREE)
    edited = EDITS[edit](before)
    assert before == TREE
    assert edited.tree != TREE
    assert edited.node == goes_on_at


@pytest.mark.parametrize("edit", ["write", "remove", "root"])
def test_an_edit_of_a_node_that_is_gone_is_refused(edit: str) -> None:
    with pytest.raises(NodeNotFoundError):
        EDITS[edit]({"root": "", "nodes": {}})


@pytest.mark.parametrize(("number", "order"), [(1, "bac"), (2, "acb"), (0, "abc"), (3, "abc"), (None, "abc")])
def test_a_row_moves_up_if_there_is_one_above_it(number: int | None, order: str) -> None:
    rows = [(label, "") for label in "abc"]
    assert "".join(label for label, _ in draft_tree.moved_up(rows, number)) == order
