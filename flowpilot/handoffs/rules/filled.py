"""What a handoff lacked when it was sent, and what has been filled in since: the first stays on record. Pure."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowpilot.handoffs.corrections.texts import TextPart
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.rules.requirements import Requirement
from flowpilot.handoffs.snapshot import MISSING, tried_in
from flowpilot.sessions.models import AISession


@dataclass(frozen=True, slots=True)
class FilledIn:
    """What was missing and is there now. `value`, who and when: as far as they are known."""

    requirement: Requirement
    value: str = ""
    by: uuid.UUID | None = None
    at: datetime | None = None


def lacked(handoff: SessionHandoff) -> list[Requirement]:
    """What it did not have when it was sent, whether or not the account's rules ask for it."""
    missing = handoff.snapshot.get("missing", ())
    return [one for one in Requirement if one in handoff.lacks or MISSING[one] in missing]


def filled_in(handoff: SessionHandoff, session: AISession, tried: dict[str, Any] | None) -> list[FilledIn]:
    """What of that has been filled in since; `tried`: who tried something afterwards, and when."""
    return [one for requirement in lacked(handoff) for one in _filled(requirement, handoff, session, tried)]


def still_lacking(handoff: SessionHandoff, filled: Sequence[FilledIn]) -> list[Requirement]:
    """What the rules asked for, the handoff did not have, and nobody has filled in since."""
    there = {one.requirement for one in filled}
    return [one for one in map(Requirement, handoff.lacks) if one not in there]


def _filled(
    requirement: Requirement, handoff: SessionHandoff, session: AISession, tried: dict[str, Any] | None
) -> Iterator[FilledIn]:
    match requirement:
        case Requirement.CLIENT if session.client_name:
            yield FilledIn(requirement, session.client_name)
        case Requirement.TICKET if session.psa_ticket_id:
            yield FilledIn(requirement, session.psa_ticket_id)
        case Requirement.OPINION if handoff.note:
            yield _said(requirement, handoff, TextPart.NOTE, handoff.note)
        case Requirement.TRIED if tried_in(handoff.snapshot):
            yield _said(requirement, handoff, TextPart.TRIED, tried_in(handoff.snapshot))
        case Requirement.TRIED if tried is not None:
            by = None if tried["by"] is None else uuid.UUID(tried["by"])
            yield FilledIn(requirement, by=by, at=datetime.fromisoformat(tried["at"]))


def _said(requirement: Requirement, handoff: SessionHandoff, part: TextPart, text: str) -> FilledIn:
    """A text of the engineer's: said when it was edited last."""
    edits = [one for one in handoff.edits if one["part"] == part]
    if not edits:
        return FilledIn(requirement, text)
    return FilledIn(requirement, text, uuid.UUID(edits[-1]["by"]), datetime.fromisoformat(edits[-1]["at"]))
