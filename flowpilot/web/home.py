"""Home: my open sessions, the head of the queue, my notifications, and a form to start a session."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request, Response

from flowpilot.clients.queries import KnownClient
from flowpilot.db.lookups import look_up
from flowpilot.flows.queries import count_to_confirm
from flowpilot.handoffs import api as handoffs
from flowpilot.handoffs.earlier.queries import came_back
from flowpilot.handoffs.models import Outcome
from flowpilot.handoffs.queries import HandoffFilter
from flowpilot.handoffs.schemas.responses import HandoffRow
from flowpilot.identity.access import CanView
from flowpilot.identity.actor import Permission
from flowpilot.identity.auth import ReadSession
from flowpilot.notifications.inbox import api as notifications
from flowpilot.notifications.inbox.schemas import NotificationOut
from flowpilot.psa.postings.queries import ToDo, to_do
from flowpilot.sessions import api as sessions
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.reading.listing import SessionFilter
from flowpilot.sessions.schemas import SessionRow
from flowpilot.sessions.verifying import api as verifying
from flowpilot.sessions.verifying.schemas import WaitingPage
from flowpilot.web.clients.pages import clients_to_offer
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, render

router = APIRouter(include_in_schema=False)


_OPEN = [SessionStatus.ACTIVE, SessionStatus.PAUSED, SessionStatus.REQUESTING_ESCALATION, SessionStatus.ESCALATED]
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Home(Page):
    """What waits for the person, and a form to start a session. `came_back`: how, by the session's id."""

    template: ClassVar[str] = "home.html"
    sessions: Sequence[SessionRow]
    came_back: Mapping[uuid.UUID, Outcome]
    unassigned: Sequence[SessionRow]
    waiting: WaitingPage | None
    queue: list[HandoffRow]
    clients: list[KnownClient]
    notifications: list[NotificationOut]
    postings: ToDo | None
    to_confirm: int


@router.get("/")
async def home(request: Request, actor: CanView, db: ReadSession, frame: CurrentFrame) -> Response:
    mine = SessionFilter(status=_OPEN, owner_id=actor.user_id)
    may_work = actor.may(Permission.WORK)
    waiting = await verifying.list_waiting(actor, db, limit=_SHOWN, mine=True) if may_work else None
    # What is shown as waiting is open, too, and stands there once.
    apart = {one.id for one in waiting.items} if waiting is not None else set()
    open_ = (await sessions.list_sessions(actor, mine, db, limit=_SHOWN + len(apart))).items
    shown = [one for one in open_ if one.id not in apart][:_SHOWN]
    active = [one.id for one in shown if one.status == SessionStatus.ACTIVE]
    postings, to_confirm, back, clients = await look_up(
        db,
        to_do(actor.account_id),
        count_to_confirm(actor.account_id, actor.user_id),
        came_back(actor.account_id, active, actor.user_id),
        clients_to_offer(actor),
    )
    page = Home(
        title="Home",
        sessions=shown,
        came_back=back,
        unassigned=(await sessions.list_sessions(actor, SessionFilter(unassigned=True), db, limit=5)).items,
        waiting=waiting if apart else None,
        clients=clients if may_work else [],
        queue=(await handoffs.rows_of(actor, HandoffFilter("waiting"), db, frame.now, limit=5))[0],
        notifications=(await notifications.shown(actor, db, limit=5)).items,
        postings=postings if may_work else None,
        to_confirm=to_confirm,
    )
    return render(request, page, frame)
