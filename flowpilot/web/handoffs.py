"""The escalation queue, and one handoff: what a senior needs in ten seconds."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response

from flowpilot.analytics.api import read_headline
from flowpilot.analytics.escalations.headline import Headline
from flowpilot.analytics.period import Period, window
from flowpilot.clients.schemas import ClientRow
from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.handoffs import api, policy
from flowpilot.handoffs.acting.names import named
from flowpilot.handoffs.models import Outcome
from flowpilot.handoffs.policy import HandoffAction
from flowpilot.handoffs.queries import HandoffFilter, State
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.handoffs.schemas.requests import CloseIn, GiveBackIn, HolderSeen, JudgementIn, ReassignIn, ReleaseIn
from flowpilot.handoffs.schemas.responses import EventOut, HandoffOut, QueuePage
from flowpilot.http.fields import EmptyIsNone, Line, Text
from flowpilot.identity.access import CanView, CanWork
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import OnceForm
from flowpilot.identity.schemas import MemberOut
from flowpilot.sessions.queries import may_be_resolved
from flowpilot.sessions.verifying import api as verifying
from flowpilot.sessions.verifying.schemas import WaitingPage
from flowpilot.web.analytics.working import Working, working_wait
from flowpilot.web.clients.pages import known_clients
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.people import all_members
from flowpilot.web.postings.section import SessionPostings, session_postings
from flowpilot.web.refused.twice import PRESSED_ONCE
from flowpilot.web.render import Page, go_to, render
from flowpilot.web.sessions.digests import facts_shown
from flowpilot.web.sessions.facts import Recognised
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Page):
    """The queue, or one of the lists beside it; `here` is its address with the filters.

    `waiting`: the sessions whose fix has to prove itself.
    """

    template: ClassVar[str] = "handoffs.html"
    queue: QueuePage
    headline: Headline | None
    state: State
    states: Sequence[tuple[State, str]] = (
        ("queue", "Queue"),
        ("acted", "Being worked on"),
        ("closed", "Closed"),
        ("all", "All"),
    )
    priority: PriorityName | None
    for_me: bool
    priorities: Sequence[PriorityName] = tuple(PriorityName)
    here: str
    waiting: WaitingPage | None

    @property
    def working(self) -> Working | None:
        """The headline in working hours, if the account had any."""
        found = None if self.headline is None else self.headline.working_time_to_claimant_action
        return working_wait("working_time_to_claimant_action", found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff(Page):
    """One handoff. `names` has those of its people; `assignees` are the members it can be assigned to.

    `reasons` could have spared it, for those who may say so. `may_resolve`: whether nothing that the session's
    flow requires holds up its resolution.
    """

    template: ClassVar[str] = "handoff.html"
    handoff: HandoffOut
    names: dict[str, str]
    assignees: list[MemberOut]
    is_mine: bool
    may_take_over: bool
    may_resolve: bool
    posted: SessionPostings | None
    clients: Sequence[ClientRow]

    def recognised(self, template: str | None) -> Recognised:
        """What is missing and may be filled in, as the problem's text names it."""
        return Recognised.of(self.handoff, self.clients, template) if self.handoff.may_correct else Recognised()

    @property
    def facts_shown(self) -> str:
        """A digest of client, ticket and domain."""
        return facts_shown(self.handoff)

    @property
    def timeline(self) -> Iterable[tuple[str, EventOut]]:
        """What happened to it, and what each of that is called."""
        return named(self.handoff.events)


@router.get("")
async def show_queue(
    request: Request,
    actor: CanView,
    db: ReadSession,
    frame: CurrentFrame,
    state: State = "queue",
    priority: Annotated[PriorityName | None, EmptyIsNone] = None,
    for_me: bool = False,
    cursor: Text | None = None,
) -> Response:
    """Unclaimed handoffs, then those claimed without action; or one of the lists beside the queue."""
    filter_ = HandoffFilter(
        state,
        priority=[priority.value_in_order] if priority else None,
        target_user_id=actor.user_id if for_me else None,
    )
    page = Queue(
        title="Escalations",
        queue=await api.list_handoffs(actor, filter_, db, frame.now, limit=50, cursor=cursor),
        headline=await _headline(actor, db, frame.now),
        state=state,
        priority=priority,
        for_me=for_me,
        waiting=await _waiting(actor, db) if state == "queue" else None,
        here="/handoffs?" + urlencode({"state": state, "priority": priority or "", "for_me": str(for_me).lower()}),
    )
    return render(request, page, frame)


@router.get("/{handoff_id}")
async def show(
    request: Request, handoff_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    """What is known, what was tried, what is missing, and what to do next."""
    handoff = await api.read_handoff(handoff_id, actor, db, frame.now)
    may_see = actor.may(Permission.VIEW_MEMBERS)
    members = await all_members(actor, db) if may_see else []
    holder, escalated_by = (None if one is None else one.id for one in (handoff.claimed_by, handoff.created_by))
    may_be_mine = HandoffAction.REASSIGN in handoff.allowed and policy.may_be_target(actor.user_id, escalated_by)
    page = Handoff(
        title=handoff.problem_summary[:60] or "Handoff",
        handoff=handoff,
        names={str(one.user_id): one.name or one.email or "" for one in members},
        assignees=[
            one for one in members if one.can_be_assigned and policy.may_be_target(one.user_id, escalated_by)
        ],
        is_mine=holder == actor.user_id,
        may_take_over=may_be_mine and holder not in {None, actor.user_id},
        may_resolve=HandoffAction.CLOSE in handoff.allowed
        and await may_be_resolved(db, actor.account_id, handoff.session_id),
        posted=await session_postings(
            actor,
            db,
            handoff.session_id,
            handoff.psa_ticket_id,
            has_ended=handoff.outcome in {Outcome.RESOLVED, Outcome.ABANDONED},
            was_abandoned=handoff.outcome == Outcome.ABANDONED,
        ),
        clients=await known_clients(actor, db) if handoff.may_correct and not handoff.client_name else [],
    )
    return render(request, page, frame)


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
    await api.reassign(handoff_id, mine, actor, db, now)
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


async def _waiting(actor: Actor, db: ReadDb) -> WaitingPage | None:
    waiting = await verifying.list_waiting(actor, db, limit=8)
    return waiting if waiting.items else None


async def _headline(actor: Actor, db: ReadDb, now: datetime) -> Headline | None:
    if not actor.may(Permission.VIEW_ESCALATIONS):
        return None
    asked = window(actor.account_id, now=now, account_timezone=actor.timezone, period=Period.MONTH)
    return await read_headline(actor, asked, db)
