"""The files of a tree, and how a text tells them apart."""

import uuid
from typing import Any

from flowpilot.flows.checking.checker import problems
from flowpilot.flows.files.names import as_known, ids_in, names_apart
from flowpilot.flows.files.node import NodeFile
from flowpilot.flows.text import FlowText, parse, render
from flowpilot.flows.tree import Tree

ONE, TWO, THREE = (uuid.UUID(int=number) for number in (1, 2, 3))


def known(id_: uuid.UUID, name: str) -> dict[str, Any]:
    return {"id": str(id_), "name": name, "type": "image/png", "bytes": 9, "width": 4, "height": 2}


def tree_of(first: list[dict[str, Any]], second: list[dict[str, Any]] | None = None) -> Tree:
    """An instruction and its end, each with its files."""
    step = {"kind": "instruction", "text": "Look.", "outcomes": [{"label": "Seen", "next": "end"}]}
    end = {"kind": "resolution", "text": "Seen."}
    return Tree.model_validate(
        {"root": "step", "nodes": {"step": step | {"files": first}, "end": end | {"files": second or []}}}
    )


def said(tree: Tree) -> list[str]:
    return [problem.message for problem in problems(tree)]


def test_a_file_that_is_not_there_prevents_publishing() -> None:
    assert said(tree_of([known(ONE, "panel.png")])) == []
    assert said(tree_of([{"name": "panel.png"}])) == [
        'The file “panel.png” of the instruction "Look." is not there. Add it again, or remove it.'
    ]


def test_two_files_of_one_name_are_told_apart_and_one_file_at_two_nodes_is_one() -> None:
    tree = tree_of([known(ONE, "shot.png"), known(TWO, "shot.png")], [known(ONE, "shot.png")])
    assert {name: file.id for name, file in names_apart(tree).items()} == {"shot.png": ONE, "shot (2).png": TWO}
    assert ids_in(tree) == {ONE, TWO}


def test_a_text_names_its_files_and_gets_those_of_the_flow_that_it_becomes() -> None:
    tree = tree_of([known(ONE, "shot.png"), known(TWO, "shot.png")])
    text = render(FlowText(name="Look", tree=tree))
    assert "    files: [shot.png, shot (2).png]\n" in text
    read = parse(text).tree
    assert read.nodes["step"].files == (NodeFile(name="shot.png"), NodeFile(name="shot (2).png"))
    assert as_known(read, tree) == tree


def test_a_name_that_no_file_of_the_flow_has_stays_a_name() -> None:
    tree = tree_of([{"name": "new.png"}, known(THREE, "other.png")])
    assert as_known(tree, tree_of([known(ONE, "shot.png")])) == tree
