"""What a handoff stores of its session: everything the next engineer would have to ask for. Pure."""

from collections.abc import Iterator
from typing import Any

from flowpilot.sessions import path
from flowpilot.sessions.client_notes.models import NoteMode
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.queries import SessionHistory, steps_left
from flowpilot.sessions.runs.run import Run

# A problem described in fewer words leaves the next engineer guessing.
_WORDS_OF_A_PROBLEM = 5


def take_snapshot(history: SessionHistory, note: str) -> dict[str, Any]:
    """The session as it is handed over.

    `completeness` (0..1) is the share of a senior's first questions that are answered; `missing` names the others.
    """
    session, where = history.session, history.where
    steps = path.standing(history.steps)
    checks = list(_checks(history, steps, note))
    missing = [sentence for is_there, sentence in checks if not is_there]
    return {
        "problem": session.problem_summary,
        "domain": session.problem_domain,
        "client": session.client_name,
        "ticket": session.psa_ticket_id,
        "flow": _flow(history),
        "node": _node(history),
        **_inside(where),
        "facts": [_of(step) for step in steps if step.kind == StepKind.ANSWER],
        "tried": [_of(step) for step in steps if step.kind == StepKind.OUTCOME],
        "notes": [_of(step) for step in steps if step.kind == StepKind.NOTE],
        "left": [_left(*one) for one in steps_left(where)],
        "opinion": note,
        "missing": missing,
        "completeness": round(1 - len(missing) / len(checks), 2),
        **_run(history.run),
    }


def _run(run: Run) -> dict[str, Any]:
    """What is done, waived and open of what the flow asks; nothing if it asks nothing."""
    progress = run.progress()
    if progress is None:
        return {}
    entries = run.entries(*run.passed)
    return {
        "run": {
            "done": progress.done,
            "total": progress.total,
            "marks": [_of(entry.mark) | {"kind": entry.mark.kind} for entry in entries if entry.mark is not None],
            "open": [
                {"text": entry.name, "required": entry.asked.required} for entry in entries if entry.mark is None
            ],
        }
    }


def _node(history: SessionHistory) -> dict[str, Any] | None:
    """Where the session is, with what is different there for its client and not in the text already."""
    node, note = history.where.node, history.step_note
    if node is None:
        return None
    beside = {"client_note": note.text} if note is not None and note.mode is NoteMode.BESIDE else {}
    return {"id": history.where.node_id, "text": node.text, **beside}


def _inside(where: path.Position) -> dict[str, Any]:
    """The sub-flows that the session is in, the outermost first, if it is in any."""
    frames = where.frames[1:]
    return {"subflows": [{"id": str(one.flow_id), "name": one.name} for one in frames]} if frames else {}


def _left(frame: path.Frame, node_id: str, text: str) -> dict[str, Any]:
    flow = {} if frame.flow_id is None else {"flow": str(frame.flow_id)}
    return {"node": node_id, "instruction": text, **flow}


def _flow(history: SessionHistory) -> dict[str, Any] | None:
    if history.flow_name is None:
        return None
    flow_id = history.session.matched_flow_id
    named = {} if flow_id is None else {"id": str(flow_id)}
    return named | {"name": history.flow_name, "version": history.flow_number}


def _of(step: AISessionStep) -> dict[str, Any]:
    said = {key: value for key, value in step.content.items() if key not in {"next", "through"}}
    return {**said, "by": str(step.actor_id) if step.actor_id else None, "at": step.created_at.isoformat()}


def _checks(history: SessionHistory, steps: list[AISessionStep], note: str) -> Iterator[tuple[bool, str]]:
    session = history.session
    kinds = [step.kind for step in steps]
    yield (
        len(session.problem_summary.split()) >= _WORDS_OF_A_PROBLEM,
        "The problem is described in a few words only: what exactly happens, and where?",
    )
    yield session.problem_domain is not None, "The domain is not set."
    yield session.client_name is not None, "The client is not named."
    yield session.psa_ticket_id is not None, "No ticket is linked."
    found = {StepKind.ANSWER, StepKind.NOTE, StepKind.FILL}
    yield not found.isdisjoint(kinds), "Nothing was asked or found yet."
    yield StepKind.OUTCOME in kinds or StepKind.TICK in kinds, "Nothing was tried yet."
    yield bool(note), "The engineer has not said what they think it is."
