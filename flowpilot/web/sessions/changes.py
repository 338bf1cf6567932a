"""A session's page for somebody who has it open: as it is now, with a word on who has changed it."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from flowpilot.flows.tree import NodeKind
from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.handoffs.questions.schemas import QuestionOut
from flowpilot.handoffs.schemas.responses import HandoffOut
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession
from flowpilot.sessions.edits.schemas import StepOut
from flowpilot.sessions.models import SessionStatus, StepKind, version_at
from flowpilot.sessions.schemas import SessionOut, StatusChangeOut
from flowpilot.text import sentence, tidy
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import render
from flowpilot.web.sessions.pages import page_of
from flowpilot.web.sessions.path import with_it
from flowpilot.web.sessions.returned import WITH_A_HANDOFF

router = APIRouter(prefix="/sessions", include_in_schema=False)

_LENGTH, _QUOTED = 80, 60

_Words = Callable[[Mapping[str, Any]], str]
_Names = Mapping[uuid.UUID, str | None]

# What somebody did in a step, after their name.
_STEPS: dict[StepKind, _Words] = {
    StepKind.ANSWER: lambda c: f"answered: {c['choice']}",
    StepKind.OUTCOME: lambda c: f"reported: {c['outcome']}",
    StepKind.NOTE: lambda c: f"wrote: {c['text']}",
    StepKind.FIX: lambda c: f"applied a fix, and waits for {c['waiting_for']}",
    StepKind.BACK: lambda _: "went back one step",
    StepKind.FLOW: lambda c: f"changed the flow to {c['name']}" if c.get("name") else "left the flow",
    StepKind.ENTER: lambda c: f"entered {c['name']}",
    StepKind.RESOLUTION: lambda c: f"resolved it: {c['text']}",
    StepKind.TICK: lambda c: f"ticked: {c['text']}",
    StepKind.FILL: lambda c: f"filled in {c['label']}: {c['value']}",
    StepKind.WAIVE: lambda c: f"waived: {c.get('text') or c['label']}",
    StepKind.UNDO: lambda c: f"took back: {c.get('text') or c['label']}",
}

# The same of an edit, before the step that it is about.
_EDITED = {StepKind.CORRECT: "corrected", StepKind.STRIKE: "struck", StepKind.TAKE_BACK: "took back"}

# Steps that are about no question of the flow.
_NAMED = {
    StepKind.FLOW: "the choice of the flow",
    StepKind.ENTER: "the sub-flow",
    StepKind.FIX: "the fix that was applied",
    StepKind.RESOLUTION: "what solved it",
}

# The same of a new status. What resolves a session is a step.
_STATUSES = {
    SessionStatus.ACTIVE: "goes on with the session",
    SessionStatus.PAUSED: "paused the session",
    SessionStatus.REQUESTING_ESCALATION: "put the session into the queue",
    SessionStatus.ESCALATED: "claimed the session",
    SessionStatus.ABANDONED: "abandoned the session",
}

# Where what it was before tells more.
_MOVES = {
    (SessionStatus.ESCALATED, SessionStatus.ACTIVE): "gave the session back",
    (SessionStatus.REQUESTING_ESCALATION, SessionStatus.ACTIVE): "took the session out of the queue",
    (SessionStatus.RESOLVED, SessionStatus.ACTIVE): "reopened the session",
    (SessionStatus.ESCALATED, SessionStatus.REQUESTING_ESCALATION): "returned the session to the queue",
    (SessionStatus.ESCALATED, SessionStatus.PAUSED): "set the session aside",
    (SessionStatus.REQUESTING_ESCALATION, SessionStatus.PAUSED): "set the session aside",
    (SessionStatus.PAUSED, SessionStatus.ESCALATED): "ended the wait for the fix",
    (SessionStatus.PAUSED, SessionStatus.PAUSED): "put off looking at it again",
}
_SENT_BACK = "sent the session back"

# Whoever goes on has to know why.
_BACK = frozenset((one, SessionStatus.ACTIVE) for one in (*WITH_A_HANDOFF, SessionStatus.RESOLVED))


# What somebody did about a question, after their name; whose question it is, for the reader.
_ASKED: dict[HandoffEventKind, Callable[[QuestionOut, str], str]] = {
    HandoffEventKind.ASKED: lambda one, _: f"asks: {one.question}",
    HandoffEventKind.ANSWERED: lambda one, whose: f"has answered {whose} question: {one.answer}",
    HandoffEventKind.WITHDRAWN: lambda one, _: f"has withdrawn a question: {one.question}",
}


@router.get("/{session_id}/changes")
async def show_changes(
    request: Request,
    session_id: uuid.UUID,
    actor: CanView,
    db: ReadSession,
    frame: CurrentFrame,
    steps: Annotated[int, Query(ge=0)],
    version: Annotated[int, Query(ge=0)],
    node: str = "",
    event: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """The page again, for one that shows so many steps of an older version at a node, and the events up to one."""
    page = await page_of(session_id, actor, db, frame)
    asked = [] if page.handoff is None or event is None else what_was_asked(page.handoff, actor.user_id, event)
    is_sent_back = page.sent_back is not None
    said = changes_since(page.session, actor.user_id, steps, version, node, is_sent_back=is_sent_back, asked=asked)
    return render(request, replace(page, changes=said), frame)


def changes_since(
    session: SessionOut,
    viewer: uuid.UUID,
    steps: int,
    version: int,
    node: str,
    *,
    is_sent_back: bool = False,
    asked: Sequence[str] = (),
) -> str:
    """What has happened in a session since a page showed it, in a few words; empty if there are none for it.

    Args:
        session: as it is now.
        viewer: who has the page open.
        steps: how many the page shows.
        version: which it shows.
        node: where it shows the session.
        is_sent_back: it came back last because its handoff said too little.
        asked: what was asked and answered since.
    """
    newer = [step for step in session.steps if step.position > steps]
    statuses = [change for change in session.status_changes if version_at(change.created_at) > version]
    names = {person.id: person.name for person in session.people}
    happened = what_happened(newer, statuses, viewer, names, is_sent_back=is_sent_back, all_steps=session.steps)
    said = [*asked, *happened]
    if session.current is not None and session.current.id != node and newer:
        said.append(f"The {'question' if session.current.kind == NodeKind.QUESTION else 'step'} below is new.")
    if not said and session.version > version:
        # Something was edited. What was said of an earlier step may be what was removed.
        said.append("This session was edited.")
    return " ".join(said)


def what_happened(
    steps: Sequence[StepOut],
    statuses: Sequence[StatusChangeOut],
    viewer: uuid.UUID,
    names: _Names,
    *,
    is_sent_back: bool = False,
    all_steps: Sequence[StepOut] = (),
) -> list[str]:
    """A sentence on the last of these steps and one on the last of these changes of status, with who did it.

    `all_steps`: among them is the one that an edit is about.
    """
    said = []
    if steps:
        # Entering a sub-flow follows from the step before.
        last = next((step for step in reversed(steps) if step.kind != StepKind.ENTER), steps[-1])
        more = len(steps) - 1 - (last is not steps[-1])
        earlier = f", after {more} other {'step' if more == 1 else 'steps'}" if more else ""
        said.append(f"{_who(last.actor_id, viewer, names)} {_step(last, all_steps)}{earlier}.")
    if (
        statuses
        and not (steps and _comes_with(steps[-1], statuses[-1]))
        and (words := _status(statuses[-1], is_sent_back))
    ):
        said.append(sentence(f"{_who(statuses[-1].actor_id, viewer, names)} {words}"))
    return said


def what_was_asked(handoff: HandoffOut, viewer: uuid.UUID, event: int) -> list[str]:
    """A sentence on the last thing that somebody else has asked, answered or withdrawn after an event.

    If it was the viewer alone, one on that.
    """
    conversation = {*_ASKED, HandoffEventKind.OPINION}
    everybodys = [one for one in handoff.events if one.kind in conversation and (one.number or 0) > event]
    newer = [one for one in everybodys if one.actor_id != viewer]
    questions = {str(one.id): one for one in handoff.questions}
    if not newer:
        return ["In another window, you wrote to your colleague."] if everybodys else []
    if newer[-1].kind == HandoffEventKind.OPINION:
        who = (handoff.created_by.name if handoff.created_by else None) or "A former member"
        return [sentence(f"{who} {tidy(f'thinks: {handoff.note}', _LENGTH)}")]
    last, question = newer[-1], questions.get(str(newer[-1].content.get("question")))
    if question is None:
        return []
    person = question.answered_by if last.kind == HandoffEventKind.ANSWERED else question.asked_by
    who = (person.name if person else None) or "A former member"
    said = _ASKED[last.kind](question, "your" if question.asked_by.id == viewer else "the")
    return [sentence(f"{who} {tidy(said, _LENGTH)}")]


def _comes_with(step: StepOut, change: StatusChangeOut) -> bool:
    """Whether the status changed with the step, which says so: a fix has to prove itself, or was taken back."""
    if step.kind == StepKind.FIX:
        return change.to_status == SessionStatus.PAUSED and change.reason == step.content.get("waiting_for")
    return step.kind == StepKind.TAKE_BACK and change.created_at == step.created_at


def _status(change: StatusChangeOut, is_sent_back: bool) -> str | None:
    move = None if change.from_status is None else _MOVES.get((change.from_status, change.to_status))
    if (change.from_status, change.to_status) in _BACK:
        move = _SENT_BACK if is_sent_back and change.from_status in WITH_A_HANDOFF else move
        return tidy(f"{move}: {change.reason}", _LENGTH) if change.reason else move
    return move or _STATUSES.get(change.to_status)


def _who(actor_id: uuid.UUID | None, viewer: uuid.UUID, names: _Names) -> str:
    if actor_id == viewer:
        return "In another window, you"
    return (names.get(actor_id) if actor_id else "FlowPilot") or "A former member"


def _step(step: StepOut, all_steps: Sequence[StepOut]) -> str:
    if step.kind in _EDITED:
        about = next((one for one in all_steps if str(one.id) == step.content.get("step")), None)
        also = with_it(step, all_steps) if step.kind == StepKind.TAKE_BACK else ""
        return f"{_EDITED[step.kind]} {_edited_step(about)}{also}"
    words = _STEPS[StepKind.NOTE] if step.is_free_text else _STEPS.get(step.kind)
    if words is None:
        return "changed the record"
    # What somebody wrote, as it reads now: it may have been struck or removed since.
    content = step.content if step.text_name is None else {**step.content, step.text_name: step.text or ""}
    if step.is_free_text:
        content = {"text": content.get("choice", "")}
    return tidy(words(defaultdict(str, content)), _LENGTH).rstrip(" .:")


def _edited_step(step: StepOut | None) -> str:
    """Which step was edited, in none of the words that somebody has written there."""
    if step is None:
        return "a step"
    if step.kind == StepKind.NOTE or step.is_free_text:
        return "a note"
    if "fix" in step.content:
        return "that the fix did not help"
    if step.kind in _NAMED:
        return _NAMED[step.kind]
    # Without a node, somebody wrote what was tried, or the copilot did.
    asked = step.content.get("question") or ("node" in step.content and step.content.get("instruction"))
    return f"the answer to “{tidy(asked, _QUOTED)}”" if asked else "a step"
