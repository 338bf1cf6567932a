"""What people call a node, and the number by which they find it."""

from typing import Any

from flowpilot.flows.checking.naming import named
from flowpilot.flows.checking.numbering import places
from flowpilot.flows.tree import Tree


def _tree(**texts: str) -> Tree:
    """Nodes with these texts, of which each leads to the next."""
    ids = [*texts, ""]
    nodes: dict[str, dict[str, Any]] = {
        id_: {"kind": "instruction", "text": text, "outcomes": [{"label": "On", "next": following}]}
        for (id_, text), following in zip(texts.items(), ids[1:], strict=True)
    }
    return Tree.model_validate({"root": ids[0], "nodes": nodes})


def test_a_node_is_called_by_its_text() -> None:
    assert named(_tree(step_4="Restart the printer."), "step_4") == '"Restart the printer."'


def test_a_long_text_is_cut_at_a_word_and_is_one_line() -> None:
    long = "Open the settings of the printer,\nthen choose its trays, and count the sheets in each of them."
    assert named(_tree(a=long), "a") == '"Open the settings of the printer, then choose its…"'


def test_nodes_of_one_text_have_their_numbers() -> None:
    tree = _tree(x="Restart it.", y="Wait.", z="Restart it.")
    assert [named(tree, id_) for id_ in "xyz"] == ['"Restart it." (node 1)', '"Wait."', '"Restart it." (node 3)']


def test_a_node_that_is_not_worded_has_only_its_number() -> None:
    tree = _tree(a="Wait.", b="The article parts here: heat; dust.")
    nodes = tree.nodes | {"b": tree.nodes["b"].model_copy(update={"open": True})}
    assert named(tree.model_copy(update={"nodes": nodes}), "b") == "node 2"


def test_a_part_that_no_path_leads_to_is_numbered_from_where_it_begins() -> None:
    tree = _tree(root="Begin.", b="Wait.")
    lost = _tree(z="Lost.", a="After it.")
    nodes = tree.nodes | lost.nodes
    assert [
        (id_, at.number, at.depth) for id_, at in places(tree.model_copy(update={"nodes": nodes})).items()
    ] == [
        ("root", 1, 0),
        ("b", 2, 1),
        ("z", 3, 0),
        ("a", 4, 1),
    ]
