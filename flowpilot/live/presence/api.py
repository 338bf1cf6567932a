"""Saying where one is. Who else is there comes with the live stream."""

import uuid

from fastapi import APIRouter, Request
from pydantic import Field

from flowpilot.db.announce import announce
from flowpilot.errors import NotFoundError
from flowpilot.http.fields import Body
from flowpilot.identity.access import CanView
from flowpilot.identity.actor import ForbiddenError
from flowpilot.identity.auth import WriteSession
from flowpilot.live.presence.board import PresenceState
from flowpilot.live.queries import has_place

router = APIRouter(prefix="/api/v1/presence", tags=["presence"])

# A page says it three times a minute, and whenever its user begins or ends to write.
_PER_MINUTE = 300


class PresenceIn(Body):
    """What somebody does at a place. Say it again every 20 seconds: after 45 it is forgotten."""

    place: uuid.UUID = Field(description="The id of a session or of a handoff.")
    state: PresenceState
    page: str = Field(default="", pattern="^[a-z0-9]{0,16}$", description="Tells a person's open pages apart.")
    order: int = Field(
        default=0,
        ge=0,
        lt=2**53,
        description="Grows with each that a page says: one that was overtaken is passed over.",
    )


class PlaceNotFoundError(NotFoundError):
    """The account has no session and no handoff with this id."""

    def __init__(self) -> None:
        super().__init__("There is no session and no handoff with this id.")


class NobodyError(ForbiddenError):
    """A program is nowhere."""

    def __init__(self) -> None:
        super().__init__("An API key is not a person, so it is not present anywhere. Sign in instead.")


@router.post("", status_code=204)
async def say_presence(request: Request, body: PresenceIn, actor: CanView, db: WriteSession) -> None:
    """Say what you do at a session or a handoff. It is kept in memory, never stored."""
    if actor.key_id is not None:
        raise NobodyError
    await request.app.state.limiter.hit(_PER_MINUTE, "presence", actor.caller)
    if body.state != PresenceState.LEFT and not await has_place(db, actor.account_id, body.place):
        raise PlaceNotFoundError
    announce(db, actor.account_id, "presence", body.place, actor.user_id, body.page or "-", body.state, body.order)
