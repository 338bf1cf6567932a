"""JSON routes of the ticket system's boards, and of the statuses that their tickets get."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request

from flowpilot.clock import Now
from flowpilot.http.fields import PathText
from flowpilot.identity.access import CanManagePsaDetached
from flowpilot.psa.boards import queries, schemas, service
from flowpilot.psa.connections.asking import ask

router = APIRouter(prefix="/api/v1/psa/boards", tags=["ticket system"])

# Boards and all their statuses are several requests.
_ASKING: dict[str, Any] = {"patience": timedelta(seconds=5), "timeout_seconds": 15.0, "deadline_seconds": 60.0}


@router.get("")
async def list_boards(request: Request, actor: CanManagePsaDetached) -> schemas.BoardPage:
    """The boards that the ticket system shows now, with the statuses of their tickets and those chosen here."""
    state = request.app.state
    async with ask(state.database, state.settings, actor.account_id, **_ASKING) as asked:
        boards = await asked.provider.list_boards()
    async with state.database.read(actor.account_id) as db:
        chosen = await queries.chosen_statuses(db, actor.account_id, asked.connection.id)
    return schemas.boards_out(boards, chosen)


@router.put("/{board_id}/statuses", status_code=204)
async def choose_statuses(
    request: Request, board_id: PathText, body: schemas.StatusesIn, actor: CanManagePsaDetached, now: Now
) -> None:
    """Choose the status that tickets of a board get when a session ends; null leaves it as it is."""
    state = request.app.state
    async with ask(state.database, state.settings, actor.account_id, **_ASKING) as asked:
        boards = await asked.provider.list_boards()
    board = next((board for board in boards if board.id == board_id), None)
    if board is None:
        raise service.NoSuchBoardError
    async with state.database.write(actor.account_id) as db:
        await service.choose_statuses(db, actor, asked.connection, board, body.chosen(), now)
