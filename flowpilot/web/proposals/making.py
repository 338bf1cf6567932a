"""The form that asks for a draft made from the sessions behind a figure."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from flowpilot.analytics.requests import WindowQuery
from flowpilot.analytics.rows.reading import Paging, read_rows
from flowpilot.analytics.rows.sessions import SESSIONS, SessionRowFilter
from flowpilot.clock import Now
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.auth import WriteSession
from flowpilot.knowledge.proposals import making
from flowpilot.knowledge.proposals.making import NothingDoneError
from flowpilot.web.render import go_to

router = APIRouter(prefix="/proposals", include_in_schema=False)

_MOST_SESSIONS = 50


@router.post("/from-rows")
async def make_from_rows(
    actor: CanManageFlows,
    db: WriteSession,
    now: Now,
    window: WindowQuery,
    row_filter: Annotated[SessionRowFilter, Query()],
) -> Response:
    """A draft made from the newest of these sessions."""
    found = await read_rows(db, window, SESSIONS, row_filter, Paging(limit=_MOST_SESSIONS))
    if not found.items:
        raise NothingDoneError
    proposal, is_new = await making.make(db, actor, [item.id for item in found.items], None, now)
    said = "Merged from what they did." if is_new else "This proposal holds most of these sessions already."
    return go_to(f"/proposals/{proposal.id}", said)
