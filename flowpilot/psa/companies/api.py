"""JSON routes of the companies in the ticket system. Which clients they are, the routes of clients tell."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from flowpilot.clock import Now
from flowpilot.http.fields import Text
from flowpilot.http.paging import KeyCursor, Limit
from flowpilot.identity.access import CanManagePsaDetached
from flowpilot.psa.companies import reading, schemas

router = APIRouter(prefix="/api/v1/psa/companies", tags=["ticket system"])


@router.get("")
async def search_companies(
    request: Request,
    actor: CanManagePsaDetached,
    now: Now,
    q: Annotated[Text, Query(description="A part of the name.")] = "",
    limit: Limit = 50,
    cursor: KeyCursor = None,
) -> schemas.PsaCompanyPage:
    """The companies that the ticket system knows, by name, as they were at most a minute ago."""
    state, text = request.app.state, q.strip()
    found = await reading.search_companies(
        state.database, state.settings, actor.account_id, text, limit, cursor, now
    )
    return schemas.PsaCompanyPage.model_validate(found)
