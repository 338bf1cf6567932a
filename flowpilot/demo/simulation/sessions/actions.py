"""What is done in a session at the present moment of a story. What that changes, `sessions.decisions` says."""

import uuid
from datetime import datetime

from flowpilot.demo.simulation.chance import id_at
from flowpilot.demo.simulation.handoffs import effects
from flowpilot.demo.simulation.story import Story
from flowpilot.flows.tree import Choice, NodeKind
from flowpilot.handoffs import decisions as handoff_decisions
from flowpilot.sessions import decisions, transitions
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.edits import decisions as edits
from flowpilot.sessions.following.usable import UsableFlow
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.runs import decisions as runs
from flowpilot.sessions.runs.decisions import Mark
from flowpilot.sessions.runs.run import run_of
from flowpilot.sessions.transitions import Action

# A step is never at the very moment of the one before.
_ENTERING_SECONDS = 0.001


def begin(story: Story) -> None:
    """Put the beginning on record."""
    _record_change(story, None, story.engineer_id)


def take(story: Story, by: uuid.UUID, choice: Choice, note: str = "") -> None:
    """Answer the present question, or report the outcome of the present instruction."""
    where = story.where
    if where.node is not None and where.node.kind == NodeKind.QUESTION:
        _add_step(story, by, decisions.answer(where, choice.label))
    else:
        _add_step(story, by, decisions.outcome(where, choice.label, note))
    _enter_subflows(story, by)


def report(story: Story, by: uuid.UUID, tried: str, outcome: str) -> None:
    """Report the outcome of something that was tried without a flow."""
    _add_step(story, by, decisions.outcome_without_flow(tried, outcome))


def write(story: Story, by: uuid.UUID, text: str) -> None:
    """Answer the present question in one's own words; anywhere else, take a note."""
    _add_step(story, by, decisions.free_text(story.where, text))


def mark(story: Story, by: uuid.UUID, wanted: Mark) -> None:
    """Tick, fill in or waive something that the flow asks."""
    new = runs.mark(run_of(story.where, story.steps, story.inner), wanted)
    assert new is not None
    _add_step(story, by, new)


def go_back(story: Story, by: uuid.UUID) -> None:
    """Take the newest answer or outcome of the path back."""
    _add_step(story, by, edits.take_back(story, story.where.trail[-1]))


def resolve(story: Story, by: uuid.UUID, text: str) -> None:
    """Write down what solved it, and end the session."""
    _add_step(story, by, decisions.resolution(text))
    transition(story, Action.RESOLVE, by)


def apply_fix(story: Story, by: uuid.UUID, text: str, waiting_for: str, look_again_at: datetime) -> None:
    """Write down a fix that has to prove itself, and pause the session until it is looked at again."""
    _add_step(story, by, decisions.fix(story.where, text, waiting_for, look_again_at))
    transition(story, Action.VERIFY, by, waiting_for)
    session = story.session
    session.waiting_for, session.look_again_at, session.fix_applied_at = waiting_for, look_again_at, story.moment


def transition(story: Story, action: Action, by: uuid.UUID | None, reason: str = "") -> None:
    """Change the status; an end closes what is open of the handoffs."""
    session = story.session
    before = decisions.change_status(session, action, story.moment)
    _record_change(story, before, by, reason)
    if session.status not in transitions.OPEN:
        effects.close_open(story, by, handoff_decisions.outcome_of_end(session))


def _enter_subflows(story: Story, by: uuid.UUID) -> None:
    """Enter the sub-flow to which the session has come, and those with which that begins."""
    while (node := story.where.node) is not None and node.kind is NodeKind.SUBFLOW and not story.where.halt:
        flow = story.flows[node.flow]
        edition = flow.edition(story.moment)
        version_id = edition.version.id
        entered = UsableFlow(flow.row.id, version_id, flow.row.name, None, edition.guide.tree)
        new = decisions.enter(story.where, entered)
        story.entered[version_id] = edition
        story.wait(_ENTERING_SECONDS)
        _add_step(story, by, new)


def _add_step(story: Story, by: uuid.UUID, new: NewStep) -> None:
    transitions.next_status(SessionStatus(story.session.status), Action.STEP)
    step_id = id_at(story.rng, story.moment)
    step = decisions.take_step(story.session, story.steps, new, step_id=step_id, by=by, at=story.moment)
    story.said.update(value for value in new.content.values() if isinstance(value, str))
    effects.note_first_action(story, step)


def _record_change(story: Story, before: SessionStatus | None, by: uuid.UUID | None, reason: str = "") -> None:
    change_id = id_at(story.rng, story.moment)
    change = decisions.status_change(
        story.session, before, change_id=change_id, by=by, at=story.moment, reason=reason
    )
    story.changes.append(change)
