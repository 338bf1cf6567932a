"""Postings: the list of what went to the ticket system and what waits, and one posting."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import BaseModel, Field, model_validator

from flowpilot.clock import Now
from flowpilot.http.fields import EmptyIsNone, Text
from flowpilot.http.paging import ListPage
from flowpilot.identity.access import CanManagePsa, CanView, CanWork
from flowpilot.identity.actor import Permission
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.replica.session import ReportSession
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.connections.queries import active_connection
from flowpilot.psa.postings import api
from flowpilot.psa.postings.models import WAITING, State
from flowpilot.psa.postings.queries import PostingFilter, counts
from flowpilot.psa.postings.retrying import count_retryable
from flowpilot.psa.postings.schemas import MOST_MINUTES, CorrectionIn, NoteText, PostingOut
from flowpilot.sessions.queries import Subject, subjects
from flowpilot.web.formatting import counted
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.outdated import check_shown, digest
from flowpilot.web.postings.section import seconds_to_news
from flowpilot.web.postings.standing import when_it_goes
from flowpilot.web.postings.statuses import chosen_for
from flowpilot.web.render import Page, go_to, is_own_path, render

router = APIRouter(prefix="/postings", include_in_schema=False)


class PostingsQuery(BaseModel):
    """The filters of the list, as its form sends them; `waiting` has all that has not ended."""

    state: Literal["", "waiting"] | State = ""
    ticket: Text = ""
    session_id: Annotated[uuid.UUID | None, EmptyIsNone] = None
    cursor: uuid.UUID | None = None

    @property
    def states(self) -> list[State] | None:
        """The states that they mean; None for all."""
        if self.state == "waiting":
            return sorted(WAITING)
        return [State(self.state)] if self.state else None

    @property
    def here(self) -> str:
        """The list's address with its filters."""
        said = self.model_dump(mode="json", exclude={"cursor"})
        return "/postings?" + urlencode({name: value or "" for name, value in said.items()})


class BackForm(BaseModel):
    """Where the form is, which it leads back to."""

    back: Text = ""


