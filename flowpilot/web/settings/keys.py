"""Settings: API keys. Each is shown once, when it is created."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response

from flowpilot.clock import Now
from flowpilot.http.paging import ListPage
from flowpilot.identity import api
from flowpilot.identity.access import CanManageKeys
from flowpilot.identity.actor import Role
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.identity.schemas import KeyIn, KeyOut
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import Secret, SettingsPage, roles_below, show_secret

router = APIRouter(prefix="/settings/keys", include_in_schema=False)


_HERE = "/settings/keys"


class NewKeyForm(OnceForm, KeyIn):
    """A key to create."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys(SettingsPage):
    """The account's keys, and a form to create one."""

    template: ClassVar[str] = "settings/keys.html"
    section: ClassVar[str] = _HERE
    keys: ListPage[KeyOut]
    roles: list[Role]


@router.get("")
async def show(
    request: Request, actor: CanManageKeys, db: ReadSession, frame: CurrentFrame, cursor: uuid.UUID | None = None
) -> Response:
    found = await api.list_keys(actor, db, limit=50, cursor=cursor)
    return render(request, Keys(title="API keys", keys=found, roles=roles_below(actor)), frame)


@router.post("")
async def create(
    request: Request,
    body: Annotated[NewKeyForm, Form()],
    actor: CanManageKeys,
    db: WriteSession,
    frame: CurrentFrame,
    once: CreateOnce,
) -> Response:
    """Create a key, and show it once."""
    made = await api.create_key(body, actor, db, frame.now, once)
    page = Secret(
        title="New API key",
        about=f"The key {made.name or made.prefix} has the role {made.role.replace('_', ' ')}. "
        "Programs send it in the header Authorization, as Bearer followed by the key.",
        label="Key",
        secret=made.key,
        back=_HERE,
    )
    return show_secret(request, page, frame)


@router.post("/{key_id}/revoke")
async def revoke(key_id: uuid.UUID, actor: CanManageKeys, db: WriteSession, now: Now) -> Response:
    await api.revoke_key(key_id, actor, db, now)
    return go_to(_HERE, "The key is revoked. Programs that use it are refused.")
