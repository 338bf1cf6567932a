"""Who holds a handoff, and how it ends: forms on its page and on its session's."""

import uuid
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response

from flowpilot.clock import Now
from flowpilot.handoffs import api, claims
from flowpilot.handoffs.models import Outcome
from flowpilot.handoffs.schemas.requests import CloseIn, GiveBackIn, HolderSeen, JudgementIn, ReassignIn, ReleaseIn
from flowpilot.http.fields import EmptyIsNone, Line
from flowpilot.identity.access import CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import WriteSession
from flowpilot.identity.idempotency import OnceForm
from flowpilot.web.refused.twice import PRESSED_ONCE
from flowpilot.web.render import go_to
from flowpilot.web.sessions.note import show_resolved

router = APIRouter(prefix="/handoffs", include_in_schema=False)


class HolderForm(HolderSeen):
    """A form always says who held the handoff on its page; empty means nobody."""

    holder: uuid.UUID | Literal[""] = ""


class ReleaseForm(HolderForm, ReleaseIn):
    """Why it is released."""


class CloseForm(OnceForm, HolderForm, CloseIn):
    """How it ended; an empty reason is none."""

    avoidable_reason: Annotated[Line | None, EmptyIsNone] = None


class JudgementForm(JudgementIn):
    """What could have spared it; an empty reason is none."""

    reason: Annotated[Line | None, EmptyIsNone] = None


class ReassignForm(HolderForm, ReassignIn):
    """Who it is assigned to; anyone when the field is empty."""

    target_user_id: uuid.UUID | None = None


class GiveBackForm(OnceForm, HolderForm, GiveBackIn):
    """Why it goes back; an empty reason that could have spared it is none."""

    avoidable_reason: Annotated[Line | None, EmptyIsNone] = None


@router.post("/{handoff_id}/claim")
async def claim(handoff_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> Response:
    claimed = await api.claim(handoff_id, actor, db, now)
    # Nothing covers the page: what to do first is there, and says that it is theirs.
    return go_to(f"/sessions/{claimed.session_id}")


@router.post("/{handoff_id}/release")
async def release(
    handoff_id: uuid.UUID, body: Annotated[ReleaseForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    await api.release(handoff_id, body, actor, db, now)
    return go_to("/handoffs", "Released. It is back in the queue.")


@router.post("/{handoff_id}/reassign")
async def reassign(
    handoff_id: uuid.UUID, body: Annotated[ReassignForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    await api.reassign(handoff_id, body, actor, db, now)
    return go_to(f"/handoffs/{handoff_id}", _saved(body.target_user_id, actor))


@router.post("/{handoff_id}/take-over")
async def take_over(
    handoff_id: uuid.UUID, body: Annotated[HolderForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    """Take it from the holder on the page: assigned to the caller, then claimed, in one transaction."""
    mine = ReassignIn(target_user_id=actor.user_id, holder=body.holder)
    await claims.reassign(db, actor, handoff_id, mine.target_user_id, now, seen_holder=mine.holder)
    claimed = await api.claim(handoff_id, actor, db, now)
    return go_to(f"/sessions/{claimed.session_id}", "It is yours now. Its former holder is notified.")


@router.post("/{handoff_id}/give-back", dependencies=[PRESSED_ONCE])
async def give_back(
    handoff_id: uuid.UUID, body: Annotated[GiveBackForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    """Back to the engineer who escalated it, who reads why first; or that person has taken it back."""
    given = await api.give_back(handoff_id, body, actor, db, now)
    if given.created_by is not None and given.created_by.id == actor.user_id:
        return go_to(f"/sessions/{given.session_id}", "You have it again.")
    return go_to("/handoffs", "Given back. The engineer is notified, and reads why.")


@router.post("/{handoff_id}/close", dependencies=[PRESSED_ONCE])
async def close(
    handoff_id: uuid.UUID, body: Annotated[CloseForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    closed = await api.close(handoff_id, body, actor, db, now)
    if body.outcome == Outcome.RESOLVED:
        return show_resolved(closed.session_id)
    return go_to(f"/sessions/{closed.session_id}", "The handoff is closed.")


@router.post("/{handoff_id}/avoidable")
async def judge(
    handoff_id: uuid.UUID, body: Annotated[JudgementForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    await api.judge(handoff_id, body, actor, db, now)
    return go_to(f"/handoffs/{handoff_id}", "Saved. The report of escalations counts it.")


def _saved(target: uuid.UUID | None, actor: Actor) -> str:
    if target is None:
        return "Saved. Everybody else who can claim it is notified."
    if target == actor.user_id:
        return "Saved. It is assigned to you."
    return "Saved. The new assignee is notified."
