"""What the verbs of a session write, at the present moment of a story: as `flowpilot.sessions` does, without a
database."""

import uuid
from typing import Any

from flowpilot.demo.simulation.chance import id_at
from flowpilot.demo.simulation.handoffs import effects as desk
from flowpilot.demo.simulation.story import Story
from flowpilot.flows.tree import Choice, NodeKind
from flowpilot.handoffs.models import Outcome
from flowpilot.sessions import path, transitions
from flowpilot.sessions.models import AISessionStep, SessionStatus, StatusChange, StepKind
from flowpilot.sessions.transitions import Action


def begin(story: Story) -> None:
    """Put the beginning on record."""
    _record_change(story, None, story.engineer_id, "")


def derive(story: Story) -> None:
    """Set what the session keeps of its steps and changes."""
    session = story.session
    answers = [step for step in story.steps if step.kind == StepKind.ANSWER]
    session.step_count = len(story.steps)
    session.answer_count = len(answers)
    session.free_text_count = sum(step.is_free_text for step in answers)
    moments = [step.created_at for step in story.steps[-1:]]
    session.last_activity_at = max([story.changes[-1].created_at, *moments])


def take(story: Story, by: uuid.UUID, choice: Choice, note: str = "") -> None:
    """Answer the present question, or report what came of the present instruction, with a note if there is one."""
    where = story.where
    assert where.node is not None
    if where.node.kind == NodeKind.QUESTION:
        content = {"question": where.node.text, "choice": choice.label, **_place(where, choice.next)}
        _add_step(story, by, StepKind.ANSWER, content)
    else:
        content = {"instruction": where.node.text, "outcome": choice.label, **_place(where, choice.next)}
        _add_step(story, by, StepKind.OUTCOME, content | ({"note": note} if note else {}))


def report(story: Story, by: uuid.UUID, tried: str, outcome: str) -> None:
    """Say what came of something that was tried without a flow."""
    _add_step(story, by, StepKind.OUTCOME, {"instruction": tried, "outcome": outcome})


def write(story: Story, by: uuid.UUID, text: str) -> None:
    """Answer the present question in one's own words; anywhere else, take a note."""
    where = story.where
    place = {} if where.node_id is None else _place(where, where.node_id)
    if where.node is not None and where.node.kind == NodeKind.QUESTION:
        content = {"question": where.node.text, "choice": text, **place}
        _add_step(story, by, StepKind.ANSWER, content, is_free_text=True)
    else:
        _add_step(story, by, StepKind.NOTE, {"text": text, **place})


def go_back(story: Story, by: uuid.UUID) -> None:
    """Take the newest step of the path back."""
    where = story.where
    _add_step(story, by, StepKind.BACK, _place(where, path.step_back(where)))


def resolve(story: Story, by: uuid.UUID, text: str) -> None:
    """Write down what solved it, and end the session."""
    _add_step(story, by, StepKind.RESOLUTION, {"text": text})
    transition(story, Action.RESOLVE, by)


def transition(story: Story, verb: Action, by: uuid.UUID | None, reason: str = "") -> None:
    """Change the status as the table of transitions has it; an end closes what is open of the handoffs."""
    session, before = story.session, SessionStatus(story.session.status)
    session.status = transitions.next_status(before, verb)
    session.resolved_at = story.moment if session.status == SessionStatus.RESOLVED else None
    _record_change(story, before, by, reason)
    if session.status not in transitions.OPEN:
        desk.close_open(story, by, _OUTCOMES[SessionStatus(session.status)])


_OUTCOMES = {SessionStatus.RESOLVED: Outcome.RESOLVED, SessionStatus.ABANDONED: Outcome.ABANDONED}


def _place(where: path.Position, following: str) -> dict[str, Any]:
    return {"node": where.node_id, "next": following}


def _add_step(
    story: Story, by: uuid.UUID, kind: StepKind, content: dict[str, Any], *, is_free_text: bool = False
) -> None:
    transitions.next_status(SessionStatus(story.session.status), Action.STEP)
    step = AISessionStep(
        account_id=story.account.id,
        id=id_at(story.rng, story.moment),
        session_id=story.session.id,
        position=len(story.steps) + 1,
        kind=kind,
        actor_id=by,
        is_free_text=is_free_text,
        content=content,
        created_at=story.moment,
    )
    story.steps.append(step)
    story.said.update(content.values())
    desk.note_first_action(story, step)


def _record_change(story: Story, before: SessionStatus | None, by: uuid.UUID | None, reason: str) -> None:
    change = StatusChange(
        account_id=story.account.id,
        id=id_at(story.rng, story.moment),
        session_id=story.session.id,
        from_status=before,
        to_status=story.session.status,
        actor_id=by,
        reason=reason,
        created_at=story.moment,
    )
    story.changes.append(change)
