"""What a draft is after cases were merged."""

from dataclasses import replace

from flowpilot.flows.checking.checker import problems
from flowpilot.flows.tree import NodeKind, Tree
from flowpilot.knowledge.drafting.draft import DID_NOT_HELP, SOLVED
from flowpilot.knowledge.drafting.merge import merge
from flowpilot.sessions.similar.words import Worth
from tests.knowledge.drafting.cases import answer, case, labels, outcome

WORTH = Worth()


def chain(tree: Tree, node_id: str) -> list[str]:
    """The instructions from a node on, as long as each does not help."""
    texts = []
    while tree.nodes[node_id].kind is NodeKind.INSTRUCTION:
        node = tree.nodes[node_id]
        texts.append(node.text)
        node_id = next(choice.next for choice in node.outcomes if choice.label == DID_NOT_HELP)
    return texts


def test_one_case_becomes_its_steps_in_order() -> None:
    draft = merge([case(1, "Restarted spooler service", solved="Reinstalled printer driver")], WORTH)
    assert chain(draft.tree, draft.tree.root) == ["Restarted spooler service", "Reinstalled printer driver"]
    assert problems(draft.tree) == []


def test_what_solved_it_is_a_resolution() -> None:
    tree = merge([case(1, solved="Reinstalled printer driver")], WORTH).tree
    root = tree.nodes[tree.root]
    assert labels(root.outcomes) == [SOLVED, DID_NOT_HELP]
    assert tree.nodes[root.outcomes[0].next].kind is NodeKind.RESOLUTION
    assert tree.nodes[root.outcomes[0].next].text == "Reinstalled printer driver"
    assert tree.nodes[root.outcomes[1].next].kind is NodeKind.ESCALATION


def test_what_says_the_same_is_one_instruction() -> None:
    cases = [
        case(1, "Restarted spooler service", solved="Reinstalled printer driver"),
        case(2, "Spooler service restarted again", solved="Printer driver reinstalled"),
        case(3, solved="Reinstalled printer driver"),
    ]
    draft = merge(cases, WORTH)
    assert chain(draft.tree, draft.tree.root) == ["Reinstalled printer driver", "Restarted spooler service"]
    assert problems(draft.tree) == []


def test_what_is_as_frequent_goes_by_how_early_it_was_done() -> None:
    cases = [
        case(1, "Checked network cable", "Restarted spooler service", solved="Reinstalled printer driver"),
        case(2, "Network cable checked", "Restarted spooler service", solved="Reinstalled printer driver"),
    ]
    draft = merge(cases, WORTH)
    assert chain(draft.tree, draft.tree.root) == [
        "Checked network cable",
        "Restarted spooler service",
        "Reinstalled printer driver",
    ]


def test_what_one_of_three_did_in_vain_is_left_out() -> None:
    vain = case(1, "Reset whole firewall", solved="Reinstalled printer driver")
    draft = merge([vain, *(case(n, solved="Reinstalled printer driver") for n in (2, 3))], WORTH)
    assert chain(draft.tree, draft.tree.root) == ["Reinstalled printer driver"]
    assert draft.left_out == (vain.acts[0].step_id,)


def test_each_node_knows_its_steps() -> None:
    first, second = (
        case(1, "Restarted spooler service", solved="x driver"),
        case(2, "Restarted spooler service", solved="x driver"),
    )
    draft = merge([first, second], WORTH)
    spooler = next(
        node for node, one in draft.tree.nodes.items() if one.text == "Restarted spooler service" and one.outcomes
    )
    assert draft.sources[spooler] == [first.acts[0].step_id, second.acts[0].step_id]


def test_cases_that_share_nothing_part_at_an_open_question() -> None:
    cases = [
        case(1, "Restarted spooler service", solved="Reinstalled printer driver"),
        case(2, "Replaced toner cartridge", solved="Cleaned fuser unit"),
        case(3, "Restarted spooler service", solved="Reinstalled printer driver"),
    ]
    draft = merge(cases, WORTH)
    root = draft.tree.nodes[draft.tree.root]
    assert root.kind is NodeKind.QUESTION
    assert root.open
    assert labels(root.choices) == ["As in cases 1 and 3", "As in case 2"]
    assert "cases 1 and 3 went on with “Restarted spooler service”" in root.text
    assert [problem.node for problem in problems(draft.tree)] == [draft.tree.root]


def test_what_all_did_comes_before_they_part() -> None:
    cases = [
        case(1, "Checked network cable", solved="Reinstalled printer driver"),
        case(2, "Checked network cable", solved="Cleaned fuser unit"),
    ]
    tree = merge(cases, WORTH).tree
    root = tree.nodes[tree.root]
    assert root.text == "Checked network cable"
    assert tree.nodes[root.outcomes[-1].next].open


