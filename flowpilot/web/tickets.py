"""Parts of pages that show tickets. They are fetched after the page is shown, and say so if they cannot be."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from flowpilot.clients import api as clients
from flowpilot.clients.naming import key_of
from flowpilot.clients.queries import names_of_companies
from flowpilot.clock import Now
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.http.fields import Text
from flowpilot.identity.access import CanWork, CanWorkDetached
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession
from flowpilot.psa.connections.queries import active_connection
from flowpilot.psa.numbers import bare
from flowpilot.psa.provider import ProviderError
from flowpilot.psa.tickets import api
from flowpilot.psa.tickets.schemas import TicketContextOut, TicketOut
from flowpilot.sessions import api as sessions
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.reading.listing import SessionFilter
from flowpilot.sessions.schemas import SessionOut, SessionRow
from flowpilot.sessions.transitions import OPEN
from flowpilot.web.render import Part, render
from flowpilot.web.sessions.earlier.resolved import ResolvedSession, newest_resolved

router = APIRouter(prefix="/tickets", include_in_schema=False)

# Why a ticket cannot be shown: no answer, no ticket system, or nobody there who is this person.
_ABSENT = (ProviderError, NotFoundError, ConflictError)


_NO_MATCH = "No open tickets match. The number of a closed one can be entered under Ticket, client, domain."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tickets(Part):
    """Tickets that were found, or why they cannot be shown now; `otherwise` is what is said if there are none."""

    template: ClassVar[str] = "tickets/found.html"
    tickets: Sequence[TicketOut]
    absence: str | None
    otherwise: str
    is_mine: bool
    names: Mapping[str, str]

    def client_of(self, ticket: TicketOut) -> str:
        """What the ticket's client is called here, or there if it is not mapped."""
        return self.names.get(ticket.client_id or "") or ticket.client or ""

    def start(self, ticket: TicketOut) -> str:
        """Where a session on the ticket begins, or goes on."""
        return _start(ticket.id, self.client_of(ticket), ticket.summary)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketContext(Part):
    """One ticket with its last notes, or why it cannot be shown now.

    `theirs`: the client that it is of, if that is another one than its session's.
    """

    template: ClassVar[str] = "tickets/context.html"
    actor: Actor
    ticket: TicketContextOut | None
    absence: str | None
    number: str
    zone: str
    resolved: SessionOut | None
    client: str
    starts: bool
    theirs: str
    session: uuid.UUID | None

    @property
    def start(self) -> str | None:
        """The form to start a session, filled with what the ticket says."""
        if self.ticket is None or not self.starts:
            return None
        return _start(bare(self.number), self.client, self.ticket.summary)

    @property
    def is_open_again(self) -> bool:
        """Whether the ticket is known to have been closed since the session was resolved."""
        ticket, session = self.ticket, self.resolved
        if ticket is None or session is None or ticket.last_closed_at is None:
            return False
        return session.resolved_at is None or ticket.last_closed_at >= session.resolved_at

    @property
    def has_changed_since(self) -> bool:
        """Whether anything has changed the ticket since the session was resolved."""
        ticket, session = self.ticket, self.resolved
        if ticket is None or session is None or ticket.updated_at is None or session.resolved_at is None:
            return False
        return ticket.updated_at > session.resolved_at


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherClient(Part):
    """A word on a ticket that is of another client than its session; `theirs` is empty if it is of the same."""

    template: ClassVar[str] = "tickets/other.html"
    number: str
    client: str
    theirs: str
    session: uuid.UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSessions(Part):
    """The open sessions on a ticket, except for the one that is shown; without any, the one resolved last."""

    template: ClassVar[str] = "tickets/sessions.html"
    sessions: Sequence[SessionRow]
    resolved: ResolvedSession | None
    number: str
    zone: str


@router.get("/search")
async def search(request: Request, actor: CanWorkDetached, q: Text = "") -> Response:
    if not q.strip():
        return render(request, _found(request, []))
    return render(request, await _search(request, actor, q=q, otherwise=_NO_MATCH))


@router.get("/mine")
async def show_mine(request: Request, actor: CanWorkDetached) -> Response:
    return render(request, await _search(request, actor, mine=True))


@router.get("/context")
async def show_context(
    request: Request,
    actor: CanWorkDetached,
    ticket: Text,
    now: Now,
    session: uuid.UUID | None = None,
    starts: bool = False,
    client: Text = "",
) -> Response:
    """The ticket. If it is open and `session` is resolved, the session can be reopened from here.

    With `starts`, what it says can be used to start a session. With `client`, it says if it is of another one.
    """
    found, absence = None, None
    try:
        found = await api.read_context(request, ticket, actor, now)
    except _ABSENT as error:
        absence = error.detail
    is_open = found is not None and not found.is_closed and not found.is_deleted
    page = TicketContext.of(
        request,
        title=f"Ticket {ticket}",
        ticket=found,
        absence=absence,
        number=ticket,
        actor=actor,
        zone=actor.timezone,
        resolved=await _resolved(request, actor, session) if is_open and session is not None else None,
        client=client or (await _client_here(request, actor, found) if starts and found is not None else ""),
        starts=starts,
        theirs=await _of_another(request, actor, found, client) if client else "",
        session=session,
    )
    return render(request, page)


