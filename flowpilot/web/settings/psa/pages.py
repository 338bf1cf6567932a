"""Settings: the connection to the ticket system, its check, and who works there."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar, NamedTuple

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.http.fields import EmptyIsNone, Line, Text
from flowpilot.http.paging import MOST_ITEMS, read_all
from flowpilot.identity.access import CanManagePsa, CanManagePsaDetached
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.identity.schemas import MemberOut
from flowpilot.psa.connections import api
from flowpilot.psa.connections.models import PauseKind, ProviderKind
from flowpilot.psa.connections.schemas import (
    Address,
    ConnectionChangeIn,
    ConnectionIn,
    ConnectionOut,
    ProviderOut,
)
from flowpilot.psa.members import api as members_api
from flowpilot.psa.members.schemas import MappingIn, PsaMemberOut
from flowpilot.psa.postings.queries import PostingFilter, ToDo, to_do
from flowpilot.psa.postings.retrying import count_retryable
from flowpilot.psa.provider import Level
from flowpilot.psa.providers.registry import PROVIDERS
from flowpilot.psa.tickets import api as tickets_api
from flowpilot.psa.tickets.schemas import TemplateIn, TemplateOut
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.outdated import check_shown, digest
from flowpilot.web.people import assignees
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.psa.fields import FormField, fields_of, values_of
from flowpilot.web.settings.sections import SettingsPage

HERE = "/settings/ticket-system"

router = APIRouter(prefix=HERE, include_in_schema=False)


class NewConnectionForm(OnceForm):
    """A ticket system to connect to. The fields of its credentials and settings are in the form besides."""

    provider: ProviderKind
    name: Line
    base_url: Address


class ConnectionForm(BaseModel):
    """What the connection is called, and where it leads. Credentials that are left empty stay as they are.

    `shown` is a digest of what the form showed.
    """

    name: Line
    base_url: Address
    same_system: bool = False
    shown: str = ""


class MappingForm(BaseModel):
    """Who a member of the ticket system is here; empty for nobody."""

    external_id: Text
    user_id: Annotated[uuid.UUID | None, EmptyIsNone] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect(SettingsPage):
    """No ticket system yet: which one it is, and then what it needs."""

    template: ClassVar[str] = "settings/psa/connect.html"
    section: ClassVar[str] = HERE
    providers: list[ProviderOut]
    chosen: ProviderOut | None
    fields: list[FormField]
    ticket_url: TemplateOut
    to_do: ToDo

    @property
    def has_secrets(self) -> bool:
        """Whether the ticket system needs credentials."""
        return any(one.kind == "password" for one in self.fields)


class Health(NamedTuple):
    """How a connection does, in a word and its colour."""

    word: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection(SettingsPage):
    """The account's ticket system, how it does, and who works there."""

    template: ClassVar[str] = "settings/psa/connection.html"
    section: ClassVar[str] = HERE
    connection: ConnectionOut
    provider: ProviderOut
    credentials: list[FormField]
    settings: list[FormField]
    members: list[PsaMemberOut]
    people: list[MemberOut]
    ticket_url: TemplateOut
    health: Health
    books_on_owner: bool
    to_do: ToDo
    n_retryable: int

    @property
    def details_shown(self) -> str:
        """A digest of what can be changed of the connection, except its credentials."""
        return _shown(self.connection)


@router.get("")
async def show(
    request: Request,
    actor: CanManagePsa,
    db: ReadSession,
    frame: CurrentFrame,
    provider: Annotated[ProviderKind | None, EmptyIsNone] = None,
) -> Response:
    """The connection, or the way to one; `provider` is the ticket system that was chosen."""
    kinds = {one.provider: one for one in await api.list_providers(actor)}
    connection = await _active(actor, db)
    ticket_url = await tickets_api.read_template(actor, db)
    left = await to_do(actor.account_id).alone(db)
    if connection is None:
        chosen = None if provider is None else kinds.get(provider)
        page = Connect(
            title="Ticket system",
            providers=list(kinds.values()),
            chosen=chosen,
            fields=[] if chosen is None else _new_fields(chosen),
            ticket_url=ticket_url,
            to_do=left,
        )
        return render(request, page, frame)
    kind = kinds[connection.provider]
    shown = Connection(
        title="Ticket system",
        connection=connection,
        provider=kind,
        credentials=fields_of("credentials", kind.credentials),
        settings=fields_of("settings", kind.settings, connection.settings),
        members=await read_all(partial(members_api.list_members, actor, db, MOST_ITEMS)),
        people=await assignees(actor, db),
        ticket_url=ticket_url,
        health=_health(connection, frame.now),
        books_on_owner=PROVIDERS[connection.provider].own_token is not None,
        to_do=left,
        n_retryable=await count_retryable(db, actor.account_id, PostingFilter()),
    )
    return render(request, shown, frame)


@router.post("")
async def connect(
    request: Request,
    body: Annotated[NewConnectionForm, Form()],
    actor: CanManagePsa,
    db: WriteSession,
    now: Now,
    once: CreateOnce,
) -> Response:
    new = ConnectionIn(
        provider=body.provider,
        name=body.name,
        base_url=body.base_url,
        **await _entered(request, actor, body.provider),
    )
    created = await api.create_connection(request, new, actor, db, now, once)
    return _check_then(created)


