"""Requests and answers of the identity routes."""

import uuid
from datetime import datetime, time
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    PlainSerializer,
    computed_field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from flowpilot.http.fields import Body, Text
from flowpilot.identity.actor import Role
from flowpilot.identity.assignees import can_be_assigned, can_work


def _week_days(days: list[int]) -> list[int]:
    if not days or not set(days) <= set(range(1, 8)):
        raise ValueError("must be at least one day, from 1 (Monday) to 7 (Sunday)")
    return sorted(set(days))


def _clock_time(value: time) -> time:
    if value.tzinfo or value.second or value.microsecond:
        raise ValueError("must be a local time in whole minutes, such as 08:30")
    return value


WeekDays = Annotated[list[int], AfterValidator(_week_days), Field(description="ISO weekdays: Monday is 1.")]
ClockTime = Annotated[
    time,
    AfterValidator(_clock_time),
    PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str, when_used="json"),
    Field(description="Local time in the account's time zone, such as 08:30."),
]


class PersonOut(BaseModel):
    """A person. Former members have no name."""

    id: uuid.UUID
    name: str | None


class AccountOut(BaseModel):
    """An account that the user may sign in to."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str
    role: Role


class AccountSettings(BaseModel):
    """The account and its rules. Null minutes: claims never expire, and idle sessions are never abandoned.

    Null working hours: the desk works around the clock. Null `verified_days`: no flow has to be confirmed again.
    """

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str
    timezone: str
    lease_minutes: int | None
    idle_minutes: int | None
    work_days: WeekDays | None
    work_start: ClockTime | None
    work_end: ClockTime | None
    verified_days: int | None
    reports_by_person: bool
    created_at: datetime


class AccountChange(Body):
    """Changes to the account; fields that are not sent stay as they are. Send all three working hours, or none."""

    name: Text = ""
    timezone: Text = "UTC"
    lease_minutes: int | None = Field(default=None, ge=1, le=10_080)
    idle_minutes: int | None = Field(default=None, ge=5, le=525_600)
    work_days: WeekDays | None = None
    work_start: ClockTime | None = None
    work_end: ClockTime | None = None
    verified_days: int | None = Field(
        default=None, ge=7, le=3650, description="How long a published or confirmed flow is trusted."
    )
    reports_by_person: bool = Field(default=True, description="Whether reports may be narrowed to one person.")


class SwitchIn(Body):
    """The account to switch to."""

    account_id: uuid.UUID


class TokenOut(BaseModel):
    """A signed token. `account_id` is the account in which it acts; null if the user belongs to none."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the OAuth2 name of the kind
    expires_in: int = Field(description="Seconds until the token expires.")
    account_id: uuid.UUID | None
    accounts: list[AccountOut]


class MeOut(BaseModel):
    """The caller. An integration has no e-mail."""

    account_id: uuid.UUID
    account_name: str
    user_id: uuid.UUID
    name: str
    email: str | None
    role: Role
    timezone: str


class PasswordIn(Body):
    """A change of one's own password."""

    current_password: str = Field(max_length=1024)
    new_password: str = Field(min_length=12, max_length=1024)


def _is_their_own(password: Any) -> None:
    if password is not None:
        raise PydanticCustomError(
            "password_of_another",
            "Nobody may choose another person's password. Leave it out. Invite people who have none: "
            "POST /api/v1/invitations.",
        )


class MemberIn(Body):
    """A new member who already has a password. Invite anyone else."""

    email: EmailStr
    role: Role
    name: Text = Field(default="", deprecated=True, description="Not used: the person already has a name.")
    password: Annotated[None, BeforeValidator(_is_their_own)] = Field(
        default=None, deprecated=True, description="Refused: nobody may choose another person's password."
    )


class RoleIn(Body):
    """A member's new role. If that role cannot work, `hand_over_to` is the member who gets their work.

    If `from_role` is sent and the member has another role by now, the answer is 409.
    """

    role: Role
    from_role: Role | None = None
    hand_over_to: uuid.UUID | None = None

    @model_validator(mode="after")
    def _hands_over_only_what_is_given_up(self) -> Self:
        if self.hand_over_to is not None and can_work(self.role):
            raise ValueError(f"leave out hand_over_to: with the role {self.role} they keep their work")
        return self


class MemberOut(BaseModel):
    """A member of the caller's account."""

    model_config = ConfigDict(from_attributes=True)

    user_id: uuid.UUID
    email: str | None
    name: str
    role: Role
    can_sign_in: bool
    created_at: datetime

    @computed_field(description="Whether a handoff or a session can be assigned to them.")  # type: ignore[prop-decorator]
    @property
    def can_be_assigned(self) -> bool:
        """Only people who can sign in and claim can be assigned work."""
        return can_be_assigned(self.role, can_sign_in=self.can_sign_in)


class HoldingOut(BaseModel):
    """Something that a member holds.

    `kind` is one of `claimed_handoff`, `assigned_handoff` (it waits for them), `escalated_handoff` (it returns to
    them), `session`, `stopwatch`, `notification_channel`, `invitation` (an open one that they created), `api_key`,
    or `key_made_for_others`, which stays valid.
    """

    model_config = ConfigDict(from_attributes=True)

    kind: str
    id: uuid.UUID
    name: str


class HoldingsOut(BaseModel):
    """What a member holds."""

    items: list[HoldingOut]


class KeyIn(Body):
    """A new API key. It acts as `user_id`: you or an integration. Without it, as a new integration user."""

    name: Text = ""
    role: Role
    user_id: uuid.UUID | None = None
    expires_days: int | None = Field(default=None, ge=1, le=3650)


class KeyOut(BaseModel):
    """An API key without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str
    prefix: str
    role: Role
    user_id: uuid.UUID
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKeyOut(KeyOut):
    """A new key. `key` is shown only once: it is null if the same request is repeated."""

    key: str | None = None


class AuditEntryOut(BaseModel):
    """One change of access. Without an actor, an operator at the command line made it.

    Former members have no name here. `target_name` is for targets that are users.
    """

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    at: datetime
    actor_id: uuid.UUID | None
    actor_name: str | None = None
    action: str
    target_type: str
    target_id: uuid.UUID
    target_name: str | None = None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
