"""What the routes of boards take and return."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from flowpilot.http.fields import Body, Text
from flowpilot.psa.connections.models import PsaBoardStatus
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.provider import Board

# How a session can end, or leave the engineer, which its ticket's status can follow.
OCCASIONS = (Occasion.RESOLVED, Occasion.ABANDONED, Occasion.ESCALATED)


class StatusOut(BaseModel):
    """A status that tickets of a board may have."""

    id: str
    name: str
    is_closed: bool
    allows_time: bool = Field(description="False if no time can be booked on a ticket with this status.")


class BoardOut(BaseModel):
    """A queue, project or team of the ticket system."""

    id: str
    name: str
    statuses: list[StatusOut]
    hint: str | None = Field(description="What to do if the ticket system does not tell its statuses.")
    chosen: dict[Occasion, str | None] = Field(
        description="Ids of the statuses that tickets get, by what happens here; null if they keep theirs."
    )


class BoardPage(BaseModel):
    """All boards; there is never another page."""

    items: list[BoardOut]
    next_cursor: None = None


class StatusesIn(Body):
    """Ids of statuses; null leaves a ticket's status as it is. What was never chosen will be asked for."""

    resolved: Text | None = None
    abandoned: Text | None = None
    escalated: Text | None = None

    def chosen(self) -> dict[Occasion, str | None]:
        """What was said, and nothing of what was left out."""
        return {Occasion(name): value or None for name, value in self.model_dump(exclude_unset=True).items()}


def boards_out(boards: Sequence[Board], chosen: Sequence[PsaBoardStatus]) -> BoardPage:
    """Boards by name, as the API shows them."""
    by_board: dict[str, dict[Occasion, str | None]] = {}
    for row in chosen:
        by_board.setdefault(row.board_id, {})[Occasion(row.occasion)] = row.status_id
    return BoardPage(items=[_board_out(board, by_board) for board in sorted(boards, key=lambda one: one.name)])


def _board_out(board: Board, chosen: Mapping[str, dict[Occasion, str | None]]) -> BoardOut:
    statuses = [
        StatusOut(id=one.id, name=one.name, is_closed=one.is_closed, allows_time=one.allows_time)
        for one in board.statuses
    ]
    return BoardOut(
        id=board.id, name=board.name, statuses=statuses, hint=board.hint, chosen=chosen.get(board.id, {})
    )
