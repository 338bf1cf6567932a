"""What somebody may do to an earlier step. What is offered and refused comes from the same rule, `refusal`."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from flowpilot.attachments.schemas import attachments_in
from flowpilot.errors import FlowPilotError, OutdatedError
from flowpilot.identity.actor import Actor, ForbiddenError, Permission, missing_permission
from flowpilot.sessions import path, policy, transitions
from flowpilot.sessions.edits import decisions
from flowpilot.sessions.edits.again import Change, fix_again
from flowpilot.sessions.edits.record import (
    Records,
    is_removed,
    plain_key,
    records,
    text_key,
    text_now,
    waiting_fix,
)
from flowpilot.sessions.edits.words import written
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus, StepKind
from flowpilot.sessions.runs.run import Run
from flowpilot.sessions.transitions import Action

# What is taken back. Notes are struck, and ticks and values have their own undo.
_TAKEN_BACK = frozenset({StepKind.ANSWER, StepKind.OUTCOME, StepKind.FIX, StepKind.ENTER, StepKind.FLOW})


class StepAction(StrEnum):
    """Something that can be done to an earlier step."""

    CORRECT = "correct"
    STRIKE = "strike"
    TAKE_BACK = "take_back"
    REMOVE = "remove"


class NotYourStepError(ForbiddenError):
    """Somebody else took the step, and somebody else works on the session."""


class NothingToEditError(OutdatedError):
    """The step has nothing of the kind: no text, or one that was struck already; or it was taken back."""


class SessionWithSteps(Protocol):
    """A session with its steps, as it was loaded or read."""

    @property
    def session(self) -> AISession:
        """The session."""

    @property
    def steps(self) -> list[AISessionStep]:
        """Its steps, in their order."""

    @property
    def run(self) -> Run:
        """What its flow asks to be done."""

    @property
    def changes(self) -> Sequence[Change]:
        """Its changes of status; empty if they were not read, which no rule here needs."""


@dataclass(frozen=True)
class Editing:
    """The steps of a session, as the actor may edit them."""

    history: SessionWithSteps
    actor: Actor
    _plain: dict[tuple[str, str], list[StepAction]] = field(default_factory=dict)

    @cached_property
    def lacking(self) -> ForbiddenError | None:
        """Why the actor may edit no step at all."""
        return missing_permission(self.actor, Permission.WORK)

    @cached_property
    def is_holder(self) -> bool:
        """Whether the session is the actor's now, or may always be: a team admin's."""
        return policy.may_work_on_all(self.actor) or self.history.session.worked_on_by == self.actor.user_id

    @cached_property
    def known(self) -> Records:
        """What became of the steps."""
        return records(self.history.steps)

    @cached_property
    def standing(self) -> frozenset[uuid.UUID]:
        """The steps that count."""
        return frozenset(step.id for step in path.standing(self.history.steps))

    @cached_property
    def trail(self) -> path.Trail:
        """What has led to where the session is."""
        return path.trail_of(self.history.steps)

    @cached_property
    def newest(self) -> AISessionStep | None:
        """The newest answer or outcome on the path, which going back takes back."""
        return next((step for step in reversed(self.trail.steps) if step.kind != StepKind.ENTER), None)

    @cached_property
    def flow(self) -> AISessionStep | None:
        """The choice of the flow that the session follows; None if it began with it."""
        chosen = (step for step in reversed(self.history.steps) if step.kind == StepKind.FLOW)
        return next((step for step in chosen if step.id in self.standing), None)

    def counts(self, step: AISessionStep) -> bool:
        """Whether what was done counts. A fix was applied, though its words may be struck."""
        is_applied = step.kind == StepKind.FIX and self.known.of(step).taken_back is None
        return is_applied or step.id in self.standing

    def falling(self, step: AISessionStep) -> list[AISessionStep]:
        """What else is taken back with a step, without the sub-flows that are left."""
        if not self.counts(step):
            return []
        fallen = decisions.falling(self.trail, self.history.steps, step)
        return [one for one in fallen if one.kind != StepKind.ENTER]

    def fix_again(self, step: AISessionStep) -> AISessionStep | None:
        """The fix that waits again if the step is taken back. It takes the session's changes of status."""
        return fix_again(step, self.history.steps, self.history.changes, self.known)

    def allowed(self, step: AISessionStep) -> list[StepAction]:
        """What the actor may do to the step."""
        if _not_theirs(self, [step]) is not None:
            return []
        key = plain_key(step, self.known)
        if key is None:
            return self._by_rules(step)
        # A session has many such steps, and the rules say the same of all.
        alike = step.kind, key
        if alike not in self._plain:
            self._plain[alike] = self._by_rules(step)
        return [*self._plain[alike]]

    def _by_rules(self, step: AISessionStep) -> list[StepAction]:
        return [action for action, refused in _REFUSALS.items() if refused(self, step) is None]


