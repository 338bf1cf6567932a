"""What was ticked, filled in and waived, as sections of the note. Pure."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.notes.sections import Section, moment_in

Names = Mapping[uuid.UUID, str]


def checklist_sections(steps: Sequence[AISessionStep], names: Names, zone: ZoneInfo) -> Iterator[Section]:
    """The sections, empty ones included.

    Args:
        steps: those that count.
        names: of the session's people.
        zone: whose clocks the note shows.
    """
    by_kind = {
        kind: [step for step in steps if step.kind == kind]
        for kind in (StepKind.FILL, StepKind.TICK, StepKind.WAIVE)
    }
    filled = [f"{step.content['label']}: {step.content['value']}" for step in by_kind[StepKind.FILL]]
    yield Section("Filled in", [], filled)
    ticked = [f"{step.content['text']} ({_who_and_when(step, names, zone)})" for step in by_kind[StepKind.TICK]]
    yield Section("Checklist", [], ticked)
    yield Section("Waived", [], [_waiver(step, names, zone) for step in by_kind[StepKind.WAIVE]])


def _waiver(step: AISessionStep, names: Names, zone: ZoneInfo) -> str:
    what = step.content.get("text") or step.content["label"]
    return f"{str(what).rstrip('.:;,! ')}: {step.content['reason']} ({_who_and_when(step, names, zone)})"


def _who_and_when(step: AISessionStep, names: Names, zone: ZoneInfo) -> str:
    name = names.get(step.actor_id) if step.actor_id else None
    when = moment_in(zone, step.created_at)
    return f"{name}, {when}" if name else when
