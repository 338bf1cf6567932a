"""What the page of a session says of where its flow is, and offers first, without any HTML."""

import uuid
from typing import Any

import pytest

from flowpilot.flows.tree import NodeKind
from flowpilot.sessions.edits.schemas import StepOut
from flowpilot.sessions.models import SessionStatus, StepKind
from flowpilot.sessions.runs.nodes import NodeOut
from flowpilot.sessions.schemas import SessionOut
from flowpilot.sessions.transitions import Action
from flowpilot.web.sessions.tried import is_at_the_end, is_only_read, is_unsolved, what_is_next
from tests.company import at

FAILED = StepOut.model_construct(
    id=uuid.UUID(int=1),
    kind=StepKind.OUTCOME,
    content={"instruction": "New drum.", "fix": "1"},
    position=1,
    actor_id=None,
    is_free_text=False,
    created_at=at("2026-06-15 12:00"),
)


def _session(
    kind: NodeKind | None = None,
    *,
    allowed: tuple[Action, ...] = (Action.STEP,),
    choices: tuple[str, ...] = (),
    returns_to: str | None = None,
    steps: tuple[StepOut, ...] = (),
    **said: Any,
) -> SessionOut:
    here: dict[str, Any] = {"kind": kind, "choices": choices, "outcomes": (), "returns_to": returns_to}
    known: dict[str, Any] = {
        "status": SessionStatus.ACTIVE,
        "look_again_at": None,
        "steps": steps,
        "status_changes": [],
    }
    known |= {"allowed": allowed, "standing": [one.id for one in steps]}
    construct: Any = SessionOut.model_construct
    current: Any = NodeOut.model_construct
    made: SessionOut = construct(current=None if kind is None else current(**here), **known | said)
    return made


@pytest.mark.parametrize(
    ("session", "words"),
    [
        (_session(), ""),
        (_session(NodeKind.QUESTION, choices=("Yes",)), "Ask"),
        (_session(NodeKind.QUESTION, returns_to="Printer"), "This sub-flow ends here"),
        (_session(NodeKind.RESOLUTION), "This should be solved now"),
        (_session(NodeKind.RESOLUTION, steps=(FAILED,)), "The flow ends here"),
        (_session(NodeKind.RESOLUTION, look_again_at=at("2026-06-15 12:00")), "The flow ends here"),
        (_session(NodeKind.ESCALATION, allowed=(Action.STEP, Action.ESCALATE)), "Time to escalate"),
        (_session(NodeKind.ESCALATION), "The flow ends here"),
    ],
)
def test_it_says_what_is_to_be_done(session: SessionOut, words: str) -> None:
    assert what_is_next(session) == words


@pytest.mark.parametrize(
    ("session", "ends", "unsolved"),
    [
        (_session(), False, False),
        (_session(NodeKind.QUESTION, choices=("Yes",)), False, False),
        (_session(NodeKind.RESOLUTION), True, False),
        (_session(NodeKind.RESOLUTION, steps=(FAILED,)), True, True),
        (_session(NodeKind.ESCALATION), True, True),
        (_session(NodeKind.ESCALATION, allowed=()), False, False),
    ],
)
def test_to_resolve_it_is_offered_first_only_at_an_end_that_solves(
    session: SessionOut, ends: bool, unsolved: bool
) -> None:
    assert (is_at_the_end(session), is_unsolved(session)) == (ends, unsolved)


def test_who_may_do_nothing_in_an_open_session_only_reads() -> None:
    assert is_only_read(_session(allowed=()))
    assert not is_only_read(_session(allowed=(Action.NOTE,)))
    assert not is_only_read(_session(allowed=(), status=SessionStatus.RESOLVED))
