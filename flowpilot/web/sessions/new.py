"""The form to start a session, as a link or button in the ticket system opens it. Nothing is started by a link."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Query, Request, Response

from flowpilot.clients.schemas import ClientRow
from flowpilot.http.fields import Storable, Text
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import ReadSession
from flowpilot.web.clients.pages import known_clients
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render
from flowpilot.web.sessions.resolved import ResolvedSession, newest_resolved
from flowpilot.web.tickets import open_sessions

router = APIRouter(prefix="/sessions", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession(Page):
    """The form, filled with what the link says; `resolved` is the session that can be reopened instead."""

    template: ClassVar[str] = "sessions/new.html"
    ticket: str
    client: str
    problem: str
    clients: list[ClientRow]
    resolved: ResolvedSession | None


@router.get("/new")
async def show_form(
    request: Request,
    actor: CanWork,
    db: ReadSession,
    frame: CurrentFrame,
    ticket: Text = "",
    client: Text = "",
    text: Annotated[Storable, Query(max_length=10_000)] = "",
) -> Response:
    """The open session on the ticket, if there is one; otherwise the form to start it."""
    ticket = ticket.strip()
    known = await open_sessions(actor, db, ticket)
    if known:
        return go_to(f"/sessions/{known[0].id}", f"This is the open session on ticket {ticket}.")
    page = NewSession(
        title="Start a session",
        ticket=ticket,
        client=client.strip(),
        problem=text.strip(),
        clients=await known_clients(actor, db),
        resolved=await newest_resolved(actor, db, ticket),
    )
    return render(request, page, frame)
