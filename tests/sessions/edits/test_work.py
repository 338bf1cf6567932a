"""Showing a session replays its steps so many times, however many they are."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from flowpilot.flows.tree import Tree
from flowpilot.handoffs.snapshot import take_snapshot
from flowpilot.identity.actor import Actor, Role
from flowpilot.sessions import path
from flowpilot.sessions.edits.policy import Editing
from flowpilot.sessions.edits.schemas import steps_out
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus, StepKind
from flowpilot.sessions.notes.documentation import document
from flowpilot.sessions.queries import SessionHistory, case_of
from flowpilot.sessions.schemas import SessionOut, session_out
from flowpilot.sessions.suggestions.queries import Suggestions
from flowpilot.web.sessions.path import PathStep, path_of

BEGAN = datetime(2026, 6, 15, 8, tzinfo=UTC)
ACCOUNT, KIM = uuid.UUID(int=1), uuid.UUID(int=2)
KIM_AT_WORK = Actor(ACCOUNT, KIM, Role.ENGINEER, "UTC")


def history_of(n_answers: int) -> SessionHistory:
    """A session in which each of so many questions was answered, after a note."""
    asked = {
        f"n{number}": {
            "kind": "question",
            "text": f"Is {number} on?",
            "choices": [{"label": "Yes", "next": f"n{number + 1}"}, {"label": "No", "next": "end"}],
        }
        for number in range(n_answers)
    }
    ends = {name: {"kind": "resolution", "text": "Done."} for name in (f"n{n_answers}", "end")}
    session = AISession(
        account_id=ACCOUNT,
        id=uuid.uuid4(),
        user_id=KIM,
        owner_id=KIM,
        status=SessionStatus.ACTIVE,
        problem_summary="It is broken",
        problem_body="",
        confidence=1.0,
        confidence_tier="guided",
        step_count=2 * n_answers,
        answer_count=n_answers,
        free_text_count=n_answers,
        created_at=BEGAN,
        last_activity_at=BEGAN,
        removals=[],
    )
    contents = [
        content
        for number in range(n_answers)
        for content in (
            {"text": "Looked."},
            {"node": f"n{number}", "next": f"n{number + 1}", "question": f"Is {number} on?", "choice": "Yes"},
        )
    ]
    steps = [
        AISessionStep(
            account_id=ACCOUNT,
            id=uuid.uuid4(),
            session_id=session.id,
            position=position,
            kind=StepKind.NOTE if "text" in content else StepKind.ANSWER,
            actor_id=KIM,
            is_free_text="text" in content,
            content=content,
            created_at=BEGAN + timedelta(minutes=position),
        )
        for position, content in enumerate(contents, start=1)
    ]
    tree = Tree.model_validate({"root": "n0", "nodes": asked | ends})
    return SessionHistory(session, steps, [], "A flow", 1, tree, {KIM: "Kim"})


def session_of(history: SessionHistory) -> SessionOut:
    return SessionOut(**session_out(history, KIM_AT_WORK, Suggestions()))


def test_a_long_session_is_replayed_as_often_as_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    replay, counted = path._replay, [0]

    def counting(*steps: list[AISessionStep]) -> tuple[list[AISessionStep], list[AISessionStep]]:
        counted[0] += 1
        return replay(*steps)

    monkeypatch.setattr(path, "_replay", counting)
    costs = []
    for history in (history_of(3), history_of(100)):
        cost = []
        for show in (
            lambda history=history: steps_out(Editing(history, KIM_AT_WORK)),
            lambda history=history: path_of(session_of(history)),
            lambda history=history: document(history, BEGAN + timedelta(days=1), "UTC"),
            lambda history=history: take_snapshot(history, "A guess"),
            lambda history=history: case_of(history),
        ):
            counted[0] = 0
            show()
            cost.append(counted[0])
        costs.append(cost)
    assert costs[0] == costs[1] == [1, 2, 2, 5, 1]


def test_a_step_names_all_that_fall_with_it_and_its_page_the_first_of_them() -> None:
    session = session_of(history_of(12))
    answers = [step.id for step in session.steps if step.kind == StepKind.ANSWER]
    assert [step.takes_back for step in session.steps if step.kind == StepKind.ANSWER] == [
        answers[number + 1 :] for number in range(12)
    ]
    shown = [one for one in path_of(session) if isinstance(one, PathStep) and one.step.id in answers]
    assert [(len(one.falls), one.n_more) for one in shown[:5]] == [(8, 3), (8, 2), (8, 1), (8, 0), (7, 0)]
    assert shown[0].falls[0] == "Is 1 on? Yes"
