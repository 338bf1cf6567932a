"""Which status a ticket gets. Its board is known only when its turn comes, so each board is named."""

from flowpilot.db.session import ReadDb
from flowpilot.psa.boards.queries import chosen_statuses
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.occasions import Occasion


async def chosen_for(db: ReadDb, connection: PsaConnection | None, occasion: Occasion) -> str:
    """The status for each board for which one is chosen, such as `General: resolved`."""
    if connection is None:
        return ""
    chosen = await chosen_statuses(db, connection.account_id, connection.id)
    of_it = [one for one in chosen if one.occasion == occasion]
    return "; ".join(f"{one.board_name}: {one.status_name or 'stays as it is'}" for one in of_it)
