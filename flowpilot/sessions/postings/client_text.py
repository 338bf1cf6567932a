"""What a client is told of a session, in plain words and without AI. Pure.

It is a proposal: a person reads it, changes it and sends it. It has what was done and what came of it, and none of
the desk's own notes.
"""

from collections.abc import Iterator

from flowpilot.sessions import path
from flowpilot.sessions.models import SessionStatus, StepKind
from flowpilot.sessions.postings.texts import Texts
from flowpilot.sessions.queries import SessionHistory
from flowpilot.text import sentence

_STATES = {
    SessionStatus.RESOLVED: "",
    SessionStatus.ABANDONED: "We have stopped working on this for now.",
    SessionStatus.REQUESTING_ESCALATION: "We have passed this on to a senior engineer.",
    SessionStatus.ESCALATED: "A senior engineer is working on this.",
}
_GOING_ON = "We are still working on this."


def client_text(history: SessionHistory, texts: Texts, greeting: str, signature: str) -> str:
    """The text for the client of a session.

    Args:
        history: of the session.
        texts: what its flows say where a note for its client stands instead. Notes are written for engineers.
        greeting: the account's first line; empty for none.
        signature: the account's last lines; empty for none.
    """
    parts = [greeting, _problem(history), _done(history, texts), _result(history), signature]
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _problem(history: SessionHistory) -> str:
    summary = history.session.problem_summary.strip().splitlines()
    return f"You asked us about this: {sentence(summary[0])}" if summary else ""


def _done(history: SessionHistory, texts: Texts) -> str:
    lines = list(_lines(history, texts))
    return "\n".join(["What we did:", *(f"- {line}" for line in lines)]) if lines else ""


def _lines(history: SessionHistory, texts: Texts) -> Iterator[str]:
    for step in path.standing(history.steps):
        # Without a flow, the instruction is what an engineer wrote for the desk.
        if step.kind == StepKind.OUTCOME and step.content.get("node"):
            wording = texts.get((path.flow_of(step), step.content["node"]), step.content["instruction"])
            instruction = str(wording).rstrip(".:;,! ")
            outcome = step.content.get("outcome")
            yield sentence(f"{instruction}: {outcome}" if outcome else instruction)


def _result(history: SessionHistory) -> str:
    status = SessionStatus(history.session.status)
    said = [
        str(step.content.get("text", "")).strip()
        for step in path.standing(history.steps)
        if step.kind == StepKind.RESOLUTION
    ]
    if status == SessionStatus.RESOLVED and said:
        return f"What solved it: {sentence(said[-1])}"
    return _STATES.get(status, _GOING_ON)
