"""The changes of status in a tale, and what people write beside its steps."""

import uuid
from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from flowpilot.handoffs import decisions as handoffs
from flowpilot.handoffs.corrections.texts import (
    NEVER_STRUCK,
    OF_HANDOFFS,
    OF_QUESTIONS,
    TextPart,
    Written,
    text_of,
)
from flowpilot.handoffs.corrections.texts import reword as reword_text
from flowpilot.handoffs.decisions import Escalation
from flowpilot.handoffs.models import Outcome
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.sessions import decisions, path
from flowpilot.sessions.edits.record import FIX_WITHOUT_WORDS, records, text_now
from flowpilot.sessions.models import StepKind
from flowpilot.sessions.notes.beside import QuestionAndAnswer
from flowpilot.sessions.transitions import Action
from tests.sessions.edits.tale import KIM, Act, Tale


def verify(tale: Tale, _: st.DataObject) -> None:
    again = tale.at + timedelta(days=1)
    step = tale.keep(decisions.fix(path.Position(), "?", "?", again))
    step.content |= {"text": tale.write(step.id), "waiting_for": (waiting := tale.write("waits"))}
    del tale.texts["waits"]
    tale.waits[step.id] = waiting
    tale.change(Action.VERIFY, waiting)
    tale.session.waiting_for, tale.session.look_again_at, tale.session.fix_applied_at = waiting, again, tale.at
    _close(tale, Outcome.PARKED)


def fail(tale: Tale, _: st.DataObject) -> None:
    fix = [step for step in tale.loaded.steps if step.kind == StepKind.FIX][-1]
    done = text_now(fix, records(tale.loaded.steps).of(fix))
    step = tale.keep(decisions.outcome_without_flow(done or FIX_WITHOUT_WORDS, "Did not help"))
    step.content |= {"fix": str(fix.id), "note": tale.write(step.id)}
    tale.change(Action.FAIL)


def resolve(action: Action) -> Act:
    """What ends it as solved: resolving, or confirming a fix."""

    def act(tale: Tale, _: st.DataObject) -> None:
        step = tale.keep(decisions.resolution("?"))
        step.content["text"] = tale.write(step.id)
        tale.change(action)
        _close(tale, Outcome.RESOLVED)

    return act


def explained(action: Action, outcome: Outcome | None = None) -> Act:
    """A change of status for which a person gives a reason."""

    def act(tale: Tale, data: st.DataObject) -> None:
        tale.change(action, tale.write(object()))
        if outcome == Outcome.RETURNED and data.draw(st.booleans()):
            _close(tale, Outcome.SENT_BACK)
        elif outcome is not None:
            _close(tale, outcome)

    return act


def unexplained(action: Action, reason: str = "") -> Act:
    """A change of status for which nobody gives a reason."""
    return lambda tale, _: tale.change(action, reason)


def escalate(tale: Tale, _: st.DataObject) -> None:
    why = Escalation(tale.write(object()), tale.write(object()), tried=tale.write(object()))
    handoff, _event = handoffs.escalate(tale.history(), why, handoff_id=uuid.uuid4(), by=KIM, at=tale.at)
    tale.handoffs.append(handoff)
    tale.change(Action.ESCALATE, why.reason)


def _close(tale: Tale, outcome: Outcome) -> None:
    for handoff in tale.handoffs[-1:]:
        if handoff.closed_at is None:
            handoffs.close(handoff, KIM, outcome, tale.at)


def ask(tale: Tale, _: st.DataObject) -> None:
    tale.asked.append(QuestionAndAnswer(tale.write(object()), "Ann", tale.at, None, None, None))


def reword(tale: Tale, data: st.DataObject) -> None:
    """Correct or strike what an escalation, or a question that was asked back, says."""
    rows: list[Written] = [*tale.handoffs, *map(_as_row, tale.asked)]
    written = data.draw(st.sampled_from(rows))
    part = data.draw(st.sampled_from([one for one in TextPart if _may_reword(written, one)]))
    before = text_of(written, part)
    tale.texts = {key: None if text == before and text else text for key, text in tale.texts.items()}
    strikes = part not in NEVER_STRUCK and data.draw(st.booleans())
    reword_text(written, part, "" if strikes else tale.write(object()), by=KIM, at=tale.at)
    if isinstance(written, HandoffQuestion):
        place = [one.asked_at for one in tale.asked].index(written.asked_at)
        tale.asked[place] = replace(tale.asked[place], question=written.question, answer=written.answer)


def _may_reword(written: Written, part: TextPart) -> bool:
    parts = OF_QUESTIONS if isinstance(written, HandoffQuestion) else OF_HANDOFFS
    return part in parts and text_of(written, part) is not None


def _as_row(one: QuestionAndAnswer) -> HandoffQuestion:
    return HandoffQuestion(
        id=uuid.uuid4(), question=one.question, answer=one.answer, asked_at=one.asked_at, edits=[]
    )


def answer(tale: Tale, data: st.DataObject) -> None:
    """Answer the newest question, or withdraw it."""
    newest = tale.asked.pop()
    if newest.answer is None and data.draw(st.booleans()):
        tale.texts |= {key: None for key, text in tale.texts.items() if text == newest.question}
    elif newest.answer is None:
        said = tale.write(object())
        tale.asked.append(replace(newest, answer=said, answered_by="Kim", answered_at=tale.at))
    else:
        tale.asked.append(newest)


CHANGES: dict[Action, Act] = {
    Action.PAUSE: explained(Action.PAUSE),
    Action.RESUME: unexplained(Action.RESUME),
    Action.RESOLVE: resolve(Action.RESOLVE),
    Action.ABANDON: explained(Action.ABANDON, Outcome.ABANDONED),
    Action.REOPEN: explained(Action.REOPEN),
    Action.ESCALATE: escalate,
    Action.CLAIM: unexplained(Action.CLAIM),
    Action.RELEASE: explained(Action.RELEASE),
    Action.RETURN: explained(Action.RETURN, Outcome.RETURNED),
    Action.PARK: explained(Action.PARK, Outcome.PARKED),
    Action.VERIFY: verify,
    Action.POSTPONE: unexplained(Action.POSTPONE, "Put off."),
    Action.CONFIRM: resolve(Action.CONFIRM),
    Action.FAIL: fail,
}
