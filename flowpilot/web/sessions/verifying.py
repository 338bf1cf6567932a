"""A fix that has to prove itself: the form to apply it, and what is said when it is looked at again."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request, Response
from fastapi.exceptions import RequestValidationError

from flowpilot.flows.tree import NodeKind
from flowpilot.http.fields import EmptyIsNone, Line, Remark, Words, wrong
from flowpilot.identity.access import CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.hours.queries import opening_hours
from flowpilot.identity.idempotency import OnceForm
from flowpilot.sessions import schemas
from flowpilot.sessions.api import LoadedForWork, read_session
from flowpilot.sessions.avoidable import AvoidableReason
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.transitions import Action
from flowpilot.sessions.verifying import api
from flowpilot.sessions.verifying.presets import Preset, presets
from flowpilot.sessions.verifying.schemas import ConfirmIn, FailIn, PostponeIn, VerifyIn
from flowpilot.sessions.verifying.service import BadMomentError
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.refused.twice import PRESSED_ONCE
from flowpilot.web.render import Page, go_to, render
from flowpilot.web.sessions.actions import SeenForm
from flowpilot.web.sessions.note import show_resolved
from flowpilot.web.sessions.tried import failed_fix

router = APIRouter(prefix="/sessions/{session_id}/verify", include_in_schema=False)

Id = uuid.UUID


class TimeForm(OnceForm):
    """A time of those offered, or another one, as clocks show it in the account's zone.

    `offered`: the one that is chosen when the page opens. If it still is, nobody has chosen it.
    """

    look_again_at: Annotated[datetime | None, EmptyIsNone] = None
    offered: Annotated[datetime | None, EmptyIsNone] = None
    other: Annotated[datetime | None, EmptyIsNone] = None


class VerifyForm(TimeForm, SeenForm):
    """What was done, and what has to show that it helped."""

    fix: Words
    waiting_for: Line


class PostponeForm(TimeForm, SeenForm):
    """When to look again instead."""


class ConfirmForm(OnceForm, SeenForm):
    """What solved it, and what could have spared the escalation that was set aside; an empty reason is none."""

    summary: Remark = ""
    avoidable_reason: AvoidableReason = None


class FailForm(OnceForm, SeenForm):
    """What was seen instead."""

    note: Remark = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify(Page):
    """The form to apply a fix, or to put off what waits."""

    template: ClassVar[str] = "sessions/verify.html"
    session: schemas.SessionOut
    times: Sequence[Preset]
    fix: str


@router.get("")
async def show(request: Request, session_id: Id, actor: CanWork, db: ReadSession, frame: CurrentFrame) -> Response:
    """The form, while the session allows it."""
    session = await read_session(session_id, actor, db)
    if {Action.VERIFY, Action.POSTPONE}.isdisjoint(session.allowed):
        return go_to(f"/sessions/{session_id}")
    hours = await opening_hours(db, actor.account_id, frame.now)
    page = Verify(
        title="Wait and look again",
        session=session,
        times=list(presets(frame.now, ZoneInfo(actor.timezone), hours)),
        fix=_end_of_flow(session),
    )
    return render(request, page, frame)


@router.post("", dependencies=[PRESSED_ONCE])
async def verify(
    session_id: Id, body: Annotated[VerifyForm, Form()], actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> Response:
    at = _moment(actor, body)
    said = body.model_dump(include={"node", "flow", "after_step", "fix", "waiting_for"})
    with _at_its_field(body):
        await api.verify(session_id, VerifyIn(**said, look_again_at=at), actor, loaded, db)
    return go_to(f"/sessions/{session_id}", "Applied. You are reminded when it is time to look again.")


@router.post("/postpone", dependencies=[PRESSED_ONCE])
async def postpone(
    session_id: Id, body: Annotated[PostponeForm, Form()], actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> Response:
    at, seen = _moment(actor, body), body.model_dump(include={"node", "flow", "after_step"})
    with _at_its_field(body):
        await api.postpone(session_id, PostponeIn(**seen, look_again_at=at), actor, loaded, db)
    return go_to(f"/sessions/{session_id}", "Put off. You are reminded then.")


@router.post("/worked", dependencies=[PRESSED_ONCE])
async def confirm(
    session_id: Id,
    body: Annotated[ConfirmForm, Form()],
    actor: CanWork,
    loaded: LoadedForWork,
    db: WriteSession,
) -> Response:
    await api.confirm(session_id, ConfirmIn(**body.model_dump()), actor, loaded, db)
    return show_resolved(session_id)


@router.post("/failed", dependencies=[PRESSED_ONCE])
async def fail(
    session_id: Id, body: Annotated[FailForm, Form()], actor: CanWork, loaded: LoadedForWork, db: WriteSession
) -> Response:
    failed = await api.fail(session_id, FailIn(**body.model_dump()), actor, loaded, db)
    return go_to(f"/sessions/{session_id}", f"Noted that it did not help. {_goes_on(failed, actor)}")


def _goes_on(session: schemas.SessionOut, actor: Actor) -> str:
    """Who goes on after a fix that did not help: whoever held the handoff that it had set aside."""
    if session.status != SessionStatus.ESCALATED:
        return "The session goes on."
    if session.owner_id == actor.user_id:
        return "You hold the handoff again."
    return f"{(session.owner and session.owner.name) or 'Its holder'} holds the handoff again."


def _end_of_flow(session: schemas.SessionOut) -> str:
    """What the flow says has solved it, unless that was tried and did not help."""
    node = session.current
    return node.text if node and node.kind == NodeKind.RESOLUTION and not failed_fix(session) else ""


def _moment(actor: Actor, body: TimeForm) -> datetime:
    if body.other and body.look_again_at not in {None, body.offered}:
        raise wrong("other", "Choose this time above, or leave it empty: another one is chosen there.")
    chosen = body.other or body.look_again_at
    if chosen is None:
        raise wrong("other", "Fill in when to look again, or choose one of the times above.")
    return chosen if chosen.tzinfo is not None else chosen.replace(tzinfo=ZoneInfo(actor.timezone))


@contextmanager
def _at_its_field(body: TimeForm) -> Iterator[None]:
    """A time of their own that cannot be is refused at its field, not at that of the times offered."""
    try:
        yield
    except RequestValidationError as error:
        if body.other and isinstance(error.__cause__, BadMomentError):
            raise wrong("other", error.__cause__.detail) from error
        raise
