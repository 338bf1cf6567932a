"""Steps that only say something are shown by a shorter way, which says the same as the longer one."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.flows.tree import Tree
from flowpilot.identity.actor import Actor, Role
from flowpilot.sessions import path
from flowpilot.sessions.edits import policy, schemas
from flowpilot.sessions.edits.policy import Editing, StepAction, refusal
from flowpilot.sessions.edits.schemas import steps_out
from tests.sessions.edits.tale import KIM
from tests.sessions.edits.telling import new_tale
from tests.sessions.test_path import trees

_ACCOUNT = uuid.UUID(int=4)
_PEOPLE = [
    Actor(_ACCOUNT, KIM, Role.ENGINEER, "UTC"),
    Actor(_ACCOUNT, uuid.UUID(int=9), Role.ENGINEER, "UTC"),
    Actor(_ACCOUNT, uuid.UUID(int=9), Role.OWNER, "UTC"),
]


@given(trees(), st.data(), st.sampled_from(_PEOPLE))
def test_what_may_be_done_to_a_step_is_what_the_rules_say_of_it(
    tree: Tree, data: st.DataObject, actor: Actor
) -> None:
    history = new_tale(tree, data).history()
    editing = Editing(history, actor)
    for step in history.steps:
        rules = [action for action in StepAction if refusal(editing, step, action) is None]
        assert editing.allowed(step) == rules


@given(trees(), st.data(), st.sampled_from(_PEOPLE))
def test_each_step_is_shown_the_same(tree: Tree, data: st.DataObject, actor: Actor) -> None:
    history = new_tale(tree, data).history()
    shown = steps_out(Editing(history, actor))
    with pytest.MonkeyPatch.context() as patch:
        for module in (schemas, policy):
            patch.setattr(module, "plain_key", lambda *_: None)
        assert steps_out(Editing(history, actor)) == shown


@given(trees(), st.data())
def test_the_same_steps_count(tree: Tree, data: st.DataObject) -> None:
    steps = new_tale(tree, data).loaded.steps
    for end in range(len(steps) + 1):
        shorter = path.standing(steps[:end])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(path, "_stands", lambda _: False)
            longer = path.standing(steps[:end])
        assert [(step.id, step.content) for step in shorter] == [(step.id, step.content) for step in longer]
