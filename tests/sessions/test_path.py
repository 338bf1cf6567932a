"""Where steps lead, and which of them still count, for any walk through any flow."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flowpilot.flows.checking.checker import problems
from flowpilot.flows.tree import NodeKind, Tree, ahead
from flowpilot.sessions import path
from flowpilot.sessions.models import AISessionStep, StepKind

ENDS = (NodeKind.RESOLUTION, NodeKind.ESCALATION)
WORDS = {NodeKind.QUESTION: "choices", NodeKind.INSTRUCTION: "outcomes", NodeKind.CHECKLIST: "outcomes"}
ITEMS = [{"title": "All", "items": [{"id": "x", "text": "Do it."}]}]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Any publishable flow: every node leads to later ones, so that no path is a circle."""
    size = draw(st.integers(1, 12))
    nodes: dict[str, Any] = {}
    for number in range(size):
        kind = draw(st.sampled_from((*WORDS, *ENDS) if number < size - 1 else ENDS))
        node: dict[str, Any] = {"kind": kind, "text": f"Text {number}"}
        nodes[f"n{number}"] = node
        if kind == NodeKind.CHECKLIST:
            node["sections"] = ITEMS
        if kind in WORDS:
            following = st.integers(number + 1, size - 1)
            to = draw(st.lists(following, min_size=2, max_size=4))
            node[WORDS[kind]] = [
                {"label": f"To {each} by {way}", "next": f"n{each}"} for way, each in enumerate(to)
            ]
    whole = Tree.model_validate({"root": "n0", "nodes": nodes})
    reached = {"n0", *ahead(whole, "n0")}
    tree = Tree(root="n0", nodes={id_: node for id_, node in whole.nodes.items() if id_ in reached})
    assert problems(tree) == []
    return tree


class Walk:
    """A person on a walk through a flow, who only remembers the nodes behind them."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.steps: list[AISessionStep] = []
        self.behind: list[str] = []
        self.node_id = tree.root
        # For each node behind, what led on from it.
        self.led_on: list[AISessionStep] = []
        self.taken_back: list[AISessionStep] = []

    def take(self, data: st.DataObject) -> None:
        """One of the possible steps."""
        node = self.tree.nodes[self.node_id]
        can = ["text", "flow"] + ["on"] * 3 * bool(node.offered) + ["back"] * 2 * bool(self.behind)
        what = data.draw(st.sampled_from(can))
        if what == "on":
            choice = data.draw(st.sampled_from(node.offered))
            kind = StepKind.ANSWER if node.kind == NodeKind.QUESTION else StepKind.OUTCOME
            self.led_on.append(self._step(kind, node=self.node_id, next=choice.next))
            self.behind.append(self.node_id)
            self.node_id = choice.next
        elif what == "back":
            self.node_id = self.behind.pop()
            self.taken_back.append(self.led_on.pop())
            self._step(StepKind.BACK, next=self.node_id)
        elif what == "flow":
            self._step(StepKind.FLOW, next=self.tree.root)
            self.behind, self.led_on, self.node_id = [], [], self.tree.root
        else:
            is_question = node.kind == NodeKind.QUESTION
            kind = StepKind.ANSWER if is_question else StepKind.NOTE
            self._step(kind, is_free_text=is_question, node=self.node_id, next=self.node_id)

    def _step(self, kind: StepKind, *, is_free_text: bool = False, **content: str) -> AISessionStep:
        step = AISessionStep(kind=kind, is_free_text=is_free_text, content=content)
        self.steps.append(step)
        return step


def _walk(tree: Tree, data: st.DataObject) -> Walk:
    walk = Walk(tree)
    for _ in range(data.draw(st.integers(0, 25))):
        walk.take(data)
    return walk


@given(trees(), st.data())
def test_a_session_is_where_its_steps_led(tree: Tree, data: st.DataObject) -> None:
    walk = _walk(tree, data)
    where = path.position(tree, walk.steps)
    assert (where.node_id, where.node) == (walk.node_id, tree.nodes[walk.node_id])
    assert [step.content["node"] for step in where.trail] == walk.behind
    assert list(where.trail) == walk.led_on


@given(trees(), st.data())
def test_all_still_holds_but_answers_that_were_taken_back(tree: Tree, data: st.DataObject) -> None:
    walk = _walk(tree, data)
    gone = [step for step in walk.taken_back if step.kind == StepKind.ANSWER]
    assert path.standing(walk.steps) == [
        step for step in walk.steps if step.kind != StepKind.BACK and not any(step is each for each in gone)
    ]


@given(trees(), st.data())
def test_a_sessions_place_follows_from_the_steps_that_still_count(tree: Tree, data: st.DataObject) -> None:
    """Unless an instruction was carried out and then undone: it stays, and led somewhere else."""
    walk = _walk(tree, data)
    if all(step.kind == StepKind.ANSWER for step in walk.taken_back):
        assert path.position(tree, path.standing(walk.steps)).node_id == walk.node_id


@given(trees(), st.data())
def test_without_a_flow_there_is_no_position_whatever_was_done(tree: Tree, data: st.DataObject) -> None:
    walk = _walk(tree, data)
    assert path.position(None, walk.steps) == path.Position()
