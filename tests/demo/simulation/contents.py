"""What each step of a simulated session says."""

import uuid
from typing import NamedTuple

from flowpilot.flows.filling import fill_tree
from flowpilot.flows.tree import NodeKind, Tree
from flowpilot.sessions import path
from flowpilot.sessions.decisions import enter
from flowpilot.sessions.edits.decisions import take_back
from flowpilot.sessions.following.usable import UsableFlow
from flowpilot.sessions.models import MARKS, AISessionStep, StepKind
from flowpilot.sessions.runs.decisions import Mark, MarkAction, mark
from flowpilot.sessions.runs.marks import values
from flowpilot.sessions.runs.run import run_of
from tests.demo.rows import Facts


class _Told(NamedTuple):
    """A session as far as it is told."""

    tree: Tree | None
    steps: list[AISessionStep]
    inner: path.Trees


def check_contents(facts: Facts) -> None:
    """Every step says what `flowpilot.sessions.service` would have written at that point."""
    for session in facts.rows.sessions:
        tree = facts.tree_of(session)
        for number, step in enumerate(facts.steps[session.id]):
            before = facts.steps[session.id][:number]
            shown = None if tree is None else fill_tree(tree, values(before))
            inner = facts.inner(before)
            where = path.position(shown, before, inner)
            if step.kind in MARKS:
                new = mark(run_of(where, before, inner), _marked(step))
                assert new is not None
                assert (new.kind, new.content) == (step.kind, step.content)
            elif step.kind == StepKind.TAKE_BACK:
                assert step.content == take_back(_Told(shown, before, inner), where.trail[-1]).content
            elif step.kind == StepKind.ENTER:
                _check_entry(facts, where, step)
            else:
                assert step.content == _content(shown, where, step), (step.kind, step.content)


def _check_entry(facts: Facts, where: path.Position, step: AISessionStep) -> None:
    """It leads into the flow that the node names, in the version published then."""
    version = facts.versions[uuid.UUID(step.content["version_id"])]
    assert where.node is not None
    assert where.node.flow == step.content["flow_id"] == str(version.tree_id)
    assert version.published_at is not None
    assert version.published_at <= step.created_at
    flow, tree = facts.flows[version.tree_id], facts.trees[version.id]
    entered = UsableFlow(flow.id, version.id, flow.name, None, tree)
    assert step.content == enter(where, entered).content


def _marked(step: AISessionStep) -> Mark:
    said = step.content
    return Mark(
        MarkAction(step.kind), said.get("item"), said.get("field"), said.get("value", ""), said.get("reason", "")
    )


# What a step says of itself, if its place in a flow is not in it.
_KEYS = {StepKind.OUTCOME: ("instruction", "outcome"), StepKind.FIX: ("text", "waiting_for", "look_again_at")}


def _content(tree: Tree | None, where: path.Position, step: AISessionStep) -> dict[str, object]:
    """The content of a step taken at this point; its free text is copied from the step."""
    said = step.content
    if tree is None or step.kind in {StepKind.RESOLUTION, StepKind.FIX}:
        keys = _KEYS.get(StepKind(step.kind), ("text",))
        place = _place(where.frames[-1]) if step.kind == StepKind.FIX and where.frames else {}
        return {key: said[key] for key in keys} | place
    assert where.node is not None
    here, deciding = where.frames[-1], where.deciding
    assert deciding is not None
    assert deciding.node is not None
    place = _place(here)
    match step.kind, step.is_free_text:
        case StepKind.NOTE, False if where.node.kind != NodeKind.QUESTION:
            return {"text": said["text"], **place}
        case StepKind.ANSWER, True:
            return {"question": where.node.text, "choice": said["choice"], **place}
        case StepKind.ANSWER, False:
            choice = path.choose(where, NodeKind.QUESTION, said["choice"])
            return {"question": where.node.text, "choice": choice.label, **place, "next": choice.next}
        case _:
            choice = path.choose(where, NodeKind.INSTRUCTION, said["outcome"])
            note = {"note": said["note"]} if said.get("note") else {}
            place = _place(deciding) | {"next": choice.next}
            return {"instruction": deciding.node.text, "outcome": choice.label, **place, **note}


def _place(frame: path.Frame) -> dict[str, object]:
    flow = {} if frame.flow_id is None else {"flow": str(frame.flow_id)}
    return {"node": frame.node_id, "next": frame.node_id, **flow}