def test_answers_of_a_flow_stay_branches() -> None:
    cases = [
        case(1, answer("Does the light blink?", "Yes"), solved="Reinstalled printer driver"),
        case(2, answer("Does the light blink?", "No"), solved="Plugged power cable"),
        case(3, answer("Does the light blink?", "Yes"), solved="Printer driver reinstalled"),
    ]
    tree = merge(cases, WORTH).tree
    root = tree.nodes[tree.root]
    assert (root.kind, root.text, labels(root.choices)) == (
        NodeKind.QUESTION,
        "Does the light blink?",
        ["Yes", "No"],
    )
    assert chain(tree, root.choices[1].next) == ["Plugged power cable"]
    assert problems(tree) == []


def test_outcomes_of_a_flow_stay_branches() -> None:
    cases = [
        case(1, outcome("Restart it", "Still dark"), solved="Replaced power supply"),
        case(2, outcome("Restart it", "Light is on"), solved="Nothing else was needed"),
    ]
    tree = merge(cases, WORTH).tree
    assert labels(tree.nodes[tree.root].outcomes) == ["Still dark", "Light is on"]


def test_a_flow_beside_free_text_parts() -> None:
    cases = [
        case(1, answer("Does the light blink?", "Yes"), solved="Reinstalled printer driver"),
        case(2, "Restarted spooler service", solved="Cleaned fuser unit"),
    ]
    tree = merge(cases, WORTH).tree
    assert tree.nodes[tree.root].open


def test_merging_again_gives_the_same() -> None:
    cases = [case(n, "Restarted spooler service", solved="Reinstalled printer driver") for n in range(1, 5)]
    assert merge(cases, WORTH) == merge(cases, WORTH)


def test_each_instruction_may_solve_it_but_only_what_did_says_so_in_its_words() -> None:
    draft = merge([case(1, "Restarted spooler service", "Cleaned rollers", solved="Reinstalled driver")], WORTH)
    ends = []
    for node in draft.tree.nodes.values():
        if node.kind is NodeKind.INSTRUCTION:
            assert labels(node.outcomes) == [SOLVED, DID_NOT_HELP]
            ends.append((node.text, draft.tree.nodes[node.outcomes[0].next].text))
    helped = "The last step solved it. Write down what it was."
    assert sorted(ends) == [
        ("Cleaned rollers", helped),
        ("Reinstalled driver", "Reinstalled driver"),
        ("Restarted spooler service", helped),
    ]
    assert len(draft.tree.nodes) == 3 + 2 + 1


def test_a_remark_is_left_out_of_a_single_case() -> None:
    problem = "Stripes on printer"
    acts = "Took a picture for the ticket", "Pulled plug of printer", "Opened event 7031"
    one = case(1, *acts, solved="Replaced fuser unit", problem=problem)
    draft = merge([one], WORTH)
    assert chain(draft.tree, draft.tree.root) == [
        "Pulled plug of printer",
        "Opened event 7031",
        "Replaced fuser unit",
    ]
    assert draft.left_out == (one.acts[0].step_id,)


def test_what_helped_none_of_them_does_not_hold_cases_together() -> None:
    solved = ("Replaced fuser unit", "Unlocked account", "Renewed certificate")
    tries = (("Asked user", "Opened ticket"), ("Asked user",), ("Opened ticket",))
    cases = [case(n, *acts, solved=by) for n, (acts, by) in enumerate(zip(tries, solved, strict=True), 1)]
    tree = merge(cases, WORTH).tree
    assert tree.nodes[tree.root].open
    assert labels(tree.nodes[tree.root].choices) == ["As in case 1", "As in case 2", "As in case 3"]


def test_a_case_that_nobody_has_solved_goes_with_the_most() -> None:
    unsolved = replace(case(4, "Called vendor hotline", solved=""), solved_by=None)
    cases = [
        case(1, "Restarted spooler service", solved="Reinstalled printer driver"),
        case(2, "Replaced toner cartridge", solved="Cleaned fuser unit"),
        case(3, "Restarted spooler service", solved="Reinstalled printer driver"),
    ]
    tree = merge([*cases, unsolved], WORTH).tree
    assert labels(tree.nodes[tree.root].choices) == ["As in cases 1, 3 and 4", "As in case 2"]


def test_cases_that_nobody_has_solved_part_from_each_other() -> None:
    cases = [replace(case(n, did, solved=""), solved_by=None) for n, did in ((1, "Pulled plug"), (2, "New toner"))]
    tree = merge(cases, WORTH).tree
    assert labels(tree.nodes[tree.root].choices) == ["As in case 1", "As in case 2"]
