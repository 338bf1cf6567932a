"""JSON routes of tickets. Each asks the ticket system, and answers within seconds or says why not."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from flowpilot.clock import Now
from flowpilot.http.fields import PathText, Storable, Text
from flowpilot.identity.access import CanManagePsa, CanView, CanWorkDetached
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.psa.numbers import bare
from flowpilot.psa.provider import TicketQuery
from flowpilot.psa.rules.service import change_rules
from flowpilot.psa.tickets import links, reading, schemas

router = APIRouter(prefix="/api/v1/psa", tags=["ticket system"])

# A cursor is the ticket system's own, of whatever form.
_Cursor = Annotated[Storable | None, Query(max_length=2_000, description="`next_cursor` of the page before.")]


@router.get("/tickets")
async def search_tickets(
    request: Request,
    actor: CanWorkDetached,
    q: Annotated[Text, Query(description="Words of the summary, or a number.")] = "",
    mine: Annotated[bool, Query(description="Only the caller's own, by the mapping of members.")] = False,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    cursor: _Cursor = None,
) -> schemas.TicketPageOut:
    """Open tickets, those changed last first."""
    state, query = request.app.state, TicketQuery(bare(q), limit=limit, cursor=cursor)
    found = await reading.search_tickets(state.database, state.settings, actor, query, mine=mine)
    items = [schemas.TicketOut.model_validate(ticket) for ticket in found.items]
    return schemas.TicketPageOut(items=items, next_cursor=found.next_cursor)


@router.get("/tickets/{ticket_id}")
async def read_ticket(request: Request, ticket_id: PathText, actor: CanWorkDetached) -> schemas.TicketOut:
    """One ticket as it is now."""
    state = request.app.state
    ticket = await reading.read_ticket(state.database, state.settings, actor.account_id, bare(ticket_id))
    return schemas.TicketOut.model_validate(ticket)


@router.get("/tickets/{ticket_id}/context")
async def read_context(
    request: Request, ticket_id: PathText, actor: CanWorkDetached, now: Now
) -> schemas.TicketContextOut:
    """One ticket with its last notes, as they were at most a minute ago."""
    state = request.app.state
    context = await reading.read_context(state.database, state.settings, actor.account_id, bare(ticket_id), now)
    return schemas.TicketContextOut.of(context)


@router.get("/ticket-url")
async def read_template(actor: CanView, db: ReadSession) -> schemas.TemplateOut:
    """How a ticket's number becomes a link: by the account's own template, or as its ticket system shows it."""
    found = await links.ticket_links(actor.account_id).alone(db)
    return schemas.TemplateOut(template=found.template, is_own=found.is_own)


@router.put("/ticket-url", status_code=204)
async def set_template(body: schemas.TemplateIn, actor: CanManagePsa, db: WriteSession, now: Now) -> None:
    """Set the account's own template, which also makes links without a connection."""
    await change_rules(db, actor, {"ticket_url_template": body.template}, now)
