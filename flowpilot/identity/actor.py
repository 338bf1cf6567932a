"""Who acts, and what their role allows."""

import uuid
from dataclasses import dataclass
from enum import StrEnum

from flowpilot.errors import FlowPilotError


class Role(StrEnum):
    """A member's role in an account, weakest first."""

    VIEWER = "viewer"
    ENGINEER = "engineer"
    TEAM_ADMIN = "team_admin"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """Position in the order of roles: a higher rank may do everything that a lower one may."""
        return _RANKS[self]


_RANKS = {role: rank for rank, role in enumerate(Role)}


class Permission(StrEnum):
    """A permission that a route may require of its caller."""

    VIEW_WORK = "work:view"
    WORK = "work:do"
    MANAGE_FLOWS = "flows:manage"
    MANAGE_CLIENTS = "clients:manage"
    MANAGE_CHANNELS = "channels:manage"
    MANAGE_PSA = "psa:manage"
    MANAGE_ACCOUNT = "account:manage"
    VIEW_ESCALATIONS = "analytics:escalations"
    VIEW_ANALYTICS = "analytics:all"
    VIEW_MEMBERS = "members:view"
    MANAGE_MEMBERS = "members:manage"
    MANAGE_KEYS = "keys:manage"
    VIEW_AUDIT_LOG = "audit-log:view"


_VIEWER = frozenset({Permission.VIEW_WORK})
_ENGINEER = _VIEWER | {Permission.WORK, Permission.VIEW_ESCALATIONS, Permission.VIEW_MEMBERS}
_TEAM_ADMIN = _ENGINEER | {
    Permission.MANAGE_FLOWS,
    Permission.MANAGE_CLIENTS,
    Permission.MANAGE_CHANNELS,
    Permission.MANAGE_PSA,
    Permission.MANAGE_ACCOUNT,
    Permission.VIEW_ANALYTICS,
    Permission.MANAGE_MEMBERS,
    Permission.MANAGE_KEYS,
    Permission.VIEW_AUDIT_LOG,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.ENGINEER: _ENGINEER,
    Role.TEAM_ADMIN: _TEAM_ADMIN,
    Role.OWNER: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class WorkLimits:
    """How many minutes work may lie in an account: a claim without action, a session without activity."""

    lease_minutes: int | None
    idle_minutes: int | None


@dataclass(frozen=True, slots=True)
class Actor:
    """A verified caller: one user in one account. `key_id` is set when a program acts with an API key.

    `reports_by_person`: whether the account shows figures of one person.
    `name`: as other members read it; `email` is None for an integration. They and `account_name` are there if the
    actor was looked up.
    `held_limits`: the account's, if the actor was looked up with a lock on their membership, which nobody changes
    then before the transaction ends.
    """

    account_id: uuid.UUID
    user_id: uuid.UUID
    role: Role
    timezone: str
    key_id: uuid.UUID | None = None
    reports_by_person: bool = True
    name: str = ""
    email: str | None = None
    account_name: str = ""
    held_limits: WorkLimits | None = None

    @property
    def names(self) -> dict[uuid.UUID, str]:
        """The caller's name by their id, so that nobody reads it again."""
        return {self.user_id: self.name} if self.name else {}

    def may(self, permission: Permission) -> bool:
        """Whether the role includes the permission."""
        return permission in PERMISSIONS[self.role]

    @property
    def caller(self) -> str:
        """The name under which requests are counted: the key, or without one the user in this account."""
        return f"{self.account_id}:{self.key_id or self.user_id}"


class ForbiddenError(FlowPilotError):
    """The actor may not do this."""

    status = 403


def missing_permission(actor: Actor, permission: Permission) -> ForbiddenError | None:
    """Why the actor may not do what needs the permission; None if their role includes it."""
    return None if actor.may(permission) else ForbiddenError(f"Your role ({actor.role}) does not include this.")


def require(actor: Actor, permission: Permission) -> None:
    """Make sure that the actor's role includes the permission.

    Raises:
        ForbiddenError: it does not.
    """
    refused = missing_permission(actor, permission)
    if refused is not None:
        raise refused
