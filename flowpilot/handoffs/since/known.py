"""What is known of a handoff, and what was tried, as it is now: its snapshot's, and what came since. Pure."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowpilot.copilot import rules
from flowpilot.copilot.schemas import MAX_LINE
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.since.queries import Later
from flowpilot.handoffs.snapshot import said
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.queries import case_steps
from flowpilot.text import tidy

Said = list[dict[str, Any]]


def known_now(snapshot: Mapping[str, Any], later: Later) -> Said:
    """What was found, in that order."""
    found = [*snapshot.get("facts", ()), *snapshot.get("notes", ())]
    return sorted([*found, *_since(later, "facts", "notes")], key=lambda one: str(one.get("at") or ""))


def tried_now(snapshot: Mapping[str, Any], later: Later) -> Said:
    """What was tried, the newest last."""
    return [*snapshot.get("tried", ()), *_since(later, "tried")]


def is_done(handoff: SessionHandoff, action: str, later: Sequence[AISessionStep]) -> bool:
    """Whether the steps since say that a next step of its assessment was done, whatever came of it.

    A fix that was applied at a step of the flow has done that.
    """
    nodes = {(one["node"], one.get("flow")): one["instruction"] for one in handoff.snapshot.get("left", ())}
    done = {one.content.get("instruction") for one in later if one.kind == StepKind.OUTCOME}
    done |= {
        nodes.get((one.content.get("node"), one.content.get("flow"))) for one in later if one.kind == StepKind.FIX
    }
    is_named = action in {tidy(str(one), MAX_LINE) for one in done if one}
    return is_named or rules.is_done(action, case_steps(later))


def _since(later: Later, *names: str) -> Iterator[dict[str, Any]]:
    steps, people = later
    found = said(steps) if steps else {}
    for name in names:
        for one in found.get(name, ()):
            by = one["by"]
            yield {**one, "since": True, "by_name": None if by is None else people.get(uuid.UUID(by))}
