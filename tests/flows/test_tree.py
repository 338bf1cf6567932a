"""Valid trees, the faults of invalid ones, and the paths through them."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flowpilot.flows.checking.checker import TreeProblem, problems
from flowpilot.flows.tree import Choice, Tree, ahead, find_choice, to_json, walk

END = {"kind": "resolution", "text": "Done."}


def offers(labels: dict[str, str]) -> list[dict[str, str]]:
    return [{"label": label, "next": to} for label, to in labels.items()]


def question(text: str = "Which?", /, **labels: str) -> dict[str, Any]:
    return {"kind": "question", "text": text, "choices": offers(labels)}


def instruction(text: str = "Do it.", /, **labels: str) -> dict[str, Any]:
    return {"kind": "instruction", "text": text, "outcomes": offers(labels)}


def tree(root: str = "a", **nodes: dict[str, Any]) -> Tree:
    return Tree.model_validate({"root": root, "nodes": nodes})


def said(broken: Tree) -> list[tuple[str | None, str]]:
    return [(problem.node, problem.message) for problem in problems(broken)]


GOOD = tree(
    a=question(Yes="b", No="c"), b=instruction(Fixed="d", Broken="c"), c={**END, "kind": "escalation"}, d=END
)


def test_a_whole_tree_has_no_problems() -> None:
    assert problems(GOOD) == []


def test_a_tree_is_stored_without_what_is_empty_and_read_back_the_same() -> None:
    stored = to_json(GOOD)
    assert stored["nodes"]["d"] == {"kind": "resolution", "text": "Done."}
    assert stored["nodes"]["a"]["choices"] == [{"label": "Yes", "next": "b"}, {"label": "No", "next": "c"}]
    assert Tree.model_validate(stored) == GOOD


def test_a_root_that_is_not_there_is_the_only_thing_said_of_being_reached() -> None:
    message = "The flow begins at a node that does not exist. Add it, or choose another node to begin with."
    assert problems(tree("x", a=END)) == [TreeProblem(None, message, "x")]


def test_an_empty_draft_is_a_tree_whose_root_is_missing() -> None:
    assert said(tree("")) == [(None, "The flow has no nodes. Add one, then begin the flow there.")]


def test_a_node_that_no_path_leads_to_is_named() -> None:
    assert said(tree(a=END, c=END, b=END)) == [
        ("b", 'No path leads to "Done." (node 2). Let a choice lead to it, or remove it.'),
        ("c", 'No path leads to "Done." (node 3). Let a choice lead to it, or remove it.'),
    ]


def test_a_choice_that_leads_nowhere_is_named() -> None:
    assert problems(tree(a=question(Yes="b", No="gone"), b=instruction(Fixed=""))) == [
        TreeProblem(
            "a",
            'The choice "No" of "Which?" leads to a node that does not exist. Add it, or choose another node.',
            missing="gone",
        ),
        TreeProblem("b", 'The outcome "Fixed" of "Do it." leads nowhere yet. Choose the node that it leads to.'),
    ]


def test_two_choices_that_read_alike_are_refused() -> None:
    assert said(tree(a=question(**{"Not sure": "b", "not  SURE": "b"}), b=END)) == [
        ("a", 'The choice "not  SURE" of "Which?" exists twice. Give each choice its own label.')
    ]


def test_a_label_that_the_canvas_gave_has_to_be_worded() -> None:
    assert said(tree(a=question(Yes="b", **{"Choice 2": "b"}), b=instruction(**{"Outcome 1": "c"}), c=END)) == [
        ("a", 'The choice "Choice 2" of "Which?" is not worded yet. Write what it means in its place.'),
        ("b", 'The outcome "Outcome 1" of "Do it." is not worded yet. Write what it means in its place.'),
    ]


def test_a_question_needs_two_choices_and_no_outcomes() -> None:
    assert said(tree(a={**question(Yes="b"), "outcomes": offers({"Fixed": "b"})}, b=END)) == [
        ("a", 'The question "Which?" needs at least two choices. Add the other possible answers.'),
        (
            "a",
            'The question "Which?" has outcomes. A question has choices: '
            "move them there, or make it an instruction.",
        ),
    ]


def test_an_instruction_needs_an_outcome_and_no_choices() -> None:
    assert said(tree(a={"kind": "instruction", "text": "Do it.", "choices": offers({"Yes": "b"})}, b=END)) == [
        ("a", 'The instruction "Do it." has no outcome. Add its possible outcomes, and where each leads.'),
        (
            "a",
            'The instruction "Do it." has choices. An instruction has outcomes: '
            "move them there, or make it a question.",
        ),
    ]


@pytest.mark.parametrize("kind", ["resolution", "escalation"])
@pytest.mark.parametrize("key", ["choices", "outcomes"])
def test_an_end_leads_nowhere(kind: str, key: str) -> None:
    assert said(tree(a={"kind": kind, "text": "That is it.", key: offers({"Yes": "b"})}, b=END)) == [
        ("a", f'The {kind} "That is it." ends the flow and cannot lead on. Remove its choices and outcomes.')
    ]


def test_a_loop_is_named_in_the_order_in_which_it_is_walked() -> None:
    b, c = instruction("Restart it.", On="c"), question("Better?", Again="b", Well="z")
    looping = tree(start=question(Yes="b", No="z"), b=b, c=c, z=END)
    assert said(looping.model_copy(update={"root": "start"})) == [
        (
            "b",
            'The path "Restart it." → "Better?" → "Restart it." never ends. '
            'Let "Better?" lead elsewhere, so that every path ends.',
        )
    ]


def test_a_node_that_leads_to_itself_is_a_loop() -> None:
    assert said(tree(a=question(Again="a", Well="z"), z=END)) == [
        ("a", 'The path "Which?" → "Which?" never ends. Let "Which?" lead elsewhere, so that every path ends.')
    ]


def test_a_loop_that_is_not_reached_is_said_too() -> None:
    assert [node for node, _ in said(tree(a=END, b=instruction(On="c"), c=instruction(On="b")))] == ["b", "c", "b"]


def test_paths_that_meet_again_are_no_loop() -> None:
    assert problems(tree(a=question(Yes="b", No="c"), b=instruction(On="c"), c=instruction(On="d"), d=END)) == []


def test_everything_is_said_at_once_and_in_a_stable_order() -> None:
    broken = tree("a", z=question(Yes="gone"), a=instruction(On="a"), k=END)
    assert [node for node, _ in said(broken)] == ["z", "z", "k", "z", "a"]
    assert said(broken) == said(Tree(root="a", nodes=dict(sorted(broken.nodes.items()))))


def test_three_hundred_nodes_in_a_row_are_walked_without_trouble() -> None:
    names = [f"n{i}" for i in range(300)]
    row = {name: instruction(On=following) for name, following in pairwise(names)}
    assert problems(tree("n0", **row, n299=END)) == []


def test_a_choice_is_found_exactly_before_it_is_found_alike() -> None:
    node = tree(a=question(**{"OK": "b", "ok": "c", "Not  sure": "d"})).nodes["a"]
    assert find_choice(node, "ok") == Choice(label="ok", next="c")
    assert find_choice(node, "Ok") == Choice(label="OK", next="b")
    assert find_choice(node, " not SURE\n") == Choice(label="Not  sure", next="d")
    assert find_choice(node, "maybe") is None


def test_outcomes_are_found_as_choices_are_and_an_end_offers_nothing() -> None:
    assert find_choice(GOOD.nodes["b"], "fixed") == Choice(label="Fixed", next="d")
    assert GOOD.nodes["d"].offered == ()


def test_a_walk_goes_deep_first_in_the_order_of_the_choices_then_to_the_unreachable() -> None:
    wandered = tree(
        a=question(One="m", Two="b"),
        m=instruction(On="z"),
        z=END,
        b=instruction(On="z"),
        y=END,
        x=instruction(On="y"),
    )
    assert list(walk(wandered)) == ["a", "m", "z", "b", "x", "y"]


def test_ahead_of_a_node_is_what_can_still_follow() -> None:
    assert ahead(GOOD, "a") == ["b", "d", "c"]
    assert ahead(GOOD, "b") == ["d", "c"]
    assert ahead(GOOD, "d") == []
    assert ahead(GOOD, "gone") == []


def test_texts_are_stripped_and_line_breaks_are_one_kind() -> None:
    node = tree(a={**END, "text": " Done.\r\n", "help": "one\r\ntwo\rthree\n"}).nodes["a"]
    assert (node.text, node.help) == ("Done.", "one\ntwo\nthree")


@pytest.mark.parametrize(
    "node",
    [
        {**END, "text": " "},
        {**END, "text": "x" * 2001},
        {**END, "help": "x" * 5001},
        {**END, "text": "bell \x07"},
        {**END, "text": "nothing \x00"},
        {**END, "kind": "guess"},
        {**END, "colour": "red"},
        question(**{" ": "a"}),
        question(**{"x" * 201: "a"}),
        question(Yes="x" * 65),
    ],
)
def test_a_malformed_node_is_refused(node: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        tree(a=node)


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "ä", "a\n", "a" * 65])
def test_a_malformed_node_id_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        tree("a", **{name: END})


def test_more_than_three_hundred_nodes_are_refused() -> None:
    with pytest.raises(ValidationError):
        tree("n0", **{f"n{i}": END for i in range(301)})


IDS = st.sampled_from("abcdef")


@given(st.dictionaries(IDS, st.lists(IDS, max_size=4), min_size=1))
def test_any_drawing_is_judged_and_what_is_called_whole_always_ends(drawn: dict[str, list[str]]) -> None:
    nodes = {
        name: {
            "kind": "instruction",
            "text": name,
            "outcomes": offers({str(i): to for i, to in enumerate(following)}),
        }
        if following
        else END
        for name, following in drawn.items()
    }
    drawing = tree(min(drawn), **nodes)
    assert sorted(walk(drawing)) == sorted(drawn)
    assert any(_loops(drawing, name) for name in drawn) == any("never ends" in text for _, text in said(drawing))
    if not problems(drawing):
        assert {drawing.root, *ahead(drawing, drawing.root)} == set(drawn)


def _loops(drawing: Tree, name: str) -> bool:
    """Whether a path leads back to the node, found by another algorithm than the code under test."""
    seen: set[str] = set()
    waiting = [choice.next for choice in drawing.nodes[name].outcomes]
    while waiting:
        found = waiting.pop()
        if found == name:
            return True
        if found in drawing.nodes and found not in seen:
            seen.add(found)
            waiting += [choice.next for choice in drawing.nodes[found].outcomes]
    return False