@router.post("/{connection_id}")
async def change(
    request: Request,
    connection_id: uuid.UUID,
    body: Annotated[ConnectionForm, Form()],
    actor: CanManagePsa,
    db: WriteSession,
    now: Now,
) -> Response:
    connection = await _active(actor, db)
    check_shown(body.shown, "" if connection is None else _shown(connection))
    entered = {} if connection is None else await _entered(request, actor, connection.provider)
    said: dict[str, Any] = {**body.model_dump(exclude={"shown"}), **entered}
    if not any(said.get("credentials", {}).values()):
        said.pop("credentials", None)
    changed = await api.change_connection(request, connection_id, ConnectionChangeIn(**said), actor, db, now)
    return _check_then(changed)


@router.post("/{connection_id}/check")
async def check(request: Request, connection_id: uuid.UUID, actor: CanManagePsaDetached, now: Now) -> Response:
    found = await api.check_connection(request, connection_id, actor, now)
    if not found.ok:
        return go_to(HERE, "Checked. What does not work is listed below.")
    if any(finding.level is Level.WARNING for finding in found.findings):
        return go_to(HERE, "Checked: it works. What to know about it is listed below.")
    return go_to(HERE, "Checked: all is well.")


@router.post("/{connection_id}/pause")
async def pause(connection_id: uuid.UUID, actor: CanManagePsa, db: WriteSession, now: Now) -> Response:
    await api.pause_connection(connection_id, actor, db, now)
    return go_to(HERE, "All postings are paused. They wait until you resume.")


@router.post("/{connection_id}/resume")
async def resume(connection_id: uuid.UUID, actor: CanManagePsa, db: WriteSession, now: Now) -> Response:
    before = await _active(actor, db)
    await api.resume_connection(connection_id, actor, db, now)
    if before is not None and before.pause_kind is PauseKind.CREDENTIALS:
        return go_to(HERE, "The credentials are tried again. If they are refused, everything waits as before.")
    return go_to(HERE, "Postings go on, with those that waited first.")


@router.post("/{connection_id}/remove")
async def remove(connection_id: uuid.UUID, actor: CanManagePsa, db: WriteSession, now: Now) -> Response:
    await api.remove_connection(connection_id, actor, db, now)
    return go_to(HERE, "The ticket system is removed. What was posted stays on record.")


@router.post("/members/mapping")
async def map_member(
    request: Request, body: Annotated[MappingForm, Form()], actor: CanManagePsaDetached, now: Now
) -> Response:
    freed = await _mapped_to(request, actor, body)
    await members_api.map_member(request, body.external_id, MappingIn(user_id=body.user_id), actor, now)
    if body.user_id is None:
        return go_to(f"{HERE}#members", "Saved. This member is nobody here.")
    said = f" {freed} was mapped to this person, and is nobody here now." if freed else ""
    return go_to(f"{HERE}#members", f"Saved.{said} What waited for this person is posted now.")


@router.post("/links/template")
async def set_links(
    body: Annotated[TemplateIn, Form()], actor: CanManagePsa, db: WriteSession, now: Now
) -> Response:
    await tickets_api.set_template(body, actor, db, now)
    return go_to(HERE, "Saved. Ticket numbers are links now." if body.template else "Saved.")


async def _mapped_to(request: Request, actor: Actor, body: MappingForm) -> str:
    """Who else in the ticket system is this person so far."""
    async with request.app.state.database.read(actor.account_id) as db:
        members = await read_all(partial(members_api.list_members, actor, db, MOST_ITEMS))
    others = [one for one in members if one.external_id != body.external_id and body.user_id is not None]
    return " and ".join(one.name for one in others if one.user_id == body.user_id)


def _check_then(connection: ConnectionOut) -> Response:
    """What is new is checked at once: the browser sends the same form on to the check, once this is saved."""
    return RedirectResponse(f"{HERE}/{connection.id}/check", status_code=307)


def _health(connection: ConnectionOut, now: datetime) -> Health:
    if connection.paused_at is not None:
        return Health("Paused", "orange")
    if connection.check is None:
        return Health("Not checked", "secondary")
    if connection.trouble is not None and connection.rests_until is not None and connection.rests_until > now:
        return Health("Takes nothing now", "orange")
    return Health("Connected", "green") if connection.check.ok else Health("The check failed", "red")


async def _active(actor: Actor, db: ReadDb) -> ConnectionOut | None:
    newest = (await api.list_connections(actor, db, 1)).items
    return next((one for one in newest if one.removed_at is None), None)


def _shown(connection: ConnectionOut) -> str:
    return digest(connection.id, connection.name, connection.base_url, connection.settings)


async def _entered(request: Request, actor: Actor, kind: ProviderKind) -> dict[str, Any]:
    provider = next(one for one in await api.list_providers(actor) if one.provider == kind)
    form = await request.form()
    parts = {"credentials": provider.credentials, "settings": provider.settings}
    return {part: values_of(part, schema, form) for part, schema in parts.items()}


def _new_fields(kind: ProviderOut) -> list[FormField]:
    return fields_of("credentials", kind.credentials) + fields_of("settings", kind.settings, {})
