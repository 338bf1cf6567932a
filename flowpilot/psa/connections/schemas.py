"""What the routes of connections take and return."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.http.fields import Body, Line, Storable
from flowpilot.outgoing.destinations import MAX_URL
from flowpilot.psa.connections.checking import findings_of, is_ok
from flowpilot.psa.connections.models import PauseKind, ProviderKind, PsaConnection
from flowpilot.psa.provider import Level
from flowpilot.psa.providers.registry import PROVIDERS

Address = Annotated[Storable, Field(min_length=1, max_length=MAX_URL, description="At which people open it.")]
_Fields = dict[str, Any]


class ConnectionIn(Body):
    """A new connection. Which credentials and settings it needs, GET /psa/providers says."""

    provider: ProviderKind
    name: Line
    base_url: Address
    credentials: _Fields = Field(default={}, description="Stored encrypted, and never shown again.")
    settings: _Fields = Field(default={})


class ConnectionChangeIn(Body):
    """What to change. Credentials and settings are replaced as a whole; what is left out stays.

    A new address needs the credentials again. Another ticket system is a new connection, so that no number is
    mixed up: remove this one first. `same_system` says that a new address, or a tenant of another name, is the
    same one still.
    """

    name: Line | None = None
    base_url: Address | None = None
    credentials: _Fields | None = None
    settings: _Fields | None = None
    same_system: bool = False


class FindingOut(BaseModel):
    """One thing that a check has found."""

    model_config = ConfigDict(from_attributes=True)

    level: Level
    text: str


class CheckOut(BaseModel):
    """What a check has found. `ok`: nothing of it stops postings."""

    ok: bool
    findings: list[FindingOut]


class ConnectionOut(BaseModel):
    """A connection to a ticket system. Its credentials are never shown."""

    id: uuid.UUID
    provider: ProviderKind
    name: str
    base_url: str
    settings: dict[str, Any]
    checked_at: datetime | None
    check: CheckOut | None = Field(description="What the last check found; null before the first.")
    paused_at: datetime | None = Field(description="Null while it posts.")
    pause_kind: PauseKind | None
    rests_until: datetime | None = Field(
        description="Until then nothing is sent: the ticket system asked for it, or has failed."
    )
    trouble: str | None = Field(description="How it has failed; null while it answers.")
    created_by: uuid.UUID | None
    created_at: datetime
    removed_at: datetime | None


class ProviderOut(BaseModel):
    """A kind of ticket system, and JSON schemas of what a connection to it needs."""

    provider: ProviderKind
    name: str
    credentials: dict[str, Any]
    settings: dict[str, Any]


def connection_out(row: PsaConnection) -> ConnectionOut:
    """A connection as the API shows it."""
    findings = findings_of(row)
    shown = [FindingOut.model_validate(finding) for finding in findings]
    return ConnectionOut(
        id=row.id,
        provider=ProviderKind(row.provider),
        name=row.name,
        base_url=row.base_url,
        settings=row.settings,
        checked_at=row.checked_at,
        check=None if row.checked_at is None else CheckOut(ok=is_ok(findings), findings=shown),
        paused_at=row.paused_at,
        pause_kind=None if row.pause_kind is None else PauseKind(row.pause_kind),
        rests_until=row.quiet_until,
        trouble=row.trouble,
        created_by=row.created_by,
        created_at=row.created_at,
        removed_at=row.removed_at,
    )


def providers_out() -> list[ProviderOut]:
    """Every kind of ticket system, by name."""
    kinds = sorted(PROVIDERS.items(), key=lambda item: item[1].name)
    return [
        ProviderOut(
            provider=kind,
            name=type_.name,
            credentials=type_.credentials.model_json_schema(),
            settings=type_.settings.model_json_schema(),
        )
        for kind, type_ in kinds
    ]