def check(editing: Editing, step: AISessionStep, action: StepAction) -> None:
    """Make sure that the actor may do this to the step.

    Raises:
        ForbiddenError: the actor's role does not include it.
        NotYourStepError: the step, or one that falls with it, and the session are somebody else's.
        NothingToEditError: the step has nothing of the kind.
        NotAllowedNowError: the session's status allows no taking back.
    """
    refused = refusal(editing, step, action)
    if refused is not None:
        raise refused


def refusal(editing: Editing, step: AISessionStep, action: StepAction) -> FlowPilotError | None:
    """Why the actor may not do this to the step; None if they may."""
    return _not_theirs(editing, [step]) or _REFUSALS[action](editing, step)


def _not_theirs(editing: Editing, steps: Sequence[AISessionStep]) -> FlowPilotError | None:
    if editing.lacking is not None or editing.is_holder:
        return editing.lacking
    if all(step.actor_id == editing.actor.user_id for step in steps):
        return None
    return NotYourStepError(
        "Somebody else took this step, or went on from it. They, the person who works on the session, or a team "
        "admin can do that."
    )


def _refusal_to_correct(editing: Editing, step: AISessionStep) -> FlowPilotError | None:
    if is_removed(step):
        return NothingToEditError("What this step said was removed for good. Write a note instead.")
    if text_key(step) is None:
        return NothingToEditError("This step has no text to correct.")
    return _is_undone(editing, step) or _is_taken_back(editing, step)


def _refusal_to_strike(editing: Editing, step: AISessionStep) -> FlowPilotError | None:
    if text_now(step, editing.known.of(step)) is None:
        return NothingToEditError("This step has no text that counts.")
    if step.kind == StepKind.WAIVE:
        return NothingToEditError("A waiver needs its reason. Correct it, or undo the waiver.")
    return _is_taken_back(editing, step)


def _is_undone(editing: Editing, step: AISessionStep) -> FlowPilotError | None:
    if step.kind != StepKind.WAIVE or step.id in editing.standing:
        return None
    return NothingToEditError("This waiver no longer counts.")


def _is_taken_back(editing: Editing, step: AISessionStep) -> FlowPilotError | None:
    if editing.known.of(step).taken_back is None:
        return None
    return NothingToEditError("This step was taken back, so its text no longer counts.")


def _refusal_to_take_back(editing: Editing, step: AISessionStep) -> FlowPilotError | None:
    of_kind = _refusal_by_kind(step)
    if of_kind is not None:
        return of_kind
    session = editing.history.session
    waits = step == waiting_fix(session, editing.history.steps)
    of_status = transitions.refusal(SessionStatus(session.status), Action.TAKE_BACK if waits else Action.STEP)
    if of_status is not None:
        return of_status
    if policy.holder_of(session) is not None and not editing.is_holder:
        return NotYourStepError("Somebody else holds this session: what happens next is theirs to decide.")
    if not editing.counts(step):
        return NothingToEditError("This step does not count any more.")
    of_flow = _refusal_to_return(editing, step) if step.kind == StepKind.FLOW else None
    return of_flow or _not_theirs(editing, editing.falling(step))


def _refusal_by_kind(step: AISessionStep) -> NothingToEditError | None:
    if step.kind == StepKind.RESOLUTION:
        return NothingToEditError("What resolved a session is not taken back. Reopen the session, and say why.")
    if step.kind in _TAKEN_BACK and not step.is_free_text:
        return None
    return NothingToEditError(
        "Only answers, outcomes, fixes, sub-flows and the choice of a flow are taken back. Strike a note."
    )


def _refusal_to_return(editing: Editing, step: AISessionStep) -> FlowPilotError | None:
    """Why the session cannot return to the flow that it followed before."""
    if step != editing.flow or ("left" in step.content and "left_version" not in step.content):
        return NothingToEditError("Another flow was chosen since. Choose the flow again instead.")
    if editing.history.run.is_begun():
        return NothingToEditError("Something of its checklist is done. Undo that first.")
    return None


def _refusal_to_remove(editing: Editing, step: AISessionStep) -> FlowPilotError | None:
    record = editing.known.of(step)
    wordings = [step, *record.corrections, *record.waits]
    if any(not is_removed(one) and (written(one) or attachments_in(one.content)) for one in wordings):
        return None
    return NothingToEditError("Nobody wrote anything in this step that could be removed.")


_REFUSALS = {
    StepAction.CORRECT: _refusal_to_correct,
    StepAction.STRIKE: _refusal_to_strike,
    StepAction.TAKE_BACK: _refusal_to_take_back,
    StepAction.REMOVE: _refusal_to_remove,
}
