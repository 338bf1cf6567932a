"""Who worded a flow."""

import uuid

from flowpilot.db.session import Db
from flowpilot.flows.author import Author
from flowpilot.flows.locking import lock_flow


async def change_origin(db: Db, author: Author, flow_id: uuid.UUID, origin: str) -> None:
    """Note that a flow was worded by somebody else, as in `Flow.origin`.

    Raises:
        FlowNotFoundError: there is no such flow.
    """
    (await lock_flow(db, author.account_id, flow_id)).origin = origin
    await db.flush()
