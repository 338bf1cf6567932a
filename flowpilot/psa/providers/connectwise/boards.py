"""The boards of a ConnectWise PSA and their statuses, which change rarely and are needed often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flowpilot.clock import now
from flowpilot.psa.provider import Board, Status
from flowpilot.psa.providers.connectwise import reading
from flowpilot.psa.providers.connectwise.failures import ForbiddenError, NotThereError, Right
from flowpilot.psa.providers.connectwise.rest import Rest

_KEPT_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Kept:
    boards: Mapping[str, Board]
    read_at: datetime


# What an API member was last told of all boards or of one, so that a search or a look at a ticket is one request.
_kept: dict[tuple[str, ...], _Kept] = {}


async def read(rest: Rest) -> Mapping[str, Board]:
    """The boards in use by their ids. One whose statuses the API member does not see has none."""
    listed = await rest.read_all("/service/boards", Right.BOARDS, {"conditions": "inactiveFlag = false"})
    boards = {}
    for record in listed:
        board_id = str(record["id"])
        try:
            statuses = await read_statuses(rest, board_id)
        except (ForbiddenError, NotThereError):
            statuses = []
        boards[board_id] = Board(board_id, str(record.get("name") or board_id), statuses)
    return _keep(_key(rest), boards)


async def recent(rest: Rest) -> Mapping[str, Board]:
    """The boards as they were at most ten minutes ago."""
    kept = _recent(_key(rest))
    return await read(rest) if kept is None else kept


async def of_ticket(rest: Rest, board_id: str) -> Mapping[str, Board]:
    """The board with this id, at most ten minutes old; none if the API member does not see it."""
    key = (*_key(rest), board_id)
    kept = _recent(key) or _recent(_key(rest))
    if kept is not None and board_id in kept:
        return kept
    try:
        return _keep(key, {board_id: Board(board_id, board_id, await read_statuses(rest, board_id))})
    except (ForbiddenError, NotThereError):
        return {}


async def read_statuses(rest: Rest, board_id: str) -> Sequence[Status]:
    """The statuses in use of one board."""
    listed = await rest.read_all(f"/service/boards/{board_id}/statuses", Right.BOARDS)
    names = {name.strip().casefold() for name in rest.settings.closed_status_names.split(",")} - {""}
    return [reading.status(record, names) for record in listed if not record.get("inactive")]


def _keep(key: tuple[str, ...], boards: Mapping[str, Board]) -> Mapping[str, Board]:
    _kept[key] = _Kept(boards, now())
    return boards


def _recent(key: tuple[str, ...]) -> Mapping[str, Board] | None:
    kept = _kept.get(key)
    return kept.boards if kept is not None and now() - kept.read_at < _KEPT_FOR else None


def _key(rest: Rest) -> tuple[str, str]:
    return rest.client.access.base_url, f"{rest.credentials.company}+{rest.credentials.public_key}"
