"""What the handoff routes take."""

import uuid
from typing import Self

from pydantic import Field, model_validator

from flowpilot.attachments.schemas import AttachmentIds
from flowpilot.handoffs.locking import SeenHolder
from flowpilot.handoffs.models import Outcome
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.http.fields import Body, Line, Remark, Words
from flowpilot.sessions.schemas import CaseIn

# Offered when a reason is asked for; any other reason will do.
REASONS = (
    "Out of ideas after the usual checks.",
    "Needs rights that I do not have.",
    "More than one customer seems to be affected.",
    "The flow ends here and the problem is still there.",
    "The customer asks for somebody senior.",
)


class HandoffIn(CaseIn):
    """Why a session is handed over. `note`: what the engineer thinks it is; `tried`: what no step says of that.

    The client and the ticket fill what the session lacks; if it has others by now, the answer is 409.
    """

    reason: Line = Field(examples=list(REASONS))
    note: Remark = ""
    tried: Remark = ""
    priority: PriorityName = PriorityName.NORMAL
    target_user_id: uuid.UUID | None = None
    found: Remark = Field(default="", description="What is known besides; it becomes a note in the session.")
    attachments: AttachmentIds = Field(default_factory=list)


class HolderSeen(Body):
    """Who held the handoff when the caller decided. If that has changed, 409 says who holds it now."""

    holder: SeenHolder = Field(
        default=None,
        description="The id of `claimed_by`, empty if that was null. Not checked if it is left out.",
    )


class ReleaseIn(HolderSeen):
    """Why a claim is released."""

    reason: Line


class SendBackIn(HolderSeen):
    """What a handoff lacks, for the engineer to add before it is escalated again."""

    reason: Words


class GiveBackIn(HolderSeen):
    """Why a handoff goes back to the engineer who escalated it, or is taken back by them, and what to do next."""

    reason: Words
    is_incomplete: bool = Field(
        default=False, description="It says too little to work with: `reason` says what is missing."
    )
    avoidable_reason: Line | None = Field(
        default=None, description="What could have spared it, one of the account's list."
    )


class JudgementIn(Body):
    """What could have spared the escalation, one of the account's list; null if that is not known."""

    reason: Line | None


class ReassignIn(HolderSeen):
    """Who the handoff is assigned to; null for anyone."""

    target_user_id: uuid.UUID | None


class CloseIn(HolderSeen):
    """How a handoff ended. A `resolved` one needs a note: what solved it."""

    outcome: Outcome = Field(description="`returned` is deprecated: use `give-back`.")
    note: Remark = ""
    avoidable_reason: Line | None = Field(
        default=None, description="What could have spared it, one of the account's list."
    )

    @model_validator(mode="after")
    def _says_what_solved_it(self) -> Self:
        if self.outcome == Outcome.RESOLVED and not self.note:
            raise ValueError("say in the note what solved it")
        return self

    @model_validator(mode="after")
    def _is_not_sent_back(self) -> Self:
        if self.outcome == Outcome.SENT_BACK:
            raise ValueError("use give-back, which says what is missing")
        return self
