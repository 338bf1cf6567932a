"""The page behind an invitation's link: what it offers, and a form to accept it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, Field

from flowpilot.clock import Now
from flowpilot.errors import FlowPilotError
from flowpilot.http.fields import Text
from flowpilot.identity.cookies import check_same_site, keep_signed_in
from flowpilot.identity.credentials import TokenClaim
from flowpilot.identity.invitations import api
from flowpilot.identity.invitations.schemas import AcceptIn, InvitationPreviewOut, InvitationToken
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/invitation", include_in_schema=False)


class AcceptForm(BaseModel):
    """An acceptance. A person who has a password gives no name."""

    token: Text = ""
    name: Text = ""
    password: str = Field(default="", max_length=1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation(Page):
    """The invitation, or `refusal` without a `preview` if it is not valid."""

    template: ClassVar[str] = "access/invitation.html"
    preview: InvitationPreviewOut | None
    token: str
    name: str = ""
    refusal: str | None = None


@router.get("")
async def show(request: Request, now: Now, token: Text = "") -> Response:
    try:
        preview = await api.look_at_invitation(request, InvitationToken(token=token), now)
    except FlowPilotError as error:
        page = Invitation(title="Invitation", preview=None, token="", refusal=error.detail)
        return render(request, page, status=error.status)
    return render(request, Invitation(title="Invitation", preview=preview, token=token, name=preview.name))


@router.post("")
async def accept(request: Request, body: Annotated[AcceptForm, Form()], now: Now) -> Response:
    """Join the account, and sign in. A refusal is shown in the form."""
    check_same_site(request)
    try:
        joined = await api.accept_invitation(request, AcceptIn(**body.model_dump()), now)
    except FlowPilotError as error:
        return await _refused(request, body, error, now)
    answer = go_to("/", "Welcome to FlowPilot. Start a session when the next ticket comes in.")
    keep_signed_in(request, answer, TokenClaim(joined.user_id, joined.account_id, now))
    return answer


async def _refused(request: Request, body: AcceptForm, error: FlowPilotError, now: datetime) -> Response:
    try:
        preview = await api.look_at_invitation(request, InvitationToken(token=body.token), now)
    except FlowPilotError:
        preview = None
    page = Invitation(title="Invitation", preview=preview, token=body.token, name=body.name, refusal=error.detail)
    return render(request, page, status=error.status)
