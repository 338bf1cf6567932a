"""What a run asks where it went back, or entered a flow twice. Pure."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from flowpilot.flows.tree import Tree
from flowpilot.sessions import decisions
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.edits.decisions import take_back
from flowpilot.sessions.following.usable import UsableFlow
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus
from flowpilot.sessions.path import Position, position
from flowpilot.sessions.runs.decisions import Mark, MarkAction, mark
from flowpilot.sessions.runs.run import Entry, Run, run_of
from tests.company import at

NOON = at("2026-06-15 12:00")
END = {"kind": "resolution", "text": "Done."}
STUCK = {"kind": "escalation", "text": "Hand it over."}


def checklist(following: str, stuck: str | None = None) -> dict[str, Any]:
    items = [{"id": one, "text": one, "required": True} for one in ("first", "second")]
    outcomes = [{"label": "Done", "next": following}] + ([{"label": "Stuck", "next": stuck}] if stuck else [])
    return {
        "kind": "checklist",
        "text": "Do it.",
        "sections": [{"title": "All", "items": items}],
        "outcomes": outcomes,
    }


def question(**ways: str) -> dict[str, Any]:
    choices = [{"label": label, "next": following} for label, following in ways.items()]
    return {"kind": "question", "text": "Which?", "choices": choices}


def subflow(flow: UsableFlow, **ways: str) -> dict[str, Any]:
    outcomes = [{"label": label, "next": following} for label, following in ways.items()]
    return {"kind": "subflow", "text": "Do that.", "flow": str(flow.id), "outcomes": outcomes}


def tree(**nodes: dict[str, Any]) -> Tree:
    return Tree.model_validate({"root": next(iter(nodes)), "nodes": nodes})


def inner_flow() -> UsableFlow:
    nodes = tree(list=checklist("end", "stuck"), end=END, stuck=STUCK)
    return UsableFlow(uuid.uuid4(), uuid.uuid4(), "Set up a PC", None, nodes)


@dataclass
class Walk:
    """A session that follows a tree, without a database."""

    tree: Tree
    inner: dict[uuid.UUID, Tree] = field(default_factory=dict)
    steps: list[AISessionStep] = field(default_factory=list)
    session: AISession = field(
        default_factory=lambda: AISession(
            id=uuid.uuid4(), status=SessionStatus.ACTIVE, step_count=0, answer_count=0, free_text_count=0
        )
    )

    @property
    def where(self) -> Position:
        return position(self.tree, self.steps, self.inner)

    @property
    def run(self) -> Run:
        return run_of(self.where, self.steps, self.inner)

    def take(self, new: NewStep | None) -> None:
        assert new is not None
        decisions.take_step(self.session, self.steps, new, step_id=uuid.uuid4(), by=uuid.uuid4(), at=NOON)

    def answer(self, label: str) -> None:
        self.take(decisions.answer(self.where, label))

    def report(self, label: str) -> None:
        self.take(decisions.outcome(self.where, label))

    def enter(self, flow: UsableFlow) -> None:
        self.inner[flow.version_id] = flow.tree
        self.take(decisions.enter(self.where, flow))

    def mark(self, do: MarkAction, item: str, **more: Any) -> None:
        self.take(mark(self.run, Mark(do, item, **more)))

    def back(self) -> None:
        self.take(take_back(self, self.where.trail[-1]))


def names(entries: list[Entry]) -> list[str]:
    return [entry.name for entry in entries]


def test_a_checklist_that_was_begun_holds_up_the_end_after_going_back_too() -> None:
    walk = Walk(tree(ask=question(yes="list", no="end"), list=checklist("end"), end=END))
    walk.answer("yes")
    walk.mark(MarkAction.TICK, "first")
    walk.back()
    assert (walk.run.is_begun(), names(walk.run.open_before_end())) == (True, ["second"])


def test_one_of_which_all_was_undone_does_not() -> None:
    walk = Walk(tree(ask=question(yes="list", no="end"), list=checklist("end"), end=END))
    walk.answer("yes")
    walk.mark(MarkAction.TICK, "first")
    walk.mark(MarkAction.UNDO, "first")
    walk.back()
    assert (walk.run.is_begun(), names(walk.run.open_before_end())) == (False, [])


def test_a_flow_that_is_entered_a_second_time_begins_with_nothing_ticked() -> None:
    flow = inner_flow()
    walk = Walk(tree(one=subflow(flow, ready="two"), two=subflow(flow, ready="end"), end=END))
    walk.enter(flow)
    walk.mark(MarkAction.TICK, "first")
    walk.mark(MarkAction.TICK, "second")
    walk.report("Done")
    walk.report("ready")
    walk.enter(flow)
    assert names(walk.run.open_here()) == ["first", "second"]
    progress = walk.run.progress()
    assert progress is not None
    assert (progress.done, progress.total) == (2, 4)


def test_the_same_entry_taken_again_after_going_back_keeps_its_ticks() -> None:
    flow = inner_flow()
    walk = Walk(tree(ask=question(yes="one", no="end"), one=subflow(flow, ready="end"), end=END))
    walk.answer("yes")
    walk.enter(flow)
    walk.mark(MarkAction.TICK, "first")
    walk.back()
    assert names(walk.run.open_before_end()) == ["second"]
    walk.answer("yes")
    walk.enter(flow)
    assert names(walk.run.open_here()) == ["second"]


def test_what_an_inner_checklist_left_open_is_waived_at_the_end() -> None:
    flow = inner_flow()
    walk = Walk(tree(one=subflow(flow, on="end"), end=END))
    walk.enter(flow)
    walk.report("Stuck")
    walk.report("on")
    assert [(entry.name, entry.place.path) for entry in walk.run.left_open()] == [
        ("first", "one/list"),
        ("second", "one/list"),
    ]
    walk.mark(MarkAction.WAIVE, "first", place="one/list", reason="Not needed.")
    walk.mark(MarkAction.TICK, "second", place="one/list")
    assert walk.run.open_before_end() == []


def test_a_value_is_read_as_the_present_node_asks_for_it() -> None:
    """An inner flow may ask for a field of the same name in its own way."""
    nodes = tree(list={**checklist("end"), "fields": [{"name": "size", "label": "Size"}]}, end=END)
    flow = UsableFlow(uuid.uuid4(), uuid.uuid4(), "Set up a PC", None, nodes)
    asked = {"name": "size", "label": "Size", "kind": "number", "required": True}
    ask = {**question(on="one", off="end"), "fields": [asked]}
    walk = Walk(tree(ask=ask, one=subflow(flow, ready="end"), end=END))
    walk.take(mark(walk.run, Mark(MarkAction.FILL, field="size", value="12")))
    walk.answer("on")
    walk.enter(flow)
    walk.take(mark(walk.run, Mark(MarkAction.FILL, field="size", value="large")))
    assert walk.steps[-1].content["value"] == "large"
