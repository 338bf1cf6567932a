"""Correcting, striking and taking back steps of a session that this transaction has locked."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError, OutdatedError
from flowpilot.flows.matching.match import tier
from flowpilot.flows.models import FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.http.fields import as_line
from flowpilot.identity.actor import Actor
from flowpilot.sessions import hooks
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.edits import decisions, policy
from flowpilot.sessions.edits.again import fix_again, looks_again_at
from flowpilot.sessions.edits.policy import Editing, StepAction
from flowpilot.sessions.edits.record import about, last_removal, records, waiting_fix, waits_for
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import EDITS, AISessionStep, StepKind
from flowpilot.sessions.postings.renewing import renew_waiting
from flowpilot.sessions.service import add_step, go_on
from flowpilot.sessions.transitions import Action
from flowpilot.sessions.verifying.service import wait_again


class StepNotFoundError(NotFoundError):
    """No such step in the session."""

    def __init__(self) -> None:
        super().__init__("The session has no such step.")


class NothingToTakeBackError(OutdatedError):
    """No answer and no outcome has led to where the session is."""


class StepChangedError(OutdatedError):
    """Somebody else has edited the step since the caller saw it."""

    def __init__(self) -> None:
        super().__init__("Somebody has changed this step meanwhile. What you sent was not recorded.")


class WordsRemovedError(OutdatedError):
    """Words of the step were removed for good since the caller saw it."""

    def __init__(self) -> None:
        super().__init__(
            "Words of this step were removed for good meanwhile. What you sent was not recorded. Read the step "
            "again and correct what it says now."
        )


async def correct(
    db: Db,
    actor: Actor,
    loaded: LoadedSession,
    step: AISessionStep,
    text: str,
    seen_removal: datetime | None = None,
    text_name: Literal["waiting_for"] | None = None,
) -> None:
    """Correct the text of a step. The record keeps what it said before.

    Args:
        seen_removal: when words of it were last removed, as the caller saw it; None if they saw no removal.
        text_name: of a fix, to correct what it waits for. If it still waits, the session says so from now on.

    Raises:
        WordsRemovedError: words of it were removed since.
        NothingToEditError: the step has no such text.
        RequestValidationError: what the fix waits for is too long.
    """
    editing = Editing(loaded, actor)
    policy.check(editing, step, StepAction.CORRECT)
    _check_removal(last_removal(step, editing.known.of(step)), seen_removal)
    if text_name is not None:
        text = as_line(text, "text")
        if waits_for(step, editing.known.of(step)) is None:
            raise policy.NothingToEditError("This step waits for nothing.")
        if step == waiting_fix(loaded.session, loaded.steps):
            loaded.session.waiting_for = text
    new = decisions.correct(step, editing.known.of(step), text, text_name)
    if new is not None:
        await _edit(db, actor, loaded, new)


async def strike(db: Db, actor: Actor, loaded: LoadedSession, step: AISessionStep) -> None:
    """Take the text of a step out of the note. The record keeps it."""
    policy.check(Editing(loaded, actor), step, StepAction.STRIKE)
    await _edit(db, actor, loaded, decisions.strike(step))


async def take_back(db: Db, actor: Actor, loaded: LoadedSession, step: AISessionStep) -> None:
    """Take back a step, and the answers and outcomes that follow from it. Notes stay.

    If it is the fix that waits, the session goes on, with the senior whose handoff it had set aside. If it says
    that a fix did not help, and nothing has been done since, that waits again, and its handoff is set aside again.
    """
    policy.check(Editing(loaded, actor), step, StepAction.TAKE_BACK)
    if (fix := _fix_again(loaded, step)) is not None:
        await _edit(db, actor, loaded, decisions.take_back(loaded, step))
        await wait_again(db, actor.user_id, loaded, fix, looks_again_at(step, fix))
    elif step.kind != StepKind.FLOW:
        waits = step == waiting_fix(loaded.session, loaded.steps)
        await _edit(db, actor, loaded, decisions.take_back(loaded, step))
        if waits:
            await go_on(db, loaded, Action.TAKE_BACK, actor.user_id)
    else:
        await _take_back_flow(db, actor, loaded, step)


async def _take_back_flow(db: Db, actor: Actor, loaded: LoadedSession, step: AISessionStep) -> None:
    """Return to the flow that was left for this one."""
    earlier = await _tree_left(db, loaded, step)
    new = decisions.take_back(loaded, step, earlier)
    session, left = loaded.session, step.content
    session.matched_flow_id = uuid.UUID(left["left"]) if "left" in left else None
    session.flow_version_id = uuid.UUID(left["left_version"]) if "left" in left else None
    session.confidence = left["left_confidence"] if "left" in left else 0.0
    session.confidence_tier = None if session.confidence is None else tier(session.confidence)
    await _edit(db, actor, loaded, new)


async def go_back(db: Db, actor: Actor, loaded: LoadedSession) -> None:
    """Take back the newest answer or outcome of the path: `take_back`, without looking for the step.

    Raises:
        NothingToTakeBackError: the session is at the beginning of its flow, or follows none.
    """
    newest = Editing(loaded, actor).newest
    if newest is None:
        raise NothingToTakeBackError("This is the first step, so there is nothing to take back.")
    await take_back(db, actor, loaded, newest)


def find_step(steps: Sequence[AISessionStep], step_id: uuid.UUID, after_step: int | None = None) -> AISessionStep:
    """A step of the session.

    Args:
        steps: of the session.
        step_id: of the step.
        after_step: how many steps the caller saw; None if they do not say.

    Raises:
        StepNotFoundError: the session has no such step.
        StepChangedError: somebody has edited it since the caller saw it.
    """
    found = next((step for step in steps if step.id == step_id), None)
    if found is None:
        raise StepNotFoundError
    later = [] if after_step is None else steps[after_step:]
    if any(edit.kind in EDITS and about(edit) == step_id for edit in later):
        raise StepChangedError
    return found


def _check_removal(last: Mapping[str, Any] | None, seen: datetime | None) -> None:
    # A removal adds no step, so that nothing that is counted changes: a number of steps does not tell of it.
    if last is not None and seen != datetime.fromisoformat(last["at"]):
        raise WordsRemovedError


async def _edit(db: Db, actor: Actor, loaded: LoadedSession, new: NewStep) -> None:
    await add_step(db, loaded, actor.user_id, new)
    await renew_waiting(db, loaded.session)
    for follow in hooks.on_edit:
        await follow(db, loaded.session, actor.user_id, loaded.moment)


def _fix_again(loaded: LoadedSession, step: AISessionStep) -> AISessionStep | None:
    """The fix that waits again if the step is taken back."""
    if "fix" not in step.content:
        return None
    return fix_again(step, loaded.steps, loaded.changes, records(loaded.steps))


async def _tree_left(db: Db, loaded: LoadedSession, step: AISessionStep) -> Tree | None:
    if "left" not in step.content:
        return None
    query = select(FlowVersion.structure).where(
        FlowVersion.account_id == loaded.session.account_id,
        FlowVersion.id == uuid.UUID(step.content["left_version"]),
    )
    return Tree.model_validate((await db.scalars(query)).one())
