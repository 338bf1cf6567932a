"""First-run set-up: create the first account and its owner, before anybody can sign in."""

from dataclasses import dataclass
from typing import Annotated, ClassVar
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel

from flowpilot.clock import Now
from flowpilot.errors import FlowPilotError
from flowpilot.flows.importing import install_shipped
from flowpilot.http.fields import Text
from flowpilot.http.rate_limits import caller_network
from flowpilot.identity.cookies import check_same_site, keep_signed_in
from flowpilot.identity.first_run import FirstAccount, SetUpAlreadyError, is_open, set_up
from flowpilot.web.render import Page, go_to, render

router = APIRouter(include_in_schema=False)

_ATTEMPTS_PER_MINUTE = 10


class SetupDraft(BaseModel):
    """The fields that are filled in again after a refusal."""

    code: Text = ""
    account_name: Text = ""
    timezone: Text = "UTC"
    name: Text = ""
    email: Text = ""


class SetupForm(SetupDraft):
    """The whole form."""

    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup(Page):
    """The set-up form."""

    template: ClassVar[str] = "access/setup.html"
    draft: SetupDraft
    refusal: str | None = None
    zones: list[str]


async def offers_setup(request: Request) -> bool:
    """Whether nobody can sign in yet. Another process or a restored backup ends that too."""
    state = request.app.state
    if state.setup_code is not None and not await is_open(state.database):
        state.setup_code = None
    return state.setup_code is not None


@router.get("/setup")
async def show_setup(request: Request, code: Text = "") -> Response:
    if not await offers_setup(request):
        raise SetUpAlreadyError
    return render(request, _page(SetupDraft(code=code)))


@router.post("/setup")
async def do_set_up(request: Request, body: Annotated[SetupForm, Form()], now: Now) -> Response:
    check_same_site(request)
    if not await offers_setup(request):
        raise SetUpAlreadyError
    state = request.app.state
    first = FirstAccount(**body.model_dump(exclude={"code"}))
    try:
        await state.limiter.hit(_ATTEMPTS_PER_MINUTE, "setup", caller_network(request))
        claim = await set_up(
            state.database,
            state.signing_key,
            body.code,
            first,
            now,
            furnish=lambda db, account_id: install_shipped(db, account_id, None, now),
        )
    except FlowPilotError as error:
        draft = SetupDraft(**body.model_dump(exclude={"password"}))
        return render(request, _page(draft, error.detail), status=error.status)
    state.setup_code = None
    answer = go_to(
        "/", f"Welcome to FlowPilot, {first.name}. Start a session, or invite your colleagues in Settings."
    )
    keep_signed_in(request, answer, claim)
    return answer


def _page(draft: SetupDraft, refusal: str | None = None) -> Setup:
    return Setup(title="Set up", draft=draft, refusal=refusal, zones=sorted(available_timezones()))
