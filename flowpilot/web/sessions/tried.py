"""Where the flow is, and what became of what was tried last: it decides what the page says first. Pure."""

from flowpilot.flows.tree import NodeKind
from flowpilot.sessions.edits.schemas import StepOut
from flowpilot.sessions.models import SessionStatus, StepKind
from flowpilot.sessions.schemas import SessionOut
from flowpilot.sessions.suggestions.models import SuggestionResult
from flowpilot.sessions.suggestions.service import LABELS
from flowpilot.sessions.transitions import Action
from flowpilot.web.sessions.returned import SAYS_NOTHING_OF_IT, comes_first

_SOLVED = LABELS[SuggestionResult.SOLVED]

_ENDED = {SessionStatus.RESOLVED, SessionStatus.ABANDONED}

# What a node of its kind asks to do.
_DOES = {
    NodeKind.QUESTION: "Ask",
    NodeKind.INSTRUCTION: "Do",
    NodeKind.CHECKLIST: "Tick off",
    NodeKind.SUBFLOW: "Another flow leads on",
}
_ENDS = "The flow ends here"


def is_at_the_end(session: SessionOut) -> bool:
    """Whether the reader is to go on, and the flow offers nothing more where it is."""
    here = session.current
    return Action.STEP in session.allowed and here is not None and not (here.choices or here.outcomes)


def is_unsolved(session: SessionOut) -> bool:
    """Whether to resolve it is not what is offered first.

    A fix did not help, the flow advises to escalate, or it came back and nothing was done about that yet.
    """
    here = session.current
    advises = here is not None and here.kind == NodeKind.ESCALATION
    is_open_again = comes_first(session) is not None
    return bool(failed_fix(session)) or (is_at_the_end(session) and (advises or is_open_again))


def is_only_read(session: SessionOut) -> bool:
    """Whether it is open, and the reader may neither go on with it nor add a note."""
    return session.status not in _ENDED and not {Action.STEP, Action.NOTE} & set(session.allowed)


def what_is_next(session: SessionOut) -> str:
    """What is to be done where the flow is, in a few words; empty without a flow."""
    here = session.current
    if here is None:
        return ""
    if here.returns_to:
        return "This sub-flow ends here"
    is_decided = bool(failed_fix(session) or comes_first(session)) or session.look_again_at is not None
    match here.kind:
        case NodeKind.RESOLUTION:
            return _ENDS if is_decided else "This should be solved now"
        case NodeKind.ESCALATION:
            return _ENDS if is_decided or Action.ESCALATE not in session.allowed else "Time to escalate"
        case kind:
            return _DOES[NodeKind(kind)]


def failed_fix(session: SessionOut) -> str:
    """The fix that has not proved itself, if nothing has been tried since; otherwise empty."""
    last = _last_outcome(session)
    return _instruction(last) if last is not None and "fix" in last.content else ""


def solved_with(session: SessionOut) -> str:
    """The suggestion that somebody says has solved it, if nothing has been tried since; otherwise empty."""
    last = _last_outcome(session)
    is_solved = last is not None and "suggestion" in last.content and last.content["outcome"] == _SOLVED
    return _instruction(last) if last is not None and is_solved else ""


def _instruction(step: StepOut) -> str:
    return str(step.content["instruction"])


def _last_outcome(session: SessionOut) -> StepOut | None:
    kept = set(session.standing)
    steps = [one for one in session.steps if one.id in kept and one.kind not in SAYS_NOTHING_OF_IT]
    return steps[-1] if steps and steps[-1].kind == StepKind.OUTCOME else None
