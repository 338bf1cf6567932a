"""Settings: the statuses of each board, read from the ticket system after the page is shown."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel

from flowpilot.clock import Now
from flowpilot.errors import NotFoundError
from flowpilot.http.fields import Text
from flowpilot.identity.access import CanManagePsaDetached
from flowpilot.psa.boards import api
from flowpilot.psa.boards.schemas import OCCASIONS, BoardOut, StatusesIn
from flowpilot.psa.provider import ProviderError
from flowpilot.psa.rules.api import read_rules
from flowpilot.web.render import Part, go_to, render
from flowpilot.web.settings.psa.pages import HERE

router = APIRouter(prefix=f"{HERE}/boards", include_in_schema=False)


# No ticket system has a status of this name.
KEPT = "(as it is)"


class StatusesForm(BaseModel):
    """The statuses of a board's tickets; `KEPT` leaves them as they are, and empty is not chosen yet."""

    board_id: Text
    resolved: Text = ""
    abandoned: Text = ""
    escalated: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boards(Part):
    """The boards, or why they cannot be shown now."""

    template: ClassVar[str] = "settings/psa/boards.html"
    boards: list[BoardOut]
    absence: str | None
    sets_status: bool
    posts_escalation: bool
    here: str = HERE
    kept: str = KEPT
    occasions: tuple[tuple[str, str], ...] = (
        (OCCASIONS[0], "When a session is resolved"),
        (OCCASIONS[1], "When it is abandoned"),
        (OCCASIONS[2], "When it is escalated"),
    )

    @property
    def lacking(self) -> list[str]:
        """The boards whose tickets should get a status, and nobody has said which."""
        wanted = OCCASIONS if self.posts_escalation else OCCASIONS[:2]
        usable = [board for board in self.boards if self.sets_status and not board.hint]
        return [board.name for board in usable if not board.chosen.keys() >= set(wanted)]


@router.get("")
async def show(request: Request, actor: CanManagePsaDetached) -> Response:
    try:
        boards, absence = (await api.list_boards(request, actor)).items, None
    except (ProviderError, NotFoundError) as error:
        boards, absence = [], error.detail
    async with request.app.state.database.read(actor.account_id) as db:
        rules = await read_rules(actor, db)
    page = Boards.of(
        request,
        title="Statuses",
        boards=boards,
        absence=absence,
        sets_status=rules.posts_status,
        posts_escalation=rules.posts_escalation,
    )
    return render(request, page)


@router.post("")
async def choose(
    request: Request, body: Annotated[StatusesForm, Form()], actor: CanManagePsaDetached, now: Now
) -> Response:
    sent = {occasion: status for occasion in OCCASIONS if (status := getattr(body, occasion))}
    chosen = {occasion: None if status == KEPT else status for occasion, status in sent.items()}
    await api.choose_statuses(request, body.board_id, StatusesIn(**chosen), actor, now)
    return go_to(f"{HERE}#boards", "Saved. It applies to what is posted from now on.")
