"""The list of sessions."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from flowpilot.clients.queries import KnownClient
from flowpilot.http.fields import EmptyIsNone, Text
from flowpilot.http.paging import ListPage
from flowpilot.identity.access import CanView
from flowpilot.identity.actor import Actor
from flowpilot.identity.replica.session import ReportSession
from flowpilot.sessions import api
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.reading.listing import SessionFilter
from flowpilot.sessions.search.schemas import FoundSession
from flowpilot.sessions.transitions import OPEN
from flowpilot.web.clients.pages import known_clients
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, render

router = APIRouter(prefix="/sessions", include_in_schema=False)


class SessionsQuery(BaseModel):
    """The filters of the list, as its form sends them."""

    status: Literal["", "open"] | SessionStatus = ""
    q: Text = ""
    mine: bool = False
    unassigned: bool = False
    waiting: bool = False
    client_id: Annotated[uuid.UUID | None, EmptyIsNone] = None
    cursor: uuid.UUID | None = None

    def filter(self, actor: Actor) -> SessionFilter:
        """Which sessions they mean."""
        statuses = OPEN if self.status == "open" else {self.status} if self.status else None
        return SessionFilter(
            status=None if statuses is None else sorted(statuses),
            owner_id=actor.user_id if self.mine else None,
            text=self.q or None,
            unassigned=self.unassigned,
            waiting=self.waiting,
            client_id=self.client_id,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions(Page):
    """The account's sessions, and the clients that they can be narrowed to."""

    template: ClassVar[str] = "sessions/list.html"
    found: ListPage[FoundSession]
    asked: SessionsQuery
    clients: list[KnownClient]

    @property
    def here(self) -> str:
        """The list's address with its filters."""
        said = self.asked.model_dump(mode="json", exclude={"cursor"})
        return "/sessions?" + urlencode({name: _in_address(value) for name, value in said.items()})


@router.get("")
async def list_sessions(
    request: Request,
    actor: CanView,
    db: ReportSession,
    frame: CurrentFrame,
    asked: Annotated[SessionsQuery, Query()],
) -> Response:
    page = Sessions(
        title="Sessions",
        found=await api.list_sessions(actor, asked.filter(actor), db, limit=50, cursor=asked.cursor),
        asked=asked,
        clients=await known_clients(actor, db),
    )
    return render(request, page, frame)


def _in_address(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "")
