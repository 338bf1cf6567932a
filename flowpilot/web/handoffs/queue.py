"""The escalation queue, and the lists beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from flowpilot.analytics.api import read_headline
from flowpilot.analytics.escalations.headline import Headline
from flowpilot.analytics.period import Period, window
from flowpilot.db.session import ReadDb
from flowpilot.handoffs import api
from flowpilot.handoffs.queries import HandoffFilter, State
from flowpilot.handoffs.schemas.priority import PriorityName
from flowpilot.handoffs.schemas.responses import HandoffRow
from flowpilot.http.fields import EmptyIsNone, Text
from flowpilot.identity.access import CanView
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import ReadSession
from flowpilot.sessions.verifying import api as verifying
from flowpilot.sessions.verifying.schemas import WaitingPage
from flowpilot.web.analytics.working import Working, working_wait
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, render

router = APIRouter(prefix="/handoffs", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Page):
    """The queue, or one of the lists beside it; `here` is its address with the filters.

    `waiting`: the sessions whose fix has to prove itself.
    """

    template: ClassVar[str] = "handoffs/queue.html"
    rows: list[HandoffRow]
    next_cursor: str | None
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
    rows, next_cursor = await api.rows_of(actor, filter_, db, frame.now, 50, cursor)
    page = Queue(
        title="Escalations",
        rows=rows,
        next_cursor=next_cursor,
        headline=await _headline(actor, db, frame.now),
        state=state,
        priority=priority,
        for_me=for_me,
        waiting=await _waiting(actor, db) if state == "queue" else None,
        here="/handoffs?" + urlencode({"state": state, "priority": priority or "", "for_me": str(for_me).lower()}),
    )
    return render(request, page, frame)


async def _waiting(actor: Actor, db: ReadDb) -> WaitingPage | None:
    waiting = await verifying.list_waiting(actor, db, limit=8)
    return waiting if waiting.items else None


async def _headline(actor: Actor, db: ReadDb, now: datetime) -> Headline | None:
    if not actor.may(Permission.VIEW_ESCALATIONS):
        return None
    asked = window(actor.account_id, now=now, account_timezone=actor.timezone, period=Period.MONTH)
    return await read_headline(actor, asked, db)
