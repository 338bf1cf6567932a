"""A step without words that were removed for good, and which words of steps are whose. Pure."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flowpilot.attachments.schemas import attachments_in, without_names
from flowpilot.sessions.edits.record import about
from flowpilot.sessions.edits.words import written
from flowpilot.sessions.models import MARKS, AISessionStep, StepKind
from flowpilot.sessions.removal.words import Place, Words, id_of, moment_of
from flowpilot.text import REMOVED

_NOTHING: Mapping[str, Any] = {}
_OF_FLOWS = frozenset({"question", "instruction", "choice", "outcome", "label", "name", "halt"})
# Values are filled in in texts, and not in what somebody chooses.
_NEVER_FILLED = frozenset({"choice", "outcome", "label", "name"})


def without_words(
    step: AISessionStep, words: Words | None, *, by: uuid.UUID, at: datetime, left: Mapping[str, Any] = _NOTHING
) -> dict[str, Any]:
    """The content of a step without its words: place and kind stay, so that nothing that is counted changes.

    Args:
        step: a session's.
        words: to overwrite wherever they are; None if all is removed that a person wrote, with the step's files.
        by: who removes them.
        at: when.
        left: where the words still are, by what becomes of them there: `Fate` and places.
    """
    mark = {"by": str(by), "at": at.isoformat(), "whole": words is None, **left}
    if words is not None:
        cleaned: dict[str, Any] = words.clean(step.content, id_of(step.id))
        return cleaned | {"removed": mark}
    return without_names(step.content) | dict.fromkeys(written(step), REMOVED) | {"removed": mark}


def wordings(steps: Sequence[AISessionStep], step: AISessionStep) -> list[AISessionStep]:
    """The step and its corrections."""
    return [step, *(one for one in steps if one.kind == StepKind.CORRECT and about(one) == step.id)]


def repeats_of(steps: Sequence[AISessionStep], fix: AISessionStep) -> list[AISessionStep]:
    """The steps in which the product has said again what a fix was: that it did not help, or that it solved it."""
    if fix.kind != StepKind.FIX:
        return []
    texts = {text for one in wordings(steps, fix) for text in written(one).values()}
    return [
        one
        for one in steps
        if one.content.get("fix") == str(fix.id)
        or (one.kind == StepKind.RESOLUTION and one.content.get("text") in texts)
    ]


def places_of(
    steps: Sequence[AISessionStep], going: Collection[AISessionStep], only_of: uuid.UUID | None = None
) -> dict[str, Place]:
    """What the copies of a session's steps are.

    Args:
        steps: all of the session.
        going: those whose words all go.
        only_of: whose steps may be changed, with corrections and what says them again; None if everybody's.
    """
    mine = steps if only_of is None else [step for step in steps if step.actor_id == only_of]
    touched = {
        *going,
        *(one for step in mine for one in (*wordings(steps, step), *repeats_of(steps, step))),
    }
    filled, leaving = _values(steps), _values(going)
    places: dict[str, Place] = {}
    for step in steps:
        # A text of the flow that says a value which goes is a copy of it.
        place = Place(
            goes=step in going or _flows_words(step) != _flows_words(step, leaving),
            flows=_flows_words(step, filled),
            said=frozenset(written(step)),
            is_others=step not in touched,
        )
        by = None if step.actor_id is None else str(step.actor_id)
        places |= {id_of(step.id): place, moment_of(step.created_at.isoformat(), by): place}
    return places


def _values(steps: Iterable[AISessionStep]) -> set[str]:
    """What was filled in for fields of the flow, which its texts say from then on."""
    return {str(step.content["value"]) for step in steps if step.kind == StepKind.FILL}


def _flows_words(step: AISessionStep, filled: Collection[str] = ()) -> frozenset[str]:
    """The names in its content of what a flow says, and no person and no copilot: without these values."""
    if {"suggestion", "fix"} & step.content.keys():
        return frozenset()
    names = _OF_FLOWS | {"text"} if step.kind in MARKS else _OF_FLOWS
    said = names & step.content.keys() - written(step).keys()
    mixed = {name for name in said - _NEVER_FILLED if any(value in str(step.content[name]) for value in filled)}
    return frozenset(said - mixed)


def files_of(steps: Iterable[AISessionStep]) -> dict[uuid.UUID, str]:
    """The files that were sent with steps: their names, by their ids."""
    return {one.id: one.name for step in steps for one in attachments_in(step.content)}
