"""What the route of corrections takes, and how a handoff tells of them."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.handoffs.corrections import policy
from flowpilot.handoffs.corrections.texts import TextPart, Written
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.snapshot import tried_in
from flowpilot.http.fields import Body, EmptyIsNone, Remark, Words
from flowpilot.identity.actor import Actor


class TextCorrectionIn(Body):
    """How a text of the caller's should read."""

    part: TextPart
    question_id: Annotated[uuid.UUID | None, EmptyIsNone] = Field(
        default=None, description="Of which question, for `question` and `answer`."
    )
    text: Annotated[Words | None, EmptyIsNone] = Field(default=None, description="Null strikes it.")
    was: Remark = Field(description="The text as the caller saw it. If it reads otherwise by now, 409.")


class EarlierTextOut(BaseModel):
    """What a text said before it was corrected or struck, by whom and when that was."""

    model_config = ConfigDict(from_attributes=True)

    part: TextPart
    text: str
    by: uuid.UUID
    at: datetime


class TextEdits(BaseModel):
    """The texts of a handoff, or of a question, that were corrected, and those that the caller may correct."""

    edits: list[EarlierTextOut] = Field(description="What its texts said before, the oldest first.")
    correctable: list[TextPart] = Field(description="The texts of it that the caller may correct.")
    strikable: list[TextPart] = Field(description="The texts of it that the caller may strike.")


class HandoffTexts(TextEdits):
    """What the engineer wrote beside the reason, as it reads now."""

    note: str = Field(description="What the engineer thinks it is.")
    tried: str = Field(description="What the engineer said they had tried, besides the steps.")


def edits_out(written: Written, actor: Actor) -> dict[str, Any]:
    """The fields of `TextEdits`, as the actor sees them."""
    return {
        "edits": [EarlierTextOut.model_validate(one) for one in written.edits],
        "correctable": policy.correctable(written, actor),
        "strikable": policy.strikable(written, actor),
    }


def texts_out(handoff: SessionHandoff, actor: Actor) -> dict[str, Any]:
    """The fields of `HandoffTexts`, as the actor sees them."""
    return {"note": handoff.note, "tried": tried_in(handoff.snapshot), **edits_out(handoff, actor)}
