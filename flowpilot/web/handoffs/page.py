"""The page of a handoff: what a senior needs in ten seconds."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request, Response

from flowpilot.clients.queries import KnownClient
from flowpilot.db.session import ReadDb
from flowpilot.handoffs import api, policy
from flowpilot.handoffs.acting.names import named
from flowpilot.handoffs.models import Outcome
from flowpilot.handoffs.policy import HandoffAction
from flowpilot.handoffs.schemas.responses import EventOut, HandoffOut
from flowpilot.identity.access import CanView
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import ReadSession
from flowpilot.identity.queries import names_of
from flowpilot.identity.schemas import MemberOut
from flowpilot.sessions.queries import may_be_resolved
from flowpilot.web.clients.pages import known_clients
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.people import assignees
from flowpilot.web.postings.section import SessionPostings, session_postings
from flowpilot.web.render import Page, render
from flowpilot.web.sessions.digests import facts_shown
from flowpilot.web.sessions.facts import Recognised

router = APIRouter(prefix="/handoffs", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff(Page):
    """One handoff. `names` has those of its people; `assignees` are the members it can be assigned to.

    `reasons` could have spared it, for those who may say so. `may_resolve`: whether nothing that the session's
    flow requires holds up its resolution.
    """

    template: ClassVar[str] = "handoffs/page.html"
    handoff: HandoffOut
    names: dict[str, str]
    assignees: list[MemberOut]
    is_mine: bool
    may_take_over: bool
    may_resolve: bool
    posted: SessionPostings | None
    clients: Sequence[KnownClient]

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


@router.get("/{handoff_id}")
async def show(
    request: Request, handoff_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    """What is known, what was tried, what is missing, and what to do next."""
    handoff = await api.read_handoff(handoff_id, actor, db, frame.now)
    may_see = actor.may(Permission.VIEW_MEMBERS)
    may_reassign = may_see and HandoffAction.REASSIGN in handoff.allowed
    holder, escalated_by = (None if one is None else one.id for one in (handoff.claimed_by, handoff.created_by))
    may_be_mine = HandoffAction.REASSIGN in handoff.allowed and policy.may_be_target(actor.user_id, escalated_by)
    page = Handoff(
        title=handoff.problem_summary[:60] or "Handoff",
        handoff=handoff,
        names=await _names(actor, db, handoff.events) if may_see else {},
        assignees=[one for one in await assignees(actor, db) if policy.may_be_target(one.user_id, escalated_by)]
        if may_reassign
        else [],
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


async def _names(actor: Actor, db: ReadDb, events: Sequence[EventOut]) -> dict[str, str]:
    """The names of everybody who did something, or was given it."""
    people = {one.actor_id for one in events if one.actor_id is not None}
    people |= {uuid.UUID(given) for one in events if (given := one.content.get("target"))}
    return {str(person): name for person, name in (await names_of(db, actor.account_id, people)).items()}
