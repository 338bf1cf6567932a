"""What a draft is merged from: what people did in each session, in order."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flowpilot.sessions.models import AISessionStep, SessionStatus, StepKind
from flowpilot.sessions.path import flow_of, standing
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.similar.words import Words

_ESCALATED = frozenset({SessionStatus.REQUESTING_ESCALATION, SessionStatus.ESCALATED})


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was asked, done or said, and the telling words of it.

    `chosen`: the answer or outcome that a flow offered; None for free text. `node`: where in the flow `flow_id`,
    the session's own or a sub-flow.
    """

    step_id: uuid.UUID
    text: str
    words: Words
    chosen: str | None = None
    kind: StepKind = StepKind.NOTE
    node: str | None = None
    is_free_answer: bool = False
    flow_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A session with its number in the proposal, from 1; `solved_by` is None until it is resolved."""

    number: int
    session_id: uuid.UUID
    acts: tuple[Act, ...]
    solved_by: Act | None
    was_escalated: bool


def texts_of(history: SessionHistory) -> list[tuple[AISessionStep, str]]:
    """The steps that count, in order, each with what was asked, done or said in it."""
    return [(step, said) for step in standing(history.steps) if (said := said_in(step))]


def case_of(number: int, history: SessionHistory, words: Sequence[Words]) -> Case:
    """The case that a session makes.

    Args:
        number: of the case in its proposal.
        history: of the session.
        words: of each text in `texts_of`.
    """
    own = history.session.matched_flow_id
    acts = [_act(step, said, telling, own) for (step, said), telling in zip(texts_of(history), words, strict=True)]
    resolutions = [act for act in acts if act.kind == StepKind.RESOLUTION]
    return Case(
        number=number,
        session_id=history.session.id,
        acts=tuple(act for act in acts if act.kind != StepKind.RESOLUTION),
        solved_by=resolutions[-1] if resolutions else None,
        was_escalated=any(change.to_status in _ESCALATED for change in history.changes),
    )


def said_in(step: AISessionStep) -> str:
    """What was asked, done or said in a step; empty for one that only moves."""
    content = step.content
    match step.kind:
        case StepKind.ANSWER:
            said = content.get("choice") if step.is_free_text else content.get("question")
        case StepKind.OUTCOME:
            said = content.get("instruction") or content.get("note")
        case StepKind.NOTE | StepKind.RESOLUTION:
            said = content.get("text")
        case _:
            said = None
    return str(said or "").strip()


def in_flow(case: Case, flow_id: uuid.UUID) -> Case:
    """The case, without the nodes of other flows: two flows may use the same ids."""
    acts = (act if act.flow_id == flow_id else replace(act, node=None) for act in case.acts)
    return replace(case, acts=tuple(acts))


def _act(step: AISessionStep, said: str, words: Words, own_flow: uuid.UUID | None) -> Act:
    content, node = step.content, step.content.get("node")
    chosen = content.get("choice") if step.kind == StepKind.ANSWER else content.get("outcome")
    follows_flow = node is not None and not step.is_free_text
    return Act(
        step_id=step.id,
        text=said,
        words=words,
        chosen=str(chosen) if chosen and follows_flow and step.kind != StepKind.NOTE else None,
        kind=StepKind(step.kind),
        node=None if node is None else str(node),
        flow_id=flow_of(step) or own_flow,
        is_free_answer=step.kind == StepKind.ANSWER and step.is_free_text,
    )
