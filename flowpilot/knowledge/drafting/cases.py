"""What a draft is merged from: what people did in each session, in order."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flowpilot.knowledge.drafting.draft import SOLVED
from flowpilot.knowledge.drafting.fixes import confirmed_fix, written_while_waiting
from flowpilot.sessions.models import AISessionStep, SessionStatus, StepKind
from flowpilot.sessions.path import flow_of, standing
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.similar.words import Words

Texts = Mapping[tuple[uuid.UUID, str], str]
"""What the nodes of flows say, by flow and node."""

_ESCALATED = frozenset({SessionStatus.REQUESTING_ESCALATION, SessionStatus.ESCALATED})


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was asked, done or said, and the telling words of it.

    `chosen`: the answer or outcome that a flow offered; None for free text. `node`: where in the flow `flow_id`,
    the session's own or a sub-flow, if it is known. `is_remark`: it says nothing of a fix, or what came of one.
    """

    step_id: uuid.UUID
    text: str
    words: Words
    chosen: str | None = None
    kind: StepKind = StepKind.NOTE
    node: str | None = None
    is_free_answer: bool = False
    flow_id: uuid.UUID | None = None
    is_remark: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A session with its number in the proposal, from 1.

    `solved_by` is None until it is resolved, and if nobody wrote what solved it. It is none of the `acts`.
    `problem`: the telling words of its description.
    """

    number: int
    session_id: uuid.UUID
    acts: tuple[Act, ...]
    solved_by: Act | None
    was_escalated: bool
    problem: Words = frozenset()


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that counts, what was asked, done or said in it, and its flow, if that is known."""

    step: AISessionStep
    text: str
    flow_id: uuid.UUID | None


def taken_in(history: SessionHistory, texts: Texts) -> list[Taken]:
    """The steps that count and say something, in order.

    Args:
        history: of the session.
        texts: what flows say to everybody. A step holds what its session was shown: with its values, and in the
            words of its client. Both belong in no draft, and would part cases that were asked the same.
    """
    return [
        Taken(step, _to_everybody(step, flow_id, texts) or said, flow_id)
        for step, flow_id in _with_flow(history)
        if (said := said_in(step))
    ]


def case_of(
    number: int,
    history: SessionHistory,
    taken: Sequence[Taken],
    said: Sequence[tuple[Words, bool]],
    problem: Words,
) -> Case:
    """The case that a session makes.

    Args:
        number: of the case in its proposal.
        history: of the session.
        taken: its steps, from `taken_in`.
        said: the words of the text of each, and whether it says nothing of a fix.
        problem: the words of its description.
    """
    seen = written_while_waiting(history)
    acts = [
        _act(one, telling, is_remark=is_remark or one.step.id in seen)
        for one, (telling, is_remark) in zip(taken, said, strict=True)
    ]
    solved_by, ending = _solution(history, taken, acts)
    return Case(
        number=number,
        session_id=history.session.id,
        acts=tuple(act for act in acts if act is not solved_by and act is not ending),
        solved_by=solved_by,
        was_escalated=any(change.to_status in _ESCALATED for change in history.changes),
        problem=problem,
    )


def _solution(
    history: SessionHistory, taken: Sequence[Taken], acts: Sequence[Act]
) -> tuple[Act | None, Act | None]:
    """What solved a session, if somebody wrote it, and what was written at its end. Both are None until its end.

    A fix that proved itself solved it, whatever was written when it was confirmed. Otherwise what was written at
    the end did, or if that says nothing of a fix, what is known to have helped.
    """
    if history.session.status != SessionStatus.RESOLVED:
        return None, None
    ending = next((act for act in reversed(acts) if act.kind == StepKind.RESOLUTION), None)
    fix = confirmed_fix(history)
    proved = next((act for act in acts if fix is not None and act.step_id == fix.id), None)
    if proved is not None:
        return proved, ending
    if ending is not None and not ending.is_remark:
        return ending, ending
    helped = [act for one, act in zip(taken, acts, strict=True) if act.chosen is None and _helped(one.step)]
    return (helped[-1] if helped else None), ending


def _helped(step: AISessionStep) -> bool:
    return step.kind == StepKind.OUTCOME and step.content.get("outcome") == SOLVED


def said_in(step: AISessionStep) -> str:
    """What was asked, done or said in a step; empty for one that only moves."""
    content = step.content
    match step.kind:
        case StepKind.ANSWER:
            said = content.get("choice") if step.is_free_text else content.get("question")
        case StepKind.OUTCOME if "fix" in content:
            # A fix that did not help: its own step says what was done.
            said = None
        case StepKind.OUTCOME:
            said = content.get("instruction") or content.get("note")
        case StepKind.NOTE | StepKind.RESOLUTION | StepKind.FIX:
            said = content.get("text")
        case _:
            said = None
    return str(said or "").strip()


def in_flow(case: Case, flow_id: uuid.UUID) -> Case:
    """The case, without the nodes of other flows: two flows may use the same ids."""
    acts = (act if act.flow_id == flow_id else replace(act, node=None) for act in case.acts)
    return replace(case, acts=tuple(acts))


def _with_flow(history: SessionHistory) -> Iterator[tuple[AISessionStep, uuid.UUID | None]]:
    """The steps that count, each with the flow that it was taken in."""
    changes = [step.content for step in history.steps if step.kind == StepKind.FLOW]
    own = _id(changes[0].get("left")) if changes else history.session.matched_flow_id
    for step in standing(history.steps):
        if step.kind == StepKind.FLOW:
            own = _id(step.content.get("flow_id"))
        yield step, flow_of(step) or own


def _id(named: str | None) -> uuid.UUID | None:
    return None if named is None else uuid.UUID(named)


def _to_everybody(step: AISessionStep, flow_id: uuid.UUID | None, texts: Texts) -> str | None:
    """What the flow says at the node of the step, if it was the flow that said it."""
    is_told = step.kind in {StepKind.ANSWER, StepKind.OUTCOME} and not step.is_free_text
    return texts.get((flow_id, step.content.get("node") or "")) if is_told and flow_id is not None else None


def _act(taken: Taken, words: Words, *, is_remark: bool) -> Act:
    step = taken.step
    content, node = step.content, step.content.get("node")
    chosen = content.get("choice") if step.kind == StepKind.ANSWER else content.get("outcome")
    follows_flow = node is not None and not step.is_free_text
    return Act(
        step_id=step.id,
        text=taken.text,
        words=words,
        chosen=str(chosen) if chosen and follows_flow and step.kind != StepKind.NOTE else None,
        kind=StepKind(step.kind),
        node=None if node is None else str(node),
        flow_id=taken.flow_id,
        is_free_answer=step.kind == StepKind.ANSWER and step.is_free_text,
        is_remark=is_remark,
    )
