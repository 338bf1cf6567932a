"""What is done on a session's page: each form is one action, and leads back to the page."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from pydantic import Field

from flowpilot.clock import Now
from flowpilot.http.fields import Line, Problem, WholeText, wrong
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.psa.numbers import TicketNumber
from flowpilot.sessions import api, schemas
from flowpilot.sessions.api import LoadedForWork, LockedForWork, LockedToCorrect
from flowpilot.sessions.following.seen import Seen
from flowpilot.sessions.problem.titles import given
from flowpilot.sessions.runs import api as runs
from flowpilot.sessions.runs.api import LoadedToMark, MarkIn
from flowpilot.sessions.runs.decisions import FieldValueError
from flowpilot.sessions.steps.schemas import StepIn
from flowpilot.web.outdated import check_shown
from flowpilot.web.refused.twice import PRESSED_ONCE
from flowpilot.web.render import go_to
from flowpilot.web.sessions.digests import details_shown, rating_shown
from flowpilot.web.sessions.note import show_resolved
from flowpilot.web.uploads import FilesForm, SentFiles

router = APIRouter(prefix="/sessions/{session_id}", include_in_schema=False)

Id = uuid.UUID


class SeenForm(Seen):
    """A form always says what its page showed; an empty `node` means no node."""

    node: str = ""
    after_step: int = Field(ge=0)


class StepForm(FilesForm, OnceForm, SeenForm, StepIn):
    """A step."""

    @property
    def has_files(self) -> bool:
        """Whether files come with it, uploaded before or in the form itself."""
        return bool(self.attachments) or any(one.filename for one in self.files)


class FlowForm(SeenForm, schemas.FlowChoiceIn):
    """The flow to follow; no flow when the field is empty."""

    flow_id: uuid.UUID | None = None


class PauseForm(OnceForm, schemas.ReasonIn):
    """Why it is paused."""


class ReopeningForm(OnceForm, schemas.ReopeningIn):
    """Why it goes on."""


class ResolutionForm(OnceForm, SeenForm, schemas.ResolutionIn):
    """What solved it, and what could have spared the escalation whose handoff is open."""


class AbandonForm(OnceForm, SeenForm, schemas.AbandonIn):
    """Why it is abandoned."""


class DetailsForm(OnceForm):
    """What the session is about. An empty field clears the value; `shown` is a digest of the values before."""

    problem_summary: Problem
    problem_body: WholeText | None = None
    problem_domain: Line | None = None
    psa_ticket_id: TicketNumber | None = None
    client_name: Line | None = None
    shown: str = ""


class RatingForm(OnceForm, schemas.RatingIn):
    """How it went; `shown` is a digest of the rating before."""

    shown: str = ""


@router.post("/steps")
async def take_step(
    request: Request,
    session_id: Id,
    body: Annotated[StepForm, Form()],
    sent: SentFiles,
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
    once: CreateOnce,
) -> Response:
    """A choice, an outcome or free text, with files."""
    await api.record_step(request, body, actor, loaded, db, once, body.new_files(sent))
    return _back(session_id)


@router.post("/marks")
async def mark(
    session_id: Id, body: Annotated[MarkIn, Form()], actor: CanWork, loaded: LoadedToMark, db: WriteSession
) -> Response:
    """An item or a field of the flow."""
    try:
        await runs.mark(body, actor, loaded, db)
    except FieldValueError as error:
        raise wrong("value", error.detail) from error
    return _back(session_id)


@router.post("/enter-again")
async def enter(
    request: Request,
    session_id: Id,
    body: Annotated[SeenForm, Form()],
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
) -> Response:
    await api.enter(request, actor, loaded, db, body)
    return _back(session_id)


@router.post("/flow")
async def follow_flow(
    request: Request,
    session_id: Id,
    body: Annotated[FlowForm, Form()],
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
) -> Response:
    await api.follow_flow(request, body, actor, loaded, db)
    return _back(session_id)


@router.post("/pause", dependencies=[PRESSED_ONCE])
async def pause(
    session_id: Id,
    body: Annotated[PauseForm, Form()],
    actor: CanWork,
    locked: LockedForWork,
    db: WriteSession,
) -> Response:
    await api.pause(body, actor, locked, db)
    return _back(session_id, "Paused. Time is not counted until you resume.")


@router.post("/resume")
async def resume(session_id: Id, actor: CanWork, locked: LockedForWork, db: WriteSession) -> Response:
    await api.resume(actor, locked, db)
    return _back(session_id)


@router.post("/take")
async def take(session_id: Id, actor: CanWork, db: WriteSession, now: Now) -> Response:
    await api.take(session_id, actor, db, now)
    return _back(session_id, "The session is yours now.")


@router.post("/resolve", dependencies=[PRESSED_ONCE])
async def resolve(
    session_id: Id,
    body: Annotated[ResolutionForm, Form()],
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
) -> Response:
    await api.resolve(body, actor, loaded, db)
    return show_resolved(session_id)


@router.post("/abandon", dependencies=[PRESSED_ONCE])
async def abandon(
    session_id: Id,
    body: Annotated[AbandonForm, Form()],
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
) -> Response:
    await api.abandon(body, actor, loaded, db)
    return _back(session_id, "Abandoned. Nothing is lost: you can resume it.")


@router.post("/reopen", dependencies=[PRESSED_ONCE])
async def reopen(
    session_id: Id,
    body: Annotated[ReopeningForm, Form()],
    actor: CanWork,
    locked: LockedForWork,
    db: WriteSession,
) -> Response:
    await api.reopen(body, actor, locked, db)
    return _back(session_id, "Reopened. When it ends again, what is new goes to the ticket.")


@router.post("/rating", dependencies=[PRESSED_ONCE])
async def rate(
    session_id: Id, body: Annotated[RatingForm, Form()], actor: CanWork, locked: LockedForWork, db: WriteSession
) -> Response:
    check_shown(body.shown, rating_shown(locked.session))
    await api.rate(body, actor, locked, db)
    return _back(session_id, "Thank you. The rating counts in Analytics.")


@router.post("/details", dependencies=[PRESSED_ONCE])
async def correct(
    session_id: Id,
    body: Annotated[DetailsForm, Form()],
    actor: CanWork,
    locked: LockedToCorrect,
    db: WriteSession,
    now: Now,
) -> Response:
    check_shown(body.shown, details_shown(locked.session))
    before = locked.session.psa_ticket_id
    # An empty body is no body; a problem that is longer than a title is split again.
    problem = given(body.problem_summary, body.problem_body)
    details = body.model_dump(include={"psa_ticket_id", "problem_domain", "client_name"})
    sent = schemas.DetailsIn(problem_summary=problem.title, problem_body=problem.body, **details)
    await api.correct_session(sent, actor, locked, db, now)
    ticket = locked.session.psa_ticket_id
    if ticket in {None, before}:
        return _back(session_id, "Saved.")
    stays = f"What is on ticket {before} stays there: move it by hand if it belongs to {ticket}." if before else ""
    return _back(session_id, f"Saved. The ticket is {ticket} now, and what waits goes there. {stays}".rstrip())


def _back(session_id: uuid.UUID, notice: str | None = None) -> Response:
    return go_to(f"/sessions/{session_id}", notice)
