"""What the first steps after a claim are called where a handoff's events are listed. Pure."""

import uuid
from collections.abc import Iterable, Iterator

from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.handoffs.schemas.responses import EventOut


def named(events: Iterable[EventOut]) -> Iterator[tuple[str, EventOut]]:
    """What each event is called, in their order; empty if its kind says it.

    The first step after a claim is the first action of the record, whatever it was. If its holder took it and it
    is no action of theirs (`claimants`), it has chosen a flow or set right what was on record.
    """
    holder: uuid.UUID | None = None
    for event in events:
        if event.kind == HandoffEventKind.CLAIMED:
            holder = event.actor_id
        yield _name(event, holder), event


def _name(event: EventOut, holder: uuid.UUID | None) -> str:
    is_holders = event.actor_id is not None and event.actor_id == holder
    match event.kind:
        case HandoffEventKind.FIRST_ACTION if is_holders and event.content.get("by_claimant") is False:
            return "First step, which did nothing for the case yet,"
        case HandoffEventKind.CLAIMANT_ACTION:
            return "First action for the case"
        case _:
            return ""
