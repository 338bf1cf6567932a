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


class StatusesForm(BaseModel):
    """The statuses of a board's tickets; empty leaves them as they are."""

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
    here: str = HERE
    occasions: tuple[tuple[str, str], ...] = (
        (OCCASIONS[0], "When a session is resolved"),
        (OCCASIONS[1], "When it is abandoned"),
        (OCCASIONS[2], "When it is escalated"),
    )


@router.get("")
async def show(request: Request, actor: CanManagePsaDetached) -> Response:
    try:
        boards, absence = (await api.list_boards(request, actor)).items, None
    except (ProviderError, NotFoundError) as error:
        boards, absence = [], error.detail
    async with request.app.state.database.read(actor.account_id) as db:
        rules = await read_rules(actor, db)
    page = Boards.of(request, title="Statuses", boards=boards, absence=absence, sets_status=rules.posts_status)
    return render(request, page)


@router.post("")
async def choose(
    request: Request, body: Annotated[StatusesForm, Form()], actor: CanManagePsaDetached, now: Now
) -> Response:
    chosen = {occasion: getattr(body, occasion) or None for occasion in OCCASIONS}
    await api.choose_statuses(request, body.board_id, StatusesIn(**chosen), actor, now)
    return go_to(f"{HERE}#boards", "Saved. It applies to what is posted from now on.")
