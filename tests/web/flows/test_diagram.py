"""A flow as an outline and as a drawing, without a server."""

from itertools import pairwise
from typing import Any

import pytest

from flowpilot.flows.shipped import shipped_flows
from flowpilot.flows.tree import Tree
from flowpilot.web.flows.diagram import Box, JumpLabel, diagram
from flowpilot.web.flows.outline import Jump, Mark, outline

SLUGS = sorted(shipped_flows())


def _tree(root: str, **leads: list[str]) -> Tree:
    """A tree of questions: `_tree("a", a=["b", "c"], b=[], c=[])`."""
    nodes: dict[str, Any] = {
        node: {"kind": "question", "text": node, "choices": [{"label": to, "next": to} for to in targets]}
        for node, targets in leads.items()
    }
    return Tree.model_validate({"root": root, "nodes": nodes})


def _branches(tree: Tree) -> dict[str, list[tuple[str, Jump, int | None]]]:
    return {
        entry.id: [(branch.target, branch.jump, branch.number) for branch in entry.branches]
        for entry in outline(tree).entries.values()
    }


def test_a_node_is_placed_on_its_shortest_path() -> None:
    assert _branches(_tree("a", a=["b", "c"], b=["d"], c=["d", "e"], d=["e"], e=[])) == {
        "a": [("b", Jump.DOWN, 2), ("c", Jump.DOWN, 4)],
        "b": [("d", Jump.DOWN, 3)],
        "d": [("e", Jump.JUMP, 5)],
        "c": [("d", Jump.JUMP, 3), ("e", Jump.DOWN, 5)],
        "e": [],
    }


def test_branches_back_and_to_nowhere_are_marked() -> None:
    assert _branches(_tree("a", a=["b", "gone"], b=["a", "b"])) == {
        "a": [("b", Jump.DOWN, 2), ("gone", Jump.NOWHERE, None)],
        "b": [("a", Jump.BACK, 1), ("b", Jump.BACK, 2)],
    }


def test_unreachable_nodes_come_last() -> None:
    read = outline(_tree("a", a=[], lone=["lost"], lost=[]))
    assert [(entry.id, entry.depth, entry.begins_list) for entry in read.entries.values()] == [
        ("a", 0, True),
        ("lone", 0, True),
        ("lost", 1, False),
    ]


def test_choices_that_lead_to_the_same_node_are_one_branch() -> None:
    nodes = {
        "a": {
            "kind": "question",
            "text": "a",
            "choices": [{"label": "Yes", "next": "b"}, {"label": "No", "next": "b"}],
        },
        "b": {"kind": "resolution", "text": "b"},
    }
    [branch] = outline(Tree.model_validate({"root": "a", "nodes": nodes})).entries["a"].branches
    assert branch.labels == ("Yes", "No")


def test_what_a_change_does_is_marked_in_the_drawing_and_in_the_list() -> None:
    tree, marks = _tree("a", a=["b", "c"], b=[], c=[]), {"b": Mark.NEW, "a": Mark.CHANGED, "gone": Mark.NEW}
    drawn = {box.entry.id: box.entry.mark for box in diagram(tree, marks=marks).boxes}
    assert drawn == {"a": Mark.CHANGED, "b": Mark.NEW, "c": None}
    assert outline(tree, marks).marked == {Mark.NEW: 1, Mark.CHANGED: 1}


def test_choices_are_drawn_in_the_order_of_the_list() -> None:
    drawn = diagram(_tree("a", a=["b", "gone", "c"], b=["d"], c=[], d=[]))
    lines = {label.y: label.lines for label in drawn.labels if label.x == drawn.boxes[1].x}
    assert [lines[y] for y in sorted(lines)] == [["b"], ["gone"], ["c"]]


def test_an_empty_draft_is_an_empty_drawing() -> None:
    assert diagram(Tree(root="a", nodes={})).boxes == []


def test_the_longest_flow_that_is_allowed_is_drawn() -> None:
    names = [f"n{number}" for number in range(300)]
    chain = {name: [after] for name, after in zip(names, [*names[1:], "n0"], strict=True)}
    drawn = diagram(_tree("n0", **chain))
    assert [box.entry.number for box in drawn.boxes] == list(range(1, 301))


def _overlap(one: Box | JumpLabel, other: Box | JumpLabel) -> bool:
    return one.x == other.x and one.y < other.y + other.height and other.y < one.y + one.height


@pytest.mark.parametrize("slug", SLUGS)
def test_a_shipped_flow_is_drawn_with_every_choice_once_and_nothing_over_another(slug: str) -> None:
    tree = shipped_flows()[slug].tree
    drawn = diagram(tree)
    assert {box.entry.id for box in drawn.boxes} == set(tree.nodes)
    assert len(drawn.boxes) == len(tree.nodes)
    pairs = {(node_id, choice.next) for node_id, node in tree.nodes.items() for choice in node.offered}
    assert len(drawn.lines) == len(drawn.labels) == len(pairs)
    placed: list[Box | JumpLabel] = [*drawn.boxes, *drawn.jumps]
    for number, one in enumerate(placed):
        assert 0 <= one.x < one.x + one.width <= drawn.width
        assert 0 <= one.y < one.y + one.height <= drawn.height
        assert not any(_overlap(one, other) for other in placed[number + 1 :])
    for label in drawn.labels:
        bottom = label.y + 15 * len(label.lines)
        assert not any(one.x == label.x and one.y < bottom and label.y < one.y + one.height for one in placed)


@pytest.mark.parametrize("slug", SLUGS)
def test_no_two_nodes_share_a_line_down(slug: str) -> None:
    """Down a column, where several nodes lead on, one node's lines end above where the next one's begin."""
    drawn = diagram(shipped_flows()[slug].tree)
    spans: dict[int, dict[int, int]] = {}
    for line in drawn.lines:
        start, rest = line.path.removeprefix("M").split("h")
        x, y = map(int, start.split())
        end = int(rest.split("V")[1].split("H")[0])
        trunk = spans.setdefault(x, {})
        trunk[y] = max(trunk.get(y, y), end)
    for trunk in spans.values():
        ordered = sorted(trunk.items())
        assert all(end <= start for (_, end), (start, _) in pairwise(ordered))
