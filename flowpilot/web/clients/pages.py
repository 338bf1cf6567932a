"""Clients: the list, and one client with its sessions."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response

from flowpilot.clients import api
from flowpilot.clients.queries import KnownClient, first_clients
from flowpilot.clients.schemas import ClientIn, ClientOut, ClientRow
from flowpilot.clock import Now
from flowpilot.db.lookups import Asked
from flowpilot.db.session import ReadDb
from flowpilot.http.fields import Text
from flowpilot.http.paging import MOST_ITEMS, ListPage
from flowpilot.identity.access import CanView, CanWork
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.identity.replica.session import ReportSession
from flowpilot.psa.connections.queries import active_connection
from flowpilot.sessions import api as sessions
from flowpilot.sessions.client_notes.api import StepNoteOut, list_client_notes
from flowpilot.sessions.reading.listing import SessionFilter
from flowpilot.sessions.schemas import SessionRow
from flowpilot.sessions.transitions import OPEN
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.outdated import digest
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/clients", include_in_schema=False)

_RECENT = 10


class NewClientForm(OnceForm, ClientIn):
    """A client to create."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients(Page):
    """The account's clients, or those of which a name contains the words; `here` is the list's address."""

    template: ClassVar[str] = "clients/list.html"
    found: ListPage[ClientRow]
    words: str
    here: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(Page):
    """One client, with its open sessions and the newest of all. `may_map`: companies can be mapped to it."""

    template: ClassVar[str] = "clients/client.html"
    client: ClientOut
    open: Sequence[SessionRow]
    recent: Sequence[SessionRow]
    may_map: bool
    step_notes: list[StepNoteOut]

    @property
    def details_shown(self) -> str:
        """A digest of the client's name and notes."""
        return client_shown(self.client)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotesAtStart(Page):
    """What to know of the client that is named in the form of a new session."""

    template: ClassVar[str] = "clients/notes.html"
    client: ClientRow | None


@router.get("")
async def list_clients(
    request: Request,
    actor: CanView,
    db: ReportSession,
    frame: CurrentFrame,
    q: Text = "",
    cursor: uuid.UUID | None = None,
) -> Response:
    page = Clients(
        title="Clients",
        found=await api.list_clients(actor, db, q=q, limit=50, cursor=cursor),
        words=q,
        here="/clients?" + urlencode({"q": q}),
    )
    return render(request, page, frame)


@router.post("")
async def create(
    body: Annotated[NewClientForm, Form()], actor: CanWork, db: WriteSession, now: Now, once: CreateOnce
) -> Response:
    made = await api.create_client(body, actor, db, now, once)
    return go_to(f"/clients/{made.id}", "The client is created. Sessions can name it now.")


@router.get("/at-start")
async def show_notes(
    request: Request, actor: CanWork, db: ReadSession, frame: CurrentFrame, client_name: Text = ""
) -> Response:
    """A part of the form of a new session, shown as soon as its client is named."""
    found = (await api.list_clients(actor, db, name=client_name)).items if client_name.strip() else []
    return render(request, NotesAtStart(title="Client", client=next(iter(found), None)), frame)


@router.get("/{client_id}")
async def show(
    request: Request, client_id: uuid.UUID, actor: CanView, db: ReadSession, frame: CurrentFrame
) -> Response:
    client = await api.read_client(client_id, actor, db)
    theirs = SessionFilter(client_id=client_id)
    are_open = SessionFilter(client_id=client_id, status=sorted(OPEN))
    page = Client(
        title=client.name,
        client=client,
        open=(await sessions.list_sessions(actor, are_open, db, limit=_RECENT)).items,
        recent=(await sessions.list_sessions(actor, theirs, db, limit=_RECENT)).items,
        step_notes=(await list_client_notes(client_id, actor, db)).items,
        may_map=actor.may(Permission.MANAGE_PSA) and await active_connection(db, actor.account_id) is not None,
    )
    return render(request, page, frame)


def clients_to_offer(actor: Actor) -> Asked[list[KnownClient]]:
    """The clients to offer where one is named or chosen; any other can still be typed, or found in the list."""
    return first_clients(actor.account_id, MOST_ITEMS)


async def known_clients(actor: Actor, db: ReadDb) -> list[KnownClient]:
    """The same, by a statement of its own."""
    return await clients_to_offer(actor).alone(db)


def client_shown(client: ClientOut) -> str:
    """A digest of what the form of a client showed."""
    return digest(client.name, client.notes)
