"""The form that asks for a draft made from the sessions behind a figure."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query, Response

from flowpilot.analytics.requests import WindowQuery
from flowpilot.analytics.rows.reading import Paging, read_rows
from flowpilot.analytics.rows.sessions import SESSIONS, SessionRowFilter
from flowpilot.clock import Now
from flowpilot.errors import InvalidError
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.auth import WriteSession
from flowpilot.knowledge.proposals import making
from flowpilot.knowledge.proposals.making import NothingDoneError, Place
from flowpilot.web.formatting import counted
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
    """A draft made from the newest of these sessions: a change at the node that they are of, or a new flow."""
    found = await read_rows(db, window, SESSIONS, row_filter, Paging(limit=_MOST_SESSIONS))
    if not found.items:
        raise NothingDoneError
    ids, at = [item.id for item in found.items], _place(row_filter)
    made = await making.make(db, actor, ids, None, now, at=at, only_alike=at is None)
    held = "This proposal holds most of these sessions already." if at is None else "These sessions are in it now."
    said = "Merged from what they did." if made.is_new else held
    if made.unlike:
        said += f" Left out, with other problems: {counted(made.unlike, 'sessions')}."
    return go_to(f"/proposals/{made.proposal.id}", said)


def _place(row_filter: SessionRowFilter) -> Place | None:
    """Where the sessions were handed over, if the rows are those of a node."""
    if row_filter.handed_over_at is None:
        return None
    flow_id, _, node = row_filter.handed_over_at.partition("/")
    try:
        return Place(uuid.UUID(flow_id), node)
    except ValueError as error:
        raise InvalidError("There is no such step. Choose it in the report of escalations.") from error
