"""What the routes of members take and return."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from flowpilot.http.fields import Body, Line
from flowpilot.psa.connections.models import MappedBy, PsaConnection, PsaMember
from flowpilot.psa.members.matching import explain
from flowpilot.psa.members.tokens import takes_tokens


class PsaMemberOut(BaseModel):
    """Somebody who works in the ticket system, and who that is here."""

    id: uuid.UUID
    external_id: str = Field(description="Their id in the ticket system.")
    name: str
    email: str | None
    is_active: bool = Field(description="False for those who are inactive there, or not there any more.")
    is_own: bool = Field(description="FlowPilot's own user, whose credentials the connection has: nobody here.")
    user_id: uuid.UUID | None = Field(description="The person here; null if nobody is mapped.")
    user_name: str | None
    mapped_by: MappedBy | None = Field(description="`hand` outlives what is read later, `email` follows it.")
    reason: str | None = Field(description="Why nobody is mapped.")
    has_token: bool = Field(description="Whether there is a token of their own, which is never shown.")
    token_refused_at: datetime | None = Field(
        description="Since when the ticket system does not accept it; what is theirs waits."
    )


Token = Annotated[Line, Field(pattern=r"^[!-~]+$", description="Stored encrypted, and never shown again.")]


class MappingIn(Body):
    """Who a member is here; null for nobody. A token of their own stays if it is left out, and null removes it."""

    user_id: uuid.UUID | None
    token: Token | None = None


class OwnTokenIn(Body):
    """The caller's own token in the ticket system; null removes it."""

    token: Token | None


class OwnTokenOut(BaseModel):
    """Whether the caller may have a token of their own in the ticket system, and has one."""

    takes_tokens: bool = Field(description="Whether time is booked on each token's owner, in this ticket system.")
    connection_name: str
    member_name: str | None = Field(description="The caller there; null if nobody is mapped to them.")
    has_token: bool
    token_refused_at: datetime | None


def own_token_out(connection: PsaConnection, member: PsaMember | None) -> OwnTokenOut:
    """The caller's own token as the API shows it."""
    return OwnTokenOut(
        takes_tokens=takes_tokens(connection),
        connection_name=connection.name,
        member_name=None if member is None else member.name,
        has_token=member is not None and member.token_encrypted is not None,
        token_refused_at=None if member is None else member.token_refused_at,
    )


def members_out(
    rows: Sequence[PsaMember], users: Mapping[str, uuid.UUID], names: Mapping[uuid.UUID, str]
) -> list[PsaMemberOut]:
    """The members as the API shows them. Somebody who has left the account is nobody here."""
    return [
        PsaMemberOut(
            id=row.id,
            external_id=row.external_id,
            name=row.name,
            email=row.email,
            is_active=row.is_active,
            is_own=row.is_own,
            user_id=row.user_id if row.user_id in names else None,
            user_name=names.get(row.user_id) if row.user_id is not None else None,
            mapped_by=None if row.mapped_by is None else MappedBy(row.mapped_by),
            reason=explain(row, rows, users),
            has_token=row.token_encrypted is not None,
            token_refused_at=row.token_refused_at,
        )
        for row in rows
    ]
