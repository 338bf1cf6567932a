"""Settings: which client each company of the ticket system is. Companies are read after the page is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request, Response

from flowpilot.clients import api as clients
from flowpilot.clients.queries import KnownClient
from flowpilot.clients.schemas import CompanyClientIn
from flowpilot.clock import Now
from flowpilot.errors import NotFoundError
from flowpilot.http.fields import EmptyIsNone, Line, Text, Trimmed
from flowpilot.http.paging import MOST_ITEMS
from flowpilot.identity.access import CanManageClients, CanManagePsa, CanManagePsaDetached
from flowpilot.identity.auth import WriteSession
from flowpilot.psa.companies import api
from flowpilot.psa.companies.schemas import PsaCompanyPage
from flowpilot.psa.provider import ProviderError
from flowpilot.web.clients.pages import known_clients
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Part, go_to, render
from flowpilot.web.settings.psa.pages import HERE
from flowpilot.web.settings.sections import SettingsPage

COMPANIES = f"{HERE}/companies"

router = APIRouter(prefix=COMPANIES, include_in_schema=False)


class CompanyForm(CompanyClientIn):
    """Which client a company is; empty for none. `q` is what was searched for."""

    name: Trimmed = ""
    client_name: Annotated[Line | None, EmptyIsNone] = None
    q: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Companies(SettingsPage):
    """The page around the companies."""

    template: ClassVar[str] = "settings/psa/companies.html"
    section: ClassVar[str] = HERE
    words: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCompanies(Part):
    """Companies and the clients that they are, by their ids; or why they cannot be shown now."""

    template: ClassVar[str] = "settings/psa/found.html"
    found: PsaCompanyPage | None
    mapped: dict[str, str]
    known: Sequence[KnownClient]
    words: str
    more: str | None
    absence: str | None


@router.get("")
async def show(
    request: Request, actor: CanManagePsa, frame: CurrentFrame, q: Text = "", cursor: Text = ""
) -> Response:
    page = Companies(title="Companies", words=q, part=_address(f"{COMPANIES}/found", q, cursor))
    return render(request, page, frame)


@router.get("/found")
async def show_found(
    request: Request,
    actor: CanManagePsaDetached,
    now: Now,
    q: Text = "",
    cursor: Annotated[str | None, EmptyIsNone] = None,
) -> Response:
    found, absence, mapped, known = None, None, {}, []
    try:
        found = await api.search_companies(request, actor, now, q, 50, cursor)
    except (ProviderError, NotFoundError) as error:
        absence = error.detail
    if found is not None:
        ids = [company.id for company in found.items]
        async with request.app.state.database.read(actor.account_id) as db:
            rows = await clients.list_companies(actor, db, found.connection_id, ids, MOST_ITEMS)
            mapped = {one.external_id: one.client.name for one in rows.items}
            known = await known_clients(actor, db)
    page = FoundCompanies.of(
        request,
        title="Companies",
        found=found,
        mapped=mapped,
        known=known,
        words=q,
        more=_address(COMPANIES, q, found.next_cursor) if found is not None and found.next_cursor else None,
        absence=absence,
    )
    return render(request, page)


@router.post("")
async def choose(
    body: Annotated[CompanyForm, Form()], actor: CanManageClients, db: WriteSession, now: Now
) -> Response:
    await clients.name_company(CompanyClientIn(**body.model_dump(exclude={"q"})), actor, db, now)
    said = f"{body.name or 'The company'} is {body.client_name}." if body.client_name else "No client any more."
    return go_to(_address(COMPANIES, body.q), f"Saved. {said}")


def _address(path: str, words: str, cursor: str | None = None) -> str:
    said = {name: value for name, value in (("q", words), ("cursor", cursor)) if value}
    return f"{path}?{urlencode(said)}" if said else path
