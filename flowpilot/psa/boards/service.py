"""Choosing the statuses that tickets of a board get."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError
from flowpilot.http.fields import wrong
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.psa import hooks
from flowpilot.psa.connections.models import PsaBoardStatus, PsaConnection
from flowpilot.psa.connections.queries import lock_connection
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.provider import Board, Status


class NoSuchBoardError(NotFoundError):
    """The ticket system has no such board, or does not show it."""

    def __init__(self) -> None:
        super().__init__("The ticket system has no board with this id, or does not show it to FlowPilot.")


async def choose_statuses(
    db: Db,
    actor: Actor,
    connection: PsaConnection,
    board: Board,
    chosen: Mapping[Occasion, str | None],
    now: datetime,
) -> None:
    """Say which status tickets of a board get when a session ends so; None leaves their status as it is.

    Args:
        db: the transaction.
        actor: who chooses.
        connection: whose board it is.
        board: as the ticket system has it now, with its statuses.
        chosen: ids of its statuses. What is left out stays.
        now: the time.

    Raises:
        NoSuchConnectionError: the connection has been removed meanwhile.
        RequestValidationError: names the occasion whose status the board does not have.
    """
    await lock_connection(db, actor.account_id, connection.id)
    statuses = {status.id: status for status in board.statuses}
    for occasion, status_id in chosen.items():
        if status_id is not None and status_id not in statuses:
            raise wrong(occasion, f"Tickets of {board.name} cannot have this status.")
        await _forget(db, connection, board.id, occasion)
        await _choose(db, connection, board, occasion, None if status_id is None else statuses[status_id])
    after: dict[str, str | None] = {"board": board.name}
    after |= {occasion: None if one is None else statuses[one].name for occasion, one in chosen.items()}
    target = ("psa_connection", connection.id)
    await record(db, actor.account_id, actor.user_id, "psa_statuses.chosen", target, at=now, after=after)
    await hooks.call(hooks.on_ready, db, hooks.Changed(connection.account_id, connection.id, connection.name, now))


async def _forget(db: Db, connection: PsaConnection, board_id: str, occasion: Occasion) -> None:
    this = (
        PsaBoardStatus.account_id == connection.account_id,
        PsaBoardStatus.connection_id == connection.id,
        PsaBoardStatus.board_id == board_id,
        PsaBoardStatus.occasion == occasion,
    )
    await db.execute(delete(PsaBoardStatus).where(*this))


async def _choose(
    db: Db, connection: PsaConnection, board: Board, occasion: Occasion, status: Status | None
) -> None:
    row = {
        "account_id": connection.account_id,
        "id": new_id(),
        "connection_id": connection.id,
        "board_id": board.id,
        "board_name": board.name,
        "occasion": occasion,
        "status_id": None if status is None else status.id,
        "status_name": None if status is None else status.name,
    }
    await db.execute(insert(PsaBoardStatus).values(row))
