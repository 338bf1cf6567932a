"""Reading the statuses that a person has chosen for each board."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.psa.connections.models import PsaBoardStatus
from flowpilot.psa.occasions import Occasion


async def chosen_statuses(db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID) -> Sequence[PsaBoardStatus]:
    """What was chosen, for all boards."""
    query = select(PsaBoardStatus).where(
        PsaBoardStatus.account_id == account_id, PsaBoardStatus.connection_id == connection_id
    )
    return (await db.scalars(query.order_by(PsaBoardStatus.board_name, PsaBoardStatus.occasion))).all()


async def status_for(
    db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID, board_id: str | None, occasion: Occasion
) -> PsaBoardStatus | None:
    """The status that a ticket of this board gets; None if nobody has chosen one."""
    query = select(PsaBoardStatus).where(
        PsaBoardStatus.account_id == account_id,
        PsaBoardStatus.connection_id == connection_id,
        PsaBoardStatus.board_id == board_id,
        PsaBoardStatus.occasion == occasion,
    )
    return (await db.scalars(query)).one_or_none()