@router.get("/other")
async def show_other(
    request: Request,
    actor: CanWorkDetached,
    ticket: Text,
    client: Text,
    now: Now,
    session: uuid.UUID | None = None,
) -> Response:
    """Whose the ticket is, if it is of another client than this one, which `session` names."""
    try:
        found = await api.read_context(request, ticket, actor, now)
    except _ABSENT:
        found = None
    theirs = await _of_another(request, actor, found, client)
    page = OtherClient.of(
        request, title=f"Ticket {ticket}", number=ticket, client=client, theirs=theirs, session=session
    )
    return render(request, page)


@router.get("/sessions")
async def show_sessions(
    request: Request,
    actor: CanWork,
    db: ReadSession,
    ticket: Annotated[Text, Query(alias="psa_ticket_id")] = "",
    besides: uuid.UUID | None = None,
) -> Response:
    """Open sessions on a ticket: a second one is rarely meant. Nor is it when the last one can be reopened."""
    open_ones = await open_sessions(actor, db, ticket)
    page = OpenSessions.of(
        request,
        title="Open sessions",
        number=ticket,
        zone=actor.timezone,
        sessions=[one for one in open_ones if one.id != besides],
        resolved=None if open_ones else await newest_resolved(actor, db, ticket),
    )
    return render(request, page)


async def open_sessions(actor: CanWork, db: ReadSession, ticket: str) -> Sequence[SessionRow]:
    """The open sessions on a ticket, the newest first."""
    if not ticket.strip():
        return []
    filter_ = SessionFilter(status=sorted(OPEN), ticket=ticket.strip())
    return (await sessions.list_sessions(actor, filter_, db, limit=5)).items


async def _resolved(request: Request, actor: CanWorkDetached, session_id: uuid.UUID) -> SessionOut | None:
    """The session, if it is resolved. The ticket system was asked before, while no transaction was open."""
    async with request.app.state.database.read(actor.account_id) as db:
        session = await sessions.read_session(session_id, actor, db)
    return session if session.status == SessionStatus.RESOLVED else None


async def _search(
    request: Request, actor: CanWorkDetached, *, q: str = "", mine: bool = False, otherwise: str = ""
) -> Tickets:
    try:
        found = await api.search_tickets(request, actor, q, mine, 8)
    except _ABSENT as error:
        return _found(request, [], absence=error.detail)
    names = await _names_here(request, actor, found.items)
    return _found(request, found.items, otherwise=otherwise, is_mine=mine, names=names)


async def _names_here(request: Request, actor: CanWorkDetached, tickets: Sequence[TicketOut]) -> dict[str, str]:
    """What the companies of these tickets are called here, by their ids there."""
    ids = {one.client_id for one in tickets if one.client_id}
    async with request.app.state.database.read(actor.account_id) as db:
        connection = await active_connection(db, actor.account_id) if ids else None
        return {} if connection is None else await names_of_companies(db, actor.account_id, connection.id, ids)


async def _client_here(request: Request, actor: CanWorkDetached, ticket: TicketOut) -> str:
    """The client here whose ticket it is: the one that its company is mapped to, or one that is called alike."""
    names = await _names_here(request, actor, [ticket])
    if ticket.client_id in names or not ticket.client:
        return names.get(ticket.client_id or "", "")
    async with request.app.state.database.read(actor.account_id) as db:
        alike = await clients.list_clients(actor, db, name=ticket.client, limit=1)
    return alike.items[0].name if alike.items else ""


async def _of_another(request: Request, actor: CanWorkDetached, ticket: TicketOut | None, client: str) -> str:
    """The client that a ticket is of, if that is not this one. Nothing is said of what is not known."""
    if ticket is None:
        return ""
    said = await _client_here(request, actor, ticket) or ticket.client or ""
    return said if said and key_of(said) != key_of(client) else ""


def _start(ticket: str, client: str, text: str) -> str:
    said = {"ticket": ticket, "client": client, "text": text}
    return "/sessions/new?" + urlencode({name: value for name, value in said.items() if value})


def _found(
    request: Request,
    tickets: Sequence[TicketOut],
    *,
    absence: str | None = None,
    otherwise: str = "",
    is_mine: bool = False,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Tickets:
    return Tickets.of(
        request,
        title="Tickets",
        tickets=tickets,
        absence=absence,
        otherwise=otherwise,
        is_mine=is_mine,
        names=names,
    )
