"""Settings: how the person is notified, and the channels to other systems, each with its delivery log."""

import uuid
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel

from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.errors import NotFoundError
from flowpilot.http.paging import MOST_ITEMS, ListPage, read_all
from flowpilot.identity.access import CanManageChannels, CanWork
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.identity.queries import names_of
from flowpilot.notifications.channels import api as channels_api
from flowpilot.notifications.channels.schemas import ChannelChangeIn, ChannelIn, ChannelOut, RestOut
from flowpilot.notifications.delivery import api as deliveries_api
from flowpilot.notifications.delivery.schemas import DeliveryOut
from flowpilot.notifications.inbox import api as inbox_api
from flowpilot.notifications.inbox.schemas import Preferences
from flowpilot.notifications.models import ChannelKind
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import Secret, SettingsPage, show_secret

router = APIRouter(prefix="/settings/notifications", include_in_schema=False)


_HERE = "/settings/notifications"

_HOW_TO_SIGN = (
    "Enter it at the receiver, which checks each message's signature with it, as the Standard Webhooks "
    "specification says."
)


class PreferencesForm(BaseModel):
    """The choice of channels. A browser leaves out unticked boxes."""

    in_app: bool = False
    email: bool = False
    slack: bool = False
    teams: bool = False
    webhook: bool = False


class NewChannelForm(OnceForm, ChannelIn):
    """A channel to add."""


class SwitchForm(BaseModel):
    """Whether the channel is on."""

    is_active: bool


class RetryForm(BaseModel):
    """The channel whose log the person is looking at."""

    channel_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSettings(SettingsPage):
    """The person's preferences, and the channels that they may see."""

    template: ClassVar[str] = "settings/notifications.html"
    section: ClassVar[str] = _HERE
    preferences: Preferences
    mine: list[ChannelOut]
    shared: list[ChannelOut]
    others: list[ChannelOut]
    names: dict[uuid.UUID, str]
    email_rest: RestOut | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(SettingsPage):
    """A channel and its delivery log."""

    template: ClassVar[str] = "settings/channel.html"
    section: ClassVar[str] = _HERE
    channel: ChannelOut
    may_change: bool
    deliveries: ListPage[DeliveryOut]


@router.get("")
async def show(request: Request, actor: CanWork, db: ReadSession, frame: CurrentFrame) -> Response:
    channels = await _channels(actor, db)
    email = await channels_api.read_email(actor, db) if actor.may(Permission.MANAGE_CHANNELS) else None
    others = [one for one in channels if one.user_id not in {None, actor.user_id}]
    page = NotificationSettings(
        title="Notifications",
        preferences=await inbox_api.read_preferences(actor, db),
        mine=[one for one in channels if one.user_id == actor.user_id],
        shared=[one for one in channels if one.user_id is None],
        others=others,
        names=await names_of(db, actor.account_id, {one.user_id for one in others if one.user_id is not None}),
        email_rest=None if email is None else email.rest,
    )
    return render(request, page, frame)


@router.post("")
async def choose(body: Annotated[PreferencesForm, Form()], actor: CanWork, db: WriteSession) -> Response:
    await inbox_api.choose_preferences(Preferences(**body.model_dump()), actor, db)
    return go_to(_HERE, "Saved. It applies from the next event on.")


@router.post("/channels")
async def add(
    request: Request,
    body: Annotated[NewChannelForm, Form()],
    actor: CanWork,
    db: WriteSession,
    frame: CurrentFrame,
    once: CreateOnce,
) -> Response:
    """Add a channel, and show a webhook's secret once."""
    made = await channels_api.create_channel(request, body, actor, db, frame.now, once)
    if made.kind != ChannelKind.WEBHOOK:
        return go_to(_path(made.id), "The channel is added. Send a test to check that it arrives.")
    return show_secret(request, _secret(made.id, made.secret), frame)


@router.get("/channels/{channel_id}")
async def show_channel(
    request: Request,
    channel_id: uuid.UUID,
    actor: CanWork,
    db: ReadSession,
    frame: CurrentFrame,
    cursor: uuid.UUID | None = None,
) -> Response:
    channel = next((one for one in await _channels(actor, db) if one.id == channel_id), None)
    if channel is None:
        raise NotFoundError("There is no such channel in this account.")
    page = Channel(
        title=channel.name,
        channel=channel,
        may_change=channel.user_id in {None, actor.user_id},
        deliveries=await deliveries_api.list_deliveries(actor, db, channel_id=channel_id, limit=50, cursor=cursor),
    )
    return render(request, page, frame)


@router.post("/channels/{channel_id}/active")
async def switch(
    channel_id: uuid.UUID, body: Annotated[SwitchForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    await channels_api.change_channel(channel_id, ChannelChangeIn(is_active=body.is_active), actor, db, now)
    return go_to(
        _path(channel_id), "The channel is on." if body.is_active else "The channel is off: it sends nothing."
    )


@router.post("/channels/{channel_id}/delete")
async def remove(channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> Response:
    await channels_api.remove_channel(channel_id, actor, db, now)
    return go_to(_HERE, "The channel is removed.")


@router.post("/channels/{channel_id}/test")
async def test(channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> Response:
    await channels_api.test_channel(channel_id, actor, db, now)
    return go_to(_path(channel_id), "The test is on its way. Reload in a moment to see the result.")


@router.post("/channels/{channel_id}/try-now")
async def try_now(channel_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now) -> Response:
    """Try a resting channel now."""
    await channels_api.try_channel_now(channel_id, actor, db, now)
    return go_to(_path(channel_id), "Trying again. Reload in a moment to see the result.")


@router.post("/email/try-now")
async def try_email_now(actor: CanManageChannels, db: WriteSession, now: Now) -> Response:
    """Try resting e-mail now."""
    await channels_api.try_email_now(actor, db, now)
    return go_to(_HERE, "Trying again. Reload in a moment to see the result.")


@router.post("/channels/{channel_id}/secret")
async def renew(
    request: Request,
    channel_id: uuid.UUID,
    actor: CanWork,
    db: WriteSession,
    frame: CurrentFrame,
    once: CreateOnce,
) -> Response:
    """Create a new secret, and show it once."""
    renewed = await channels_api.renew_secret(request, channel_id, actor, db, frame.now, once)
    return show_secret(request, _secret(channel_id, renewed.secret), frame)


@router.post("/deliveries/{delivery_id}/retry")
async def retry(
    delivery_id: uuid.UUID, body: Annotated[RetryForm, Form()], actor: CanWork, db: WriteSession, now: Now
) -> Response:
    await deliveries_api.retry_delivery(delivery_id, actor, db, now)
    return go_to(_path(body.channel_id), "The message is being sent again.")


async def _channels(actor: Actor, db: ReadDb) -> list[ChannelOut]:
    """Every channel that the actor may see."""
    return await read_all(partial(channels_api.list_channels, actor, db, MOST_ITEMS))


def _path(channel_id: uuid.UUID) -> str:
    return f"{_HERE}/channels/{channel_id}"


def _secret(channel_id: uuid.UUID, secret: str | None) -> Secret:
    return Secret(
        title="Signing secret", about=_HOW_TO_SIGN, label="Secret", secret=secret, back=_path(channel_id)
    )
