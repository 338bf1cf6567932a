"""The path of a session as its page shows it: what counts, and what was struck, changed or taken back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flowpilot.sessions.edits.schemas import StepOut
from flowpilot.sessions.models import EDITS, SessionStatus, StepKind
from flowpilot.sessions.schemas import SessionOut, StatusChangeOut
from flowpilot.sessions.transitions import OPEN
from flowpilot.text import tidy

_ASKED = ("question", "instruction", "label", "text", "name")
_SAID = ("choice", "outcome", "value", "text", "name")
_SHORT = 60
# So many of the steps that fall with one are named; of a long path, each would otherwise name all that follow.
_NAMED = 8


@dataclass(frozen=True, slots=True)
class PathStep:
    """A step of the path, with its content as it reads now.

    `is_gone`: it does not count any more. `falls`: what is taken back with it first, each in a few words.
    `waits`: it is the fix that has to prove itself now.
    """

    step: StepOut
    said: dict[str, Any]
    is_gone: bool
    falls: Sequence[str]
    waits: bool = False

    @property
    def n_more(self) -> int:
        """How many more are taken back with it."""
        return len(self.step.takes_back) - len(self.falls)

    @property
    def asked(self) -> str:
        """What was asked or done; empty for what somebody only said."""
        return str(next((self.said[name] for name in _ASKED[:3] if self.said.get(name)), ""))

    @property
    def answer(self) -> str:
        """What came of it, or what was said."""
        return str(next((self.said[name] for name in _SAID if self.said.get(name)), ""))

    @property
    def is_struck(self) -> bool:
        """Whether its text was struck, or all of it removed. A waiver is never without a reason."""
        return self.step.text_name not in {None, "reason"} and self.step.text is None

    @property
    def note_is_struck(self) -> bool:
        """The same, of the note at an outcome, which itself counts."""
        return self.is_struck and self.step.text_name == "note"

    @property
    def name(self) -> str:
        """What it is called in a few words, for who cannot see where its menu is."""
        without = "Flow: without one" if self.step.kind == StepKind.FLOW else self.step.kind.replace("_", " ")
        return tidy(self.answer or self.asked or without, _SHORT)


def path_of(session: SessionOut) -> list[PathStep | StatusChangeOut]:
    """The steps to show, and why the session was reopened meanwhile, in order."""
    changes = session.status_changes
    reopened = [one for one in changes if one.from_status not in {None, *OPEN} and one.to_status in OPEN]
    steps = list(_steps(session))
    return sorted([*steps, *reopened], key=_moment)


def _moment(one: PathStep | StatusChangeOut) -> Any:
    return one.step.created_at if isinstance(one, PathStep) else one.created_at


def _steps(session: SessionOut) -> Iterator[PathStep]:
    kept, by_id = set(session.standing), {step.id: step for step in session.steps}
    for step in session.steps:
        # What an edit did is said at the step that it is about.
        if step.kind in EDITS:
            continue
        is_edited = step.struck or step.taken_back or step.removed
        if step.id in kept or step.kind == StepKind.FILL or is_edited:
            falls = [_in_short(by_id[one]) for one in step.takes_back[:_NAMED]]
            yield PathStep(step, _said(step), step.id not in kept, falls, waits=step.id == session.waiting_fix)


def _said(step: StepOut) -> dict[str, Any]:
    """The content with the last wording; what was struck is shown as it read last."""
    if step.text_name is None or step.last_text is None:
        return step.content
    return step.content | {step.text_name: step.last_text}


def _in_short(step: StepOut) -> str:
    said = _said(step)
    asked = next((said[name] for name in _ASKED if said.get(name)), "")
    answer = next((said[name] for name in _SAID[:3] if said.get(name)), "")
    if not (asked and answer):
        return tidy(str(asked or answer), _SHORT)
    asked = str(asked).rstrip(".:")
    return tidy(f"{asked} {answer}" if asked.endswith("?") else f"{asked}: {answer}", _SHORT)


def in_words(step: StepOut) -> str:
    """What is taken back with a step: `“No” to “Is it on?”`. None of it are words that a person wrote."""
    said = step.content
    match step.kind:
        case StepKind.ANSWER:
            return f"{_quoted(said['choice'])} to {_quoted(said['question'])}"
        case StepKind.OUTCOME:
            with_note = " with its note" if _has_note(step) else ""
            about = f" for {_quoted(said['instruction'])}" if "node" in said else ""
            return f"{_quoted(said['outcome'])}{about}{with_note}"
        case StepKind.ENTER:
            return f"the sub-flow {_quoted(said['name'])}"
        case StepKind.FIX:
            return "the fix that was applied"
        case _:
            return "the choice of the flow"


def goes_back(session: SessionOut) -> str:
    """What going back takes back, and what stays; empty if it cannot."""
    return next((f"{in_words(step)}. {_stays([step])}" for step in session.steps if step.id == session.back), "")


def _stays(gone: Sequence[StepOut]) -> str:
    """What is said of notes: the one at an outcome goes with it."""
    return "Other notes stay." if any(_has_note(step) for step in gone) else "Notes stay."


def _has_note(step: StepOut) -> bool:
    return step.text_name == "note" and step.text is not None


def taken_back(session: SessionOut) -> str:
    """What the newest step of a session has taken back, in a sentence or two."""
    edit = session.steps[-1].content
    by_id = {str(step.id): step for step in session.steps}
    taken = by_id[edit["step"]]
    more = with_it(session.steps[-1], session.steps)
    after = _after_wait(session)
    stays = _stays([taken, *(by_id[one] for one in edit["also"])])
    return f"Taken back: {in_words(taken)}{more}. {stays}{after}"


def with_it(edit: StepOut, steps: Sequence[StepOut]) -> str:
    """How many steps were taken back with the one that an edit has taken back; empty for none."""
    also = set(edit.content.get("also", ()))
    n_more = sum(str(step.id) in also and step.kind != StepKind.ENTER for step in steps)
    return f", and {n_more} {'step' if n_more == 1 else 'steps'} after it" if n_more else ""


def _after_wait(session: SessionOut) -> str:
    """What is said if the newest step took back the fix that waited, or that one did not help."""
    last = session.status_changes[-1] if session.status_changes else None
    if last is None or last.created_at != session.steps[-1].created_at:
        return ""
    if session.waiting_fix is not None:
        return " The fix waits again to be looked at."
    ended = last.from_status == SessionStatus.PAUSED != session.status
    return " The session goes on: nothing waits to be looked at." if ended else ""


def _quoted(text: object) -> str:
    return f"“{tidy(str(text), _SHORT)}”"
