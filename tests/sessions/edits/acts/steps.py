"""The steps that people take in a tale, and what they do to earlier ones."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from flowpilot.flows.tree import NodeKind
from flowpilot.sessions import decisions, path
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.edits import decisions as edits
from flowpilot.sessions.edits.record import WAITING_FOR, records, text_key, text_now, waiting_fix, waits_for
from flowpilot.sessions.models import AISessionStep, SessionStatus, StepKind
from flowpilot.sessions.notes.beside import Dismissed
from flowpilot.sessions.removal.steps import without_words
from flowpilot.sessions.transitions import Action, refusal
from flowpilot.text import REMOVED
from tests.sessions.edits.tale import BEGAN, KIM, Tale

MARKED: dict[str, dict[str, str]] = {
    "fill": {"field": "serial", "label": "Serial number"},
    "waive": {"item": "x", "text": "Do it."},
}


def note(tale: Tale, _: st.DataObject) -> None:
    step = tale.keep(decisions.free_text(tale.loaded.where, "?"))
    key = text_key(step)
    assert key is not None
    step.content[key] = tale.write(step.id)


def on(tale: Tale, data: st.DataObject) -> None:
    where = tale.loaded.where
    assert where.node is not None
    label = data.draw(st.sampled_from(where.offered)).label
    if where.node.kind == NodeKind.QUESTION:
        step = tale.keep(decisions.answer(where, label))
    else:
        step = tale.keep(decisions.outcome(where, label, "?"))
        step.content["note"] = tale.write(step.id)
    tale.paths[-1].append((tale.places[-1], step.id))
    tale.places[-1] = str(step.content["next"])


def back(tale: Tale, _: st.DataObject) -> None:
    """Go back as the product did before that was a taking back: outcomes stay in the note."""
    node, _step = tale.paths[-1].pop()
    tale.keep(NewStep(StepKind.BACK, {"node": tale.places[-1], "next": node}))
    tale.places[-1] = node


def flow(tale: Tale, _: st.DataObject) -> None:
    left = decisions.flow_left(tale.session)
    step = tale.keep(NewStep(StepKind.FLOW, {"flow_id": left["left"], "name": "X", "next": "n0", **left}))
    tale.chosen.append(step.id)
    tale.paths.append([])
    # A value is asked once in a session; a waiver is of its flow.
    tale.marks.append({kind: known for kind, known in tale.marks[-1].items() if kind == "fill"})
    tale.places.append(tale.tree.root)


def tried(tale: Tale, _: st.DataObject) -> None:
    step = tale.keep(decisions.outcome_without_flow("?", "No better"))
    step.content["instruction"] = tale.write(step.id)


def suggested(tale: Tale, _: st.DataObject) -> None:
    step = tale.keep(decisions.outcome_of_suggestion("Restart it.", "Done", "?", source="rules"))
    step.content["note"] = tale.write(step.id)


def dismiss(tale: Tale, _: st.DataObject) -> None:
    tale.dismissed.append(Dismissed("Restart it.", "Wrong", tale.write(object()), "Kim", tale.at))


def mark(tale: Tale, data: st.DataObject) -> None:
    """Fill in or waive; or tick, which says nothing, or undo."""
    kind, about = data.draw(st.sampled_from(list(MARKED.items())))
    stands = tale.marks[-1].pop(kind, None)
    if stands is not None:
        tale.undone[stands] = tale.texts[stands]
        tale.texts[stands] = None
    place: dict[str, Any] = {**about, "node": tale.places[-1], "next": tale.places[-1]}
    if kind == "waive":
        # The same item at another node is another item.
        place["node"] = tale.tree.root
    if stands is not None and data.draw(st.booleans()):
        tale.keep(NewStep(StepKind.UNDO, place))
        return
    what = {"fill": "value", "waive": "reason"}[kind]
    step = tale.keep(NewStep(StepKind(kind), {**place, what: "?"}))
    step.content[what] = tale.write(step.id)
    tale.marks[-1][kind] = step.id


def edit(tale: Tale, data: st.DataObject) -> None:
    step = data.draw(st.sampled_from(tale.loaded.steps))
    record = records(tale.loaded.steps).of(step)
    can: list[Callable[[Tale, AISessionStep], None]] = []
    is_waiver = step.kind == StepKind.WAIVE
    stands = not is_waiver or any(step.id == one.id for one in path.standing(tale.loaded.steps))
    if text_key(step) is not None and record.taken_back is None and stands:
        # A waiver is never without a reason; what was removed says that.
        can += [remove] + [correct] * (not is_waiver or "removed" not in step.content)
        can += [strike] * (text_now(step, record) is not None and not is_waiver)
    if record.taken_back is None and waits_for(step, record) is not None:
        can.append(correct_wait)
    if _stands(tale, step):
        can.append(take_back)
    if can:
        data.draw(st.sampled_from(can))(tale, step)


def _stands(tale: Tale, step: AISessionStep) -> bool:
    if step.kind == StepKind.FLOW:
        return bool(tale.chosen) and step.id == tale.chosen[-1]
    if step.kind == StepKind.FIX:
        return records(tale.loaded.steps).of(step).taken_back is None and _may_go(tale, step)
    is_move = step.kind in {StepKind.ANSWER, StepKind.OUTCOME} and not step.is_free_text
    return is_move and any(step.id == one.id for one in path.standing(tale.loaded.steps))


def _may_go(tale: Tale, fix: AISessionStep) -> bool:
    """Whether it waits, or the session goes on."""
    waits = fix == waiting_fix(tale.session, tale.loaded.steps)
    action = Action.TAKE_BACK if waits else Action.STEP
    return refusal(SessionStatus(tale.session.status), action) is None


def correct(tale: Tale, step: AISessionStep) -> None:
    new = edits.correct(step, records(tale.loaded.steps).of(step), tale.write(step.id))
    assert new is not None
    tale.keep(new)


def correct_wait(tale: Tale, fix: AISessionStep) -> None:
    said = tale.write("waits")
    del tale.texts["waits"]
    new = edits.correct(fix, records(tale.loaded.steps).of(fix), said, WAITING_FOR)
    assert new is not None
    if fix == waiting_fix(tale.session, tale.loaded.steps):
        tale.session.waiting_for = said
    tale.keep(new)
    tale.waits[fix.id] = said


def strike(tale: Tale, step: AISessionStep) -> None:
    tale.keep(edits.strike(step))
    tale.texts[step.id] = None


def remove(tale: Tale, step: AISessionStep) -> None:
    for one in tale.loaded.steps:
        if one is step or (one.kind == StepKind.CORRECT and one.content["step"] == str(step.id)):
            one.content = without_words(one, None, by=KIM, at=BEGAN)
    tale.texts[step.id] = None
    tale.undone.pop(step.id, None)
    if tale.waits.pop(step.id, None) == tale.session.waiting_for is not None:
        tale.session.waiting_for = REMOVED


def take_back(tale: Tale, step: AISessionStep) -> None:
    waits = step == waiting_fix(tale.session, tale.loaded.steps)
    tale.keep(edits.take_back(tale.loaded, step, tale.tree))
    tale.texts[step.id] = None
    if step.kind == StepKind.FIX:
        named = [one for one in tale.loaded.steps if one.content.get("fix") == str(step.id)]
        tale.texts |= {one.id: None for one in named}
        if waits:
            tale.change(Action.TAKE_BACK)
        return
    if step.kind == StepKind.FLOW:
        tale.chosen.pop()
        tale.places.pop()
        fallen = tale.paths.pop()
        gone = tale.marks.pop()
        again: dict[object, str | None]
        again = {one: tale.texts[one] or tale.undone.get(one) for one in tale.marks[-1].values()}
        tale.texts |= dict.fromkeys(gone.values()) | again
    else:
        ids = [one for _, one in tale.paths[-1]]
        fallen = tale.paths[-1][ids.index(step.id) :] if step.id in ids else []
        tale.paths[-1] = tale.paths[-1][: len(tale.paths[-1]) - len(fallen)]
        tale.places[-1] = fallen[0][0] if fallen else tale.places[-1]
    for _, one in fallen:
        tale.texts[one] = None
