"""What people wrote in a handoff and in its questions, and how it is corrected or struck. Pure."""

import uuid
from datetime import datetime
from enum import StrEnum

from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.handoffs.snapshot import tried_in, with_tried


class TextPart(StrEnum):
    """A text of a handoff, or of one of its questions."""

    REASON = "reason"
    NOTE = "note"
    TRIED = "tried"
    QUESTION = "question"
    ANSWER = "answer"


OF_HANDOFFS = (TextPart.REASON, TextPart.NOTE, TextPart.TRIED)
OF_QUESTIONS = (TextPart.QUESTION, TextPart.ANSWER)

# Without them nobody knows what the rest is about, so they are corrected, and not struck.
NEVER_STRUCK = frozenset({TextPart.REASON, TextPart.QUESTION})

Written = SessionHandoff | HandoffQuestion


def text_of(written: Written, part: TextPart) -> str | None:
    """The text as it reads now: empty if it was struck; None if nobody has written it."""
    if isinstance(written, HandoffQuestion):
        return written.question if part == TextPart.QUESTION else written.answer
    said = {
        TextPart.REASON: written.reason,
        TextPart.NOTE: written.note,
        TextPart.TRIED: tried_in(written.snapshot),
    }
    was_struck = any(one["part"] == part for one in written.edits)
    return said[part] if said[part] or was_struck else None


def author_of(written: Written, part: TextPart) -> uuid.UUID | None:
    """Who wrote the text."""
    if isinstance(written, SessionHandoff):
        return written.created_by
    return written.asked_by if part == TextPart.QUESTION else written.answered_by


def reword(written: Written, part: TextPart, text: str, *, by: uuid.UUID, at: datetime) -> None:
    """Give a text other words, or none if it is struck. What it said before is kept beside it."""
    before = {"part": str(part), "text": text_of(written, part) or "", "by": str(by), "at": at.isoformat()}
    written.edits = [*written.edits, before]
    if isinstance(written, HandoffQuestion):
        setattr(written, part, text)
        return
    if part == TextPart.TRIED:
        written.snapshot = with_tried(written.snapshot, text)
        return
    setattr(written, part, text)
    if part == TextPart.NOTE:
        written.snapshot = {**written.snapshot, "opinion": text}
