"""Reading the statuses that a person has chosen for each board."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.psa.connections.models import PsaBoardStatus


async def chosen_statuses(db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID) -> Sequence[PsaBoardStatus]:
    """What was chosen, for all boards."""
    query = select(PsaBoardStatus).where(
        PsaBoardStatus.account_id == account_id, PsaBoardStatus.connection_id == connection_id
    )
    return (await db.scalars(query.order_by(PsaBoardStatus.board_name, PsaBoardStatus.occasion))).all()