class CorrectionForm(BaseModel):
    """What a posting says, and the minutes of each of its times; `shown` is a digest of what they were.

    `then`: whether it is let go, too.
    """

    text: NoteText | None = None
    step_id: list[uuid.UUID] = Field(default_factory=list)
    minutes: list[Annotated[int, Field(ge=1, le=MOST_MINUTES)]] = Field(default_factory=list)
    shown: str = ""
    then: Literal["", "send"] = ""

    @model_validator(mode="after")
    def _each_has_its_minutes(self) -> Self:
        if len(self.step_id) != len(self.minutes):
            raise ValueError("Send the minutes of each time, and nothing else. Reload the page.")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Postings(Page):
    """The account's postings; `n` counts those in each state that has not ended well.

    `n_retryable` of all that match can be tried again at once.
    """

    template: ClassVar[str] = "postings/list.html"
    found: ListPage[PostingOut]
    asked: PostingsQuery
    n: dict[State, int]
    subjects: dict[uuid.UUID, Subject]
    connection: PsaConnection | None
    n_retryable: int

    @property
    def n_waiting(self) -> int:
        """How many have not ended."""
        return sum(self.n.get(state, 0) for state in WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting(Page):
    """One posting with its text."""

    template: ClassVar[str] = "postings/posting.html"
    posting: PostingOut
    connection: PsaConnection | None
    statuses: str

    def pause(self, now: datetime) -> int | None:
        """After how many seconds the page asks for news; None while nothing can happen by itself."""
        return seconds_to_news([self.posting], self.connection, now)

    @property
    def shown(self) -> str:
        """A digest of what can be edited."""
        return _correctable(self.posting)


@router.get("")
async def list_postings(
    request: Request,
    actor: CanView,
    db: ReportSession,
    frame: CurrentFrame,
    asked: Annotated[PostingsQuery, Query()],
) -> Response:
    ticket_id = asked.ticket.strip() or None
    found = await api.list_postings(
        actor, db, asked.states, asked.session_id, ticket_id, limit=50, cursor=asked.cursor
    )
    shown = PostingFilter(asked.states, asked.session_id, ticket_id)
    page = Postings(
        title="Postings",
        found=found,
        asked=asked,
        n=await counts(db, actor.account_id),
        subjects=await subjects(db, actor.account_id, {one.session_id for one in found.items}),
        connection=await active_connection(db, actor.account_id),
        n_retryable=await count_retryable(db, actor.account_id, shown) if actor.may(Permission.MANAGE_PSA) else 0,
    )
    return render(request, page, frame)


@router.post("/retry")
async def retry_all(
    body: Annotated[PostingsQuery, Form()], actor: CanManagePsa, db: WriteSession, now: Now
) -> Response:
    ticket_id = body.ticket.strip() or None
    retried = await api.retry_postings(actor, db, now, body.states, body.session_id, ticket_id)
    more = " There are more: try again for the rest." if retried.has_more else ""
    goes = await when_it_goes(db, actor.account_id, "")
    said = f"{counted(retried.n, 'postings')} {'is' if retried.n == 1 else 'are'} tried again."
    # What had failed waits now, and would be missing from a list of what has failed.
    shown = body.model_copy(update={"state": "waiting"}) if body.state == State.FAILED else body
    return go_to(shown.here, f"{said} {goes} What has arrived is not written twice.{more}")


@router.get("/{posting_id}")
async def show(
    request: Request, posting_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    posting = await api.read_posting(posting_id, actor, db)
    connection = await active_connection(db, actor.account_id)
    statuses = await chosen_for(db, connection, posting.occasion)
    page = Posting(title=f"Ticket {posting.ticket_id}", posting=posting, connection=connection, statuses=statuses)
    return render(request, page, frame)


@router.post("/{posting_id}/correct")
async def correct(
    posting_id: uuid.UUID,
    body: Annotated[CorrectionForm, Form()],
    actor: CanWork,
    db: WriteSession,
    now: Now,
) -> Response:
    """The form sends everything; what is as it was is not recorded as edited."""
    posting = await api.read_posting(posting_id, actor, db)
    check_shown(body.shown, _correctable(posting))
    if body.text not in {None, posting.text}:
        await api.correct_posting(posting_id, CorrectionIn(text=body.text), actor, db, now)
    before = {step.id: step.minutes for step in posting.steps}
    for step_id, minutes in zip(body.step_id, body.minutes, strict=True):
        if before.get(step_id) != minutes:
            await api.correct_posting(posting_id, CorrectionIn(minutes=minutes, step_id=step_id), actor, db, now)
    if body.then == "send":
        await api.send_posting(posting_id, actor, db, now)
        goes = await when_it_goes(db, actor.account_id, "It is on its way to the ticket.")
        return go_to(f"/sessions/{posting.session_id}", f"Saved. {goes}")
    goes = "Try it again, and it goes" if posting.state == State.FAILED else "It goes"
    return go_to(f"/postings/{posting_id}", f"Saved. {goes} to the ticket as it is here.")


@router.post("/{posting_id}/retry")
async def retry(
    posting_id: uuid.UUID, body: Annotated[BackForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    await api.retry_posting(posting_id, actor, db, now)
    goes = await when_it_goes(db, actor.account_id, "It is tried again now.")
    return _back(posting_id, body, f"{goes} What has arrived is not written twice.")


@router.post("/{posting_id}/send")
async def send(
    posting_id: uuid.UUID, body: Annotated[BackForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    await api.send_posting(posting_id, actor, db, now)
    return _back(posting_id, body, await when_it_goes(db, actor.account_id, "It is on its way to the ticket."))


@router.post("/{posting_id}/give-up")
async def give_up(
    posting_id: uuid.UUID, body: Annotated[BackForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    await api.abandon_posting(posting_id, actor, db, now)
    return _back(posting_id, body, "Given up. What has arrived at the ticket stays there.")


def _back(posting_id: uuid.UUID, body: BackForm, notice: str) -> Response:
    return go_to(body.back if is_own_path(body.back) else f"/postings/{posting_id}", notice)


def _correctable(posting: PostingOut) -> str:
    return digest(posting.text, *((step.id, step.minutes) for step in posting.steps))
