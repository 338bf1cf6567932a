"""What the routes of invitations take and give."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from flowpilot.http.bodies import Body
from flowpilot.http.fields import Text
from flowpilot.identity.actor import Role
from flowpilot.identity.invitations.service import InvitationState


class InvitationIn(Body):
    """Whom to invite, as what. The name is what they are called until they say otherwise."""

    email: EmailStr
    role: Role
    name: Text = ""


class InvitationOut(BaseModel):
    """An invitation as it may be shown again and again."""

    id: uuid.UUID
    email: str
    role: Role
    name: str
    state: InvitationState
    created_by: uuid.UUID | None
    created_by_name: str | None
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    accepted_by: uuid.UUID | None
    revoked_at: datetime | None


class NewInvitationOut(InvitationOut):
    """An invitation when it is made. `token` is never shown again: null where the same request is repeated."""

    token: str | None = None


class InvitationToken(Body):
    """The secret of an invitation's link."""

    token: Text


class InvitationLookOut(BaseModel):
    """What an open invitation says. Where `can_sign_in`, accepting takes the person's present password."""

    model_config = ConfigDict(from_attributes=True)

    account_name: str
    email: str
    role: Role
    name: str
    invited_by: str | None
    expires_at: datetime
    can_sign_in: bool


class AcceptIn(InvitationToken):
    """An acceptance. A new person chooses name and password; a known one proves theirs, and keeps their name."""

    name: Text = ""
    password: str = Field(max_length=1024)


class JoinedOut(BaseModel):
    """Who has joined which account."""

    model_config = ConfigDict(from_attributes=True)

    account_id: uuid.UUID
    user_id: uuid.UUID
    email: str
    role: Role
