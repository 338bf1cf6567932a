"""Requests and answers of the routes of invitations."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from flowpilot.http.fields import Body, Text
from flowpilot.identity.actor import Role
from flowpilot.identity.invitations.service import InvitationState


class InvitationIn(Body):
    """A person to invite, and their role. They can change the name when they accept."""

    email: EmailStr
    role: Role
    name: Text = ""


class InvitationOut(BaseModel):
    """An invitation without its secret."""

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
    """A new invitation. `token` is shown only once: it is null if the same request is repeated."""

    token: str | None = None


class InvitationToken(Body):
    """The secret of an invitation's link."""

    token: Text


class InvitationPreviewOut(BaseModel):
    """What an open invitation shows. With `can_sign_in`, accepting takes the person's current password."""

    model_config = ConfigDict(from_attributes=True)

    account_name: str
    email: str
    role: Role
    name: str
    invited_by: str | None
    expires_at: datetime
    can_sign_in: bool


class AcceptIn(InvitationToken):
    """An acceptance. A new person chooses a name and a password; a known person enters their password."""

    name: Text = ""
    password: str = Field(max_length=1024)


class JoinedOut(BaseModel):
    """The new member and the account."""

    model_config = ConfigDict(from_attributes=True)

    account_id: uuid.UUID
    user_id: uuid.UUID
    email: str
    role: Role
