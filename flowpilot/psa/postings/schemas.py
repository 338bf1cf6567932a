"""What the routes of postings take and give."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from flowpilot.attachments.schemas import AttachmentOut, ref_of
from flowpilot.http.fields import Body, Storable, says_something
from flowpilot.identity.schemas import PersonOut
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.models import PsaPostingStep, State
from flowpilot.psa.postings.policy import PostingAction
from flowpilot.psa.postings.queries import ShownPosting
from flowpilot.psa.provider import Audience, PostingStepKind

MOST_MINUTES = 24 * 60

NoteText = Annotated[Storable, Field(min_length=1, max_length=60_000), AfterValidator(says_something)]


class CorrectionIn(Body):
    """What is changed before a posting goes. Fields that are not sent stay as they are."""

    text: NoteText | None = None
    minutes: int | None = Field(None, ge=1, le=MOST_MINUTES, description="Whole minutes, of the person named.")
    user_id: uuid.UUID | None = Field(None, description="Whose minutes, if the posting has several people's.")
    step_id: uuid.UUID | None = Field(None, description="Which minutes, if a person has several.")


class PostingStepOut(BaseModel):
    """One step. `reason` says why it waits or has failed, and what to do.

    `minutes` were rounded up from `worked_seconds`, unless somebody has corrected them.
    """

    id: uuid.UUID
    kind: PostingStepKind
    state: State
    external_id: str | None
    attempts: int
    reason: str | None
    minutes: int | None
    worked_seconds: float | None
    started_at: datetime | None
    by: PersonOut | None
    confirmed_at: datetime | None
    file: AttachmentOut | None = Field(default=None, description="What a `file` attaches; null if it was removed.")


class PostingOut(BaseModel):
    """A posting. `minutes` is the time of all its people; `by` is who made it, null for FlowPilot itself.

    `text_made` is what FlowPilot wrote, if somebody has edited it. `allowed` is what can be done with it now.
    """

    id: uuid.UUID
    session_id: uuid.UUID
    ticket_id: str
    state: State
    reason: str | None
    audience: Audience
    occasion: Occasion
    text: str | None
    is_edited: bool
    text_made: str | None
    edited_by: PersonOut | None
    minutes: int | None
    by: PersonOut | None
    created_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    steps: list[PostingStepOut]
    allowed: list[PostingAction]


class RetriedOut(BaseModel):
    """How many postings are tried again. `has_more`: ask again for the rest."""

    model_config = ConfigDict(from_attributes=True)

    n: int
    has_more: bool


def posting_out(shown: ShownPosting) -> PostingOut:
    """The posting as JSON."""
    posting = shown.posting
    minutes = [step.minutes for step in shown.steps if step.minutes is not None]
    return PostingOut(
        id=posting.id,
        session_id=posting.ai_session_id,
        ticket_id=posting.ticket_id,
        state=State(posting.state),
        reason=posting.reason,
        audience=Audience(posting.audience),
        occasion=Occasion(posting.occasion),
        text=posting.text,
        is_edited=posting.text_made is not None,
        text_made=posting.text_made,
        edited_by=_person(shown, posting.edited_by),
        minutes=sum(minutes) if minutes else None,
        by=_person(shown, posting.created_by),
        created_at=posting.created_at,
        due_at=posting.due_at,
        ended_at=posting.ended_at,
        steps=[_step_out(shown, step) for step in shown.steps],
        allowed=list(shown.allowed),
    )


def _step_out(shown: ShownPosting, step: PsaPostingStep) -> PostingStepOut:
    file = None if step.attachment_id is None else shown.files.get(step.attachment_id)
    return PostingStepOut(
        id=step.id,
        kind=PostingStepKind(step.kind),
        state=State(step.state),
        external_id=step.external_id,
        attempts=step.attempts,
        reason=step.reason,
        minutes=step.minutes,
        worked_seconds=step.worked_seconds,
        started_at=step.started_at,
        by=_person(shown, step.user_id) if step.kind == PostingStepKind.TIME else None,
        confirmed_at=step.confirmed_at,
        file=None if file is None else AttachmentOut.of(ref_of(file)),
    )


def _person(shown: ShownPosting, user_id: uuid.UUID | None) -> PersonOut | None:
    return None if user_id is None else PersonOut(id=user_id, name=shown.names.get(user_id))
