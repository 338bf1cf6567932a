"""What a resolved session shows to be missing in the flows. Pure."""

import uuid
from dataclasses import dataclass

from flowpilot.flows.tree import NodeKind
from flowpilot.knowledge.models import ProposalKind
from flowpilot.sessions.models import AISessionStep, SessionStatus, StepKind
from flowpilot.sessions.path import Frame, flow_of, standing
from flowpilot.sessions.queries import SessionHistory

# "Fixed" is no procedure: with nothing else on record, what solved it takes this many words.
_LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Need:
    """A flow that is missing, or a way on that is missing at a node of a flow."""

    kind: ProposalKind
    flow_id: uuid.UUID | None = None
    node: str | None = None


def need_of(history: SessionHistory) -> Need | None:
    """What the flows lacked for this session; None if they covered it, or if nobody did anything in it."""
    session = history.session
    if session.status != SessionStatus.RESOLVED or not shows_something(history):
        return None
    if history.tree is None:
        return Need(ProposalKind.NEW_FLOW)
    where = history.where
    if (
        where.node is None
        or where.node.kind == NodeKind.RESOLUTION
        or _is_done(history)
        or not _left(history, where.frames[-1])
    ):
        return None
    return Need(ProposalKind.FLOW_CHANGE, where.frames[-1].flow_id or session.matched_flow_id, where.node_id)


def shows_something(history: SessionHistory) -> bool:
    """Whether somebody did something in it, or wrote down what solved it."""
    return any(_shows(step) for step in standing(history.steps))


def _shows(step: AISessionStep) -> bool:
    if step.kind == StepKind.RESOLUTION:
        return len(str(step.content.get("text") or "").split()) >= _LEAST_WORDS
    return step.kind in {StepKind.ANSWER, StepKind.OUTCOME, StepKind.NOTE, StepKind.FIX}


def _is_done(history: SessionHistory) -> bool:
    """Whether it stayed at a checklist of which all was done: a note there is a remark."""
    node = history.where.node
    return node is not None and node.kind == NodeKind.CHECKLIST and not history.run.open_here()


def _left(history: SessionHistory, stayed: Frame) -> bool:
    """Whether somebody wrote free text at the node where the session stayed."""
    return any(
        step.content.get("node") == stayed.node_id
        and flow_of(step) == stayed.flow_id
        and (step.is_free_text or step.kind in {StepKind.NOTE, StepKind.FIX})
        for step in standing(history.steps)
    )
