"""What a handoff stores of its session: everything the next engineer would have to ask for. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowpilot.copilot.asking import asks
from flowpilot.handoffs.rules.requirements import Requirement
from flowpilot.sessions import path
from flowpilot.sessions.client_notes.models import NoteMode
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.problem.titles import telling
from flowpilot.sessions.queries import SessionHistory, steps_left
from flowpilot.sessions.runs.run import Run


@dataclass(frozen=True, slots=True)
class _Check:
    """One of a senior's first questions: its name, whether it is answered, and what is said if it is not."""

    name: str
    is_there: bool
    sentence: str


# What is missing of the session's facts, which may be filled in since: their fields say so where they are shown.
FACTS = {
    "domain": "The domain is not set.",
    "client": "The client is not named.",
    "ticket": "No ticket is linked.",
}

# What is said of each thing that a rule can ask for, if it is missing.
MISSING = {
    Requirement.CLIENT: FACTS["client"],
    Requirement.TICKET: FACTS["ticket"],
    Requirement.TRIED: "Nothing was tried yet.",
    Requirement.OPINION: "The engineer has not said what they think it is.",
}

NOTHING_FOUND = "Nothing was asked or found yet."

# A problem described in fewer words leaves the next engineer guessing.
_WORDS_OF_A_PROBLEM = 5


def take_snapshot(
    history: SessionHistory, note: str, tried: str = "", *, is_answered: bool = False
) -> dict[str, Any]:
    """The session as it is handed over; `tried` is what no step says, `is_answered`: a senior's question was.

    `completeness` (0..1) is the share of a senior's first questions that are answered; `missing` names the others.
    """
    session, where = history.session, history.where
    steps = path.standing(history.steps)
    checks = list(_checks(history, steps, note, tried, is_answered=is_answered))
    missing = [check.sentence for check in checks if not check.is_there]
    return {
        "problem": session.problem_summary,
        **({"problem_body": session.problem_body} if session.problem_body else {}),
        "domain": session.problem_domain,
        "client": session.client_name,
        "ticket": session.psa_ticket_id,
        "flow": _flow(history),
        "node": _node(history),
        **_inside(where),
        **said(steps, tried),
        "left": [_left(*one) for one in steps_left(where)],
        "opinion": note,
        "missing": missing,
        "completeness": round(1 - len(missing) / len(checks), 2),
        **_run(history.run),
    }


def renewed(snapshot: Mapping[str, Any], then: Sequence[AISessionStep]) -> dict[str, Any]:
    """The snapshot with what its steps say now; what was missing as it was taken stays.

    Args:
        snapshot: of a handoff. A log's has no steps, and stays as it is.
        then: the session's steps when it was taken, with all edits since.
    """
    if "facts" not in snapshot:
        return dict(snapshot)
    steps = path.standing(then)
    now = {**snapshot, **said(steps, tried_in(snapshot))}
    if "run" in snapshot:
        marks = {(step.created_at.isoformat(), str(step.kind)): step for step in steps}
        now["run"] = {**snapshot["run"], "marks": [_mark(one, marks) for one in snapshot["run"]["marks"]]}
    return now


def still_missing(
    snapshot: Mapping[str, Any], filled: Collection[Requirement], *, is_answered: bool = False
) -> list[str]:
    """What a senior asks first and a handoff does not say, besides facts.

    Args:
        filled: what has come since.
        is_answered: a question that was asked back was answered, so something was asked and found.
    """
    known = {*FACTS.values(), *(MISSING[one] for one in filled)}
    if is_answered:
        known.add(NOTHING_FOUND)
    return [one for one in snapshot.get("missing", ()) if one not in known]


def unanswered(snapshot: Mapping[str, Any], opinion: str) -> list[str]:
    """What a handoff did not say when it was sent, except the opinion once that was said."""
    return [one for one in snapshot.get("missing", ()) if not (opinion and one == MISSING[Requirement.OPINION])]


def tried_in(snapshot: Mapping[str, Any]) -> str:
    """What the engineer said they tried, as they escalated: the entry that no step has made."""
    said = (one.get("note") for one in snapshot.get("tried", []) if "at" not in one and "instruction" not in one)
    return str(next(filter(None, said), ""))


