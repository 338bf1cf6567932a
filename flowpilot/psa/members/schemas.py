"""What the routes of members take and return."""

import uuid
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from flowpilot.http.fields import Body
from flowpilot.psa.connections.models import MappedBy, PsaMember
from flowpilot.psa.members.matching import explain


class PsaMemberOut(BaseModel):
    """Somebody who works in the ticket system, and who that is here."""

    id: uuid.UUID
    external_id: str = Field(description="Their id in the ticket system.")
    name: str
    email: str | None
    is_active: bool = Field(description="False for those who are inactive there, or not there any more.")
    user_id: uuid.UUID | None = Field(description="The person here; null if nobody is mapped.")
    user_name: str | None
    mapped_by: MappedBy | None = Field(description="`hand` outlives what is read later, `email` follows it.")
    reason: str | None = Field(description="Why nobody is mapped.")


class MappingIn(Body):
    """Who a member is here; null for nobody."""

    user_id: uuid.UUID | None


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
            user_id=row.user_id if row.user_id in names else None,
            user_name=names.get(row.user_id) if row.user_id is not None else None,
            mapped_by=None if row.mapped_by is None else MappedBy(row.mapped_by),
            reason=explain(row, rows, users),
        )
        for row in rows
    ]
