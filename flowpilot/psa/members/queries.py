"""Reading the ticket system's members, and who they are here."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.email_address import normal_email
from flowpilot.identity.queries import members as members_here
from flowpilot.psa.connections.models import PsaConnection, PsaMember

_PAGE = 500


async def members_of(db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID) -> Sequence[PsaMember]:
    """Everybody whom the connection has ever read, by name."""
    query = select(PsaMember).where(PsaMember.account_id == account_id, PsaMember.connection_id == connection_id)
    return (await db.scalars(query.order_by(PsaMember.name, PsaMember.id))).all()


async def member_for(db: ReadDb, connection: PsaConnection, user_id: uuid.UUID) -> PsaMember | None:
    """The member of the ticket system who is this person; None if nobody is mapped to them."""
    query = select(PsaMember).where(
        PsaMember.account_id == connection.account_id,
        PsaMember.connection_id == connection.id,
        PsaMember.user_id == user_id,
    )
    return (await db.scalars(query.order_by(PsaMember.id).limit(1))).one_or_none()


async def users_by_email(db: ReadDb, account_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """The account's members who have an e-mail, by it."""
    found: dict[str, uuid.UUID] = {}
    after = None
    while page := await members_here(db, account_id, _PAGE, after):
        found |= {normal_email(row.email): row.user_id for row in page if row.email is not None}
        after = page[-1].user_id
    return found
