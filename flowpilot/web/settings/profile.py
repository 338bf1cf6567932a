"""Settings: the person's own profile and password."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, Field

from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.http.fields import wrong
from flowpilot.identity.access import CanView, CanWorkDetached
from flowpilot.identity.actor import Actor, Permission
from flowpilot.identity.auth import Claim, ReadSession
from flowpilot.identity.cookies import keep_signed_in
from flowpilot.identity.credentials import TokenClaim
from flowpilot.identity.passwords import MIN_PASSWORD_LENGTH, WrongPasswordError
from flowpilot.identity.schemas import PasswordIn
from flowpilot.identity.sign_in import api
from flowpilot.psa.connections.queries import NotConnectedError
from flowpilot.psa.members import api as members_api
from flowpilot.psa.members.schemas import OwnTokenIn, OwnTokenOut
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import go_to, render
from flowpilot.web.settings.sections import SettingsPage

router = APIRouter(prefix="/settings/profile", include_in_schema=False)


class PasswordForm(BaseModel):
    """A new password, typed twice, because it cannot be seen while it is typed."""

    current_password: str = Field(max_length=1024)
    new_password: str = Field(max_length=1024)
    repeated: str = Field(max_length=1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(SettingsPage):
    """The person's own profile."""

    template: ClassVar[str] = "settings/profile.html"
    section: ClassVar[str] = "/settings/profile"
    own_token: OwnTokenOut | None


@router.get("")
async def show_profile(request: Request, actor: CanView, db: ReadSession, frame: CurrentFrame) -> Response:
    return render(request, Profile(title="My profile", own_token=await _own_token(actor, db)), frame)


@router.post("/ticket-system-token")
async def set_own_token(
    request: Request, body: Annotated[OwnTokenIn, Form()], actor: CanWorkDetached, now: Now
) -> Response:
    await members_api.set_own_token(request, body, actor, now)
    return go_to("/settings/profile#token", "Saved. Your notes and time are written with it from now on.")


@router.post("/ticket-system-token/remove")
async def remove_own_token(request: Request, actor: CanWorkDetached, now: Now) -> Response:
    await members_api.set_own_token(request, OwnTokenIn(token=None), actor, now)
    return go_to("/settings/profile#token", "Removed. Your time is booked on FlowPilot's user, with your name.")


@router.post("/password")
async def change_password(
    request: Request, body: Annotated[PasswordForm, Form()], claimed: Claim, now: Now
) -> Response:
    """Change the password, and sign this browser in again, because older credentials are no longer valid."""
    if body.new_password != body.repeated:
        raise wrong("repeated", "The two new passwords differ. Type the new one again.")
    if len(body.new_password) < MIN_PASSWORD_LENGTH:
        raise wrong("new_password", f"A password needs at least {MIN_PASSWORD_LENGTH} characters.")
    wanted = PasswordIn(current_password=body.current_password, new_password=body.new_password)
    try:
        await api.change_password(request, wanted, claimed, now)
    except WrongPasswordError as error:
        # After a typing error the person is still signed in.
        raise wrong("current_password", error.detail) from error
    answer = go_to("/settings/profile", "Your password is changed. Other browsers must sign in again.")
    assert isinstance(claimed, TokenClaim)
    keep_signed_in(request, answer, TokenClaim(claimed.user_id, claimed.account_id, now))
    return answer


async def _own_token(actor: Actor, db: ReadDb) -> OwnTokenOut | None:
    """The person's own token, if the ticket system takes one and they work with it."""
    if not actor.may(Permission.WORK):
        return None
    try:
        found = await members_api.read_own_token(actor, db)
    except NotConnectedError:
        return None
    return found if found.takes_tokens else None
