"""What a flow is after what cases did beyond it was put into it."""

import pytest

from flowpilot.flows.checking.checker import problems
from flowpilot.flows.tree import Choice, Node, NodeKind, Tree
from flowpilot.knowledge.drafting.change import change
from flowpilot.sessions.similar.words import Worth
from tests.knowledge.drafting.cases import answer, case, labels, note, outcome

BASE = Tree(
    root="light",
    nodes={
        "light": Node(
            kind=NodeKind.QUESTION,
            text="Does the light blink?",
            choices=(Choice(label="Yes", next="restart"), Choice(label="No", next="done")),
        ),
        "restart": Node(
            kind=NodeKind.INSTRUCTION,
            text="Restart it",
            outcomes=(Choice(label="Still dark", next="senior"), Choice(label="Light is on", next="done")),
        ),
        "done": Node(kind=NodeKind.RESOLUTION, text="It works"),
        "senior": Node(kind=NodeKind.ESCALATION, text="Call a senior"),
    },
)


def test_an_answer_in_ones_own_words_becomes_a_choice() -> None:
    cases = [
        case(1, note("blinks orange slowly", node="light", answers=True), solved="Replaced toner cartridge"),
        case(2, note("slowly blinks orange", node="light", answers=True), solved="Toner cartridge replaced"),
    ]
    tree = change(BASE, "light", cases, Worth()).tree
    assert labels(tree.nodes["light"].choices) == ["Yes", "No", "blinks orange slowly"]
    assert tree.nodes[tree.nodes["light"].choices[2].next].text == "Replaced toner cartridge"
    assert problems(tree) == []


def test_without_an_answer_in_words_a_person_words_it() -> None:
    cases = [case(4, note("Opened paper tray", node="light"), solved="Removed paper jam")]
    tree = change(BASE, "light", cases, Worth()).tree
    assert labels(tree.nodes["light"].choices)[2] == "As in case 4"
    assert [problem.node for problem in problems(tree)] == ["light"]


def test_what_a_senior_did_comes_before_the_handoff() -> None:
    cases = [case(1, note("Replaced power supply", node="senior"), solved="Replaced power supply", escalated=True)]
    tree = change(BASE, "senior", cases, Worth()).tree
    tried = tree.nodes[tree.nodes["restart"].outcomes[0].next]
    assert tried.text == "Replaced power supply"
    assert tried.outcomes[1].next == "senior"
    assert problems(tree) == []


def test_what_was_done_before_the_node_does_not_matter() -> None:
    acts = answer("Does the light blink?", "Yes", node="light"), note("Pulled power plug", node="restart")
    tree = change(BASE, "restart", [case(1, *acts, solved="Replaced power supply")], Worth()).tree
    new = [node for node_id, node in tree.nodes.items() if node_id not in BASE.nodes]
    assert {node.text for node in new if node.outcomes} == {"Pulled power plug", "Replaced power supply"}


@pytest.mark.parametrize("at", ["light", "restart", "senior"])
def test_the_rest_of_the_flow_stays(at: str) -> None:
    tree = change(BASE, at, [case(1, note("Pulled power plug", node=at), solved="New fuse")], Worth()).tree
    for node_id, node in BASE.nodes.items():
        kept = tree.nodes[node_id]
        assert (kept.kind, kept.text) == (node.kind, node.text)
        assert labels(kept.offered)[: len(node.offered)] == labels(node.offered)


def test_new_nodes_are_known_by_their_steps() -> None:
    cases = [case(1, note("Pulled power plug", node="restart"), solved="New fuse")]
    draft = change(BASE, "restart", cases, Worth())
    assert draft.sources["restart"] == [cases[0].acts[0].step_id]
    assert set(draft.sources) == {"restart", *(draft.tree.nodes.keys() - BASE.nodes.keys())}


# Three ways lead to the same end.
MANY_WAYS = Tree(
    root="kind",
    nodes={
        "smears": Node(
            kind=NodeKind.INSTRUCTION,
            text="Print the test page",
            outcomes=(Choice(label="It is clean", next="done"), Choice(label="Still bad", next="senior")),
        ),
        "jams": Node(
            kind=NodeKind.INSTRUCTION,
            text="Open all flaps",
            outcomes=(Choice(label="It jams again", next="senior"), Choice(label="It is clean", next="done")),
        ),
        "kind": Node(
            kind=NodeKind.QUESTION,
            text="What is wrong?",
            choices=(
                Choice(label="Smears", next="smears"),
                Choice(label="Jams", next="jams"),
                Choice(label="The network card is dead", next="senior"),
            ),
        ),
        "done": Node(kind=NodeKind.RESOLUTION, text="It works"),
        "senior": Node(kind=NodeKind.ESCALATION, text="Call the service partner"),
    },
)


def ways_to(tree: Tree, target: str) -> set[tuple[str, str]]:
    """By which choices of which nodes of the base something is reached."""
    return {
        (id_, choice.label)
        for id_, node in tree.nodes.items()
        for choice in node.offered
        if choice.next == target and id_ in MANY_WAYS.nodes
    }


def test_only_the_ways_that_the_cases_walked_lead_to_what_helped() -> None:
    walked = (
        answer("What is wrong?", "Smears", node="kind"),
        outcome("Print the test page", "still bad", node="smears"),
    )
    cases = [case(1, *walked, solved="Replaced imaging drum", escalated=True)]
    tree = change(MANY_WAYS, "senior", cases, Worth()).tree
    assert ways_to(tree, "senior") == {("jams", "It jams again"), ("kind", "The network card is dead")}
    [tried] = [node_id for node_id in tree.nodes if ("smears", "Still bad") in ways_to(tree, node_id)]
    assert tree.nodes[tried].text == "Replaced imaging drum"
    assert problems(tree) == []


def test_where_nobody_knows_the_way_a_person_chooses_it() -> None:
    cases = [case(1, note("Replaced imaging drum", node="senior"), solved="Replaced imaging drum", escalated=True)]
    tree = change(MANY_WAYS, "senior", cases, Worth()).tree
    assert len(ways_to(tree, "senior")) == 3
    [problem, *_] = problems(tree)
    assert problem.message.startswith("No path leads to")
