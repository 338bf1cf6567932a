"""What ticking, filling in, waiving and undoing decide, from a run alone. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flowpilot.errors import InvalidError, OutdatedError
from flowpilot.flows.checklist import Item
from flowpilot.flows.fields import FlowField, is_name, read_value
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.models import StepKind
from flowpilot.sessions.runs.run import Entry, Run


class MarkAction(StrEnum):
    """What is done with an item or a field."""

    TICK = "tick"
    FILL = "fill"
    WAIVE = "waive"
    UNDO = "undo"


# Without a flow nothing is required, but any value may be known.
_WITHOUT_A_FLOW = frozenset({MarkAction.FILL, MarkAction.UNDO})


@dataclass(frozen=True, slots=True)
class Mark:
    """What somebody does with an item or a field: a fill has a `value`, a waiver a `reason`.

    `place`: the path of the place of an item that was left open; without it, the item is of the present node.
    """

    do: MarkAction
    item: str | None = None
    field: str | None = None
    value: str = ""
    reason: str = ""
    place: str | None = None


class NotAskedHereError(InvalidError):
    """The present node does not ask for that."""


class FieldValueError(InvalidError):
    """The value does not fit the field; `field` names it."""


class AlreadyDoneError(OutdatedError):
    """What is to be waived is done."""


class StillOpenError(OutdatedError):
    """Something required is neither done nor waived; `missing` names it."""


class NotAtItsEndError(OutdatedError):
    """A procedure is not at an end of its path; `missing` names what is required ahead."""


def mark(run: Run, wanted: Mark) -> NewStep | None:
    """The step to take; None if what is wanted is so already.

    Raises:
        NotAskedHereError: the present node does not ask for that.
        FieldValueError: the value does not fit the field.
        AlreadyDoneError: what is to be waived is done.
    """
    entry = _find(run, wanted)
    match wanted.do:
        case MarkAction.TICK:
            return None if _stands(entry, StepKind.TICK) else NewStep(StepKind.TICK, _about(run, entry))
        case MarkAction.FILL:
            return _fill(run, entry, wanted.value)
        case MarkAction.WAIVE:
            return _waive(run, entry, wanted.reason)
        case MarkAction.UNDO:
            return None if entry.mark is None else NewStep(StepKind.UNDO, _about(run, entry))


def check_may_go_on(run: Run, step: NewStep) -> None:
    """Make sure that a step does not leave a node at which something required is open.

    Raises:
        StillOpenError: something is open, and the step does not lead to an escalation.
    """
    if run.waits(str(step.content["next"])):
        check_closed(run.open_here(), "The session cannot go on")


def check_closed(missing: Sequence[Entry], what_not: str) -> None:
    """Make sure that nothing required is open.

    Args:
        missing: what is open.
        what_not: what cannot be done therefore, such as "The session cannot be resolved".

    Raises:
        StillOpenError: something is open.
    """
    if missing:
        raise StillOpenError(
            f"{what_not} while this is open: {_names(missing)}. Do it, or waive it with a reason.",
            missing=[_named(entry) for entry in missing],
        )


def check_may_end(run: Run, *, is_procedural: bool) -> None:
    """Make sure that a session can be resolved.

    Raises:
        StillOpenError: something required of a checklist on its way is open.
        NotAtItsEndError: it follows a procedure whose path goes on.
    """
    check_closed(run.open_before_end(), "The session cannot be resolved")
    if may_end(run, is_procedural=is_procedural):
        return
    ahead = run.open_ahead()
    names = f" Still ahead: {_names(ahead)}." if ahead else ""
    raise NotAtItsEndError(
        f"The session cannot be resolved before the end of its procedure.{names} Go on, or follow another flow.",
        missing=[_named(entry) for entry in ahead],
    )


def may_end(run: Run, *, is_procedural: bool) -> bool:
    """Whether nothing required holds up the end; a procedure must be at an end of its path too."""
    return not run.open_before_end() and not (is_procedural and run.goes_on)


def _names(entries: Sequence[Entry]) -> str:
    return ", ".join(f"“{entry.name}”" for entry in entries)


def _fill(run: Run, entry: Entry, said: str) -> NewStep | None:
    assert isinstance(entry.asked, FlowField)
    try:
        value = read_value(entry.asked, said)
    except ValueError as error:
        raise FieldValueError(f"{entry.asked.label} {error}.", field=entry.asked.name) from None
    if _stands(entry, StepKind.FILL) and entry.mark is not None and entry.mark.content["value"] == value:
        return None
    return NewStep(StepKind.FILL, _about(run, entry) | {"value": value})


def _waive(run: Run, entry: Entry, reason: str) -> NewStep | None:
    if entry.mark is not None and entry.mark.kind != StepKind.WAIVE:
        raise AlreadyDoneError(f"“{entry.name}” is done, so there is nothing to waive. Undo it first.")
    if entry.mark is not None and entry.mark.content["reason"] == reason:
        return None
    return NewStep(StepKind.WAIVE, _about(run, entry) | {"reason": reason})


def _find(run: Run, wanted: Mark) -> Entry:
    """What is to be marked. An item without a place is one of the present node."""
    if run.here is None and wanted.field is not None and is_name(wanted.field) and wanted.do in _WITHOUT_A_FLOW:
        return run.free_entry(wanted.field)
    place = wanted.place or (run.here.path if run.here is not None else None)

    def is_wanted(entry: Entry) -> bool:
        if isinstance(entry.asked, Item):
            return (wanted.item, place) == (entry.asked.id, entry.place.path)
        return wanted.field == entry.asked.name

    found = next(filter(is_wanted, run.may_be_marked()), None)
    if found is not None:
        return found
    what = f'item "{wanted.item}"' if wanted.item is not None else f'field "{wanted.field}"'
    raise NotAskedHereError(f"There is no {what} where the session is. Load it again to see what is asked.")


def _stands(entry: Entry, kind: StepKind) -> bool:
    return entry.mark is not None and entry.mark.kind == kind


def _about(run: Run, entry: Entry) -> dict[str, Any]:
    if run.here is None:
        return _named(entry)
    # A field is one in the whole session, so it is filled in where the session is.
    place = entry.place if isinstance(entry.asked, Item) else run.here
    flow = {} if place.flow is None else {"flow": place.flow, "through": list(place.through)}
    return {**_named(entry), "node": place.node_id, "next": place.node_id, **flow}


def _named(entry: Entry) -> dict[str, str]:
    if isinstance(entry.asked, Item):
        return {"item": entry.asked.id, "text": entry.asked.text}
    return {"field": entry.asked.name, "label": entry.asked.label}