def with_tried(snapshot: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The snapshot with other words for what the engineer said they tried; without them if they are empty."""
    of_steps = [one for one in snapshot.get("tried", []) if "at" in one or "instruction" in one]
    return {**snapshot, "tried": [*of_steps, *([{"note": text}] if text else [])]}


def missing_of(history: SessionHistory, note: str = "", tried: str = "") -> list[Requirement]:
    """What a rule can ask for, and a handoff of the session would not have."""
    absent = {
        check.name for check in _checks(history, path.standing(history.steps), note, tried) if not check.is_there
    }
    return [one for one in Requirement if one in absent]


def said(steps: Sequence[AISessionStep], tried: str = "") -> dict[str, Any]:
    """What was found and tried, in the words of the steps; `tried` is what no step says."""
    return {
        "facts": [
            _of(step)
            for step in steps
            if (step.kind == StepKind.ANSWER and not step.is_free_text) or _is_asked(step)
        ],
        "tried": [
            *(_of(step) for step in steps if step.kind == StepKind.OUTCOME and not _is_asked(step)),
            *(_applied(step) for step in _unconfirmed(steps)),
            *([{"note": tried}] if tried else []),
        ],
        "notes": [_noted(step) for step in steps if step.kind == StepKind.NOTE or step.is_free_text],
    }


def _is_asked(step: AISessionStep) -> bool:
    """Whether it is a suggestion that is a question: what it brought is known, and nothing was tried."""
    return "suggestion" in step.content and asks(step.content["instruction"])


def _mark(mark: dict[str, Any], steps: Mapping[tuple[str, str], AISessionStep]) -> dict[str, Any]:
    """A mark of a checklist in the words of its step."""
    step = steps.get((mark["at"], mark["kind"]))
    return mark if step is None else _of(step) | {"kind": mark["kind"]}


def _noted(step: AISessionStep) -> dict[str, Any]:
    """A note. Own words at a question are one: its choices are still open."""
    said = _of(step)
    return (
        said
        if step.kind == StepKind.NOTE
        else {"noted_at": said.pop("question"), "text": said.pop("choice"), **said}
    )


def _unconfirmed(steps: Sequence[AISessionStep]) -> Iterator[AISessionStep]:
    """The fixes of which nobody has said that they did not help."""
    failed = {step.content.get("fix") for step in steps if step.kind == StepKind.OUTCOME}
    return (step for step in steps if step.kind == StepKind.FIX and str(step.id) not in failed)


def _applied(step: AISessionStep) -> dict[str, Any]:
    said = _of(step)
    text, waiting_for = said.pop("text"), said.pop("waiting_for")
    return {**said, "instruction": text, "outcome": f"Applied, waiting for {waiting_for}"}


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
                {"text": entry.name, "required": entry.asked.required, "is_field": entry.is_field}
                for entry in entries
                if entry.mark is None
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
    said = {key: value for key, value in step.content.items() if key not in {"next", "through", "removed"}}
    return {**said, "by": str(step.actor_id) if step.actor_id else None, "at": step.created_at.isoformat()}


def _checks(
    history: SessionHistory, steps: list[AISessionStep], note: str, tried: str, *, is_answered: bool = False
) -> Iterator[_Check]:
    session = history.session
    kinds = {step.kind for step in steps if not _is_asked(step)}
    yield _Check(
        "problem",
        len(telling(session.problem_summary, session.problem_body).split()) >= _WORDS_OF_A_PROBLEM,
        "The problem is described in a few words only: what exactly happens, and where?",
    )
    yield _Check("domain", session.problem_domain is not None, FACTS["domain"])
    yield _Check("client", session.client_name is not None, FACTS["client"])
    yield _Check("ticket", session.psa_ticket_id is not None, FACTS["ticket"])
    # What somebody saw or was told at a step was found there.
    is_found = not kinds.isdisjoint({StepKind.ANSWER, StepKind.NOTE, StepKind.FILL}) or any(
        _is_asked(step) or (step.kind == StepKind.OUTCOME and step.content.get("note")) for step in steps
    )
    yield _Check("found", is_found or is_answered, NOTHING_FOUND)
    is_tried = bool(tried) or not kinds.isdisjoint({StepKind.OUTCOME, StepKind.TICK, StepKind.FIX})
    yield _Check("tried", is_tried, MISSING[Requirement.TRIED])
    yield _Check("opinion", bool(note), MISSING[Requirement.OPINION])
