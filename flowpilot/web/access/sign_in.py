"""Sign in, choose an account, sign out."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response

from flowpilot.clock import Now
from flowpilot.errors import FlowPilotError
from flowpilot.http.fields import Text
from flowpilot.identity.auth import Claim
from flowpilot.identity.cookies import check_same_site, keep_signed_in, sign_out
from flowpilot.identity.credentials import TokenClaim, parse
from flowpilot.identity.schemas import AccountOut, SwitchIn, TokenOut
from flowpilot.identity.sign_in import api
from flowpilot.identity.sign_in.login import login_of
from flowpilot.web.access.setup import offers_setup
from flowpilot.web.render import Page, accounts_path, go_to, is_own_path, render

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn(Page):
    """The sign-in form; `next` is the requested page."""

    template: ClassVar[str] = "access/sign_in.html"
    email: str = ""
    refusal: str | None = None
    next: str
    is_first_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts(Page):
    """The accounts to choose from; there may be none."""

    template: ClassVar[str] = "access/accounts.html"
    accounts: list[AccountOut]
    current: uuid.UUID | None
    next: str


@router.get("/sign-in")
async def show_sign_in(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the URL
    return render(request, await _sign_in(request, next))


@router.post("/sign-in")
async def do_sign_in(
    request: Request,
    now: Now,
    username: Annotated[Text, Form()],
    password: Annotated[str, Form(max_length=1024)],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Sign in by password. People with several accounts, or none, go on to the choice of an account."""
    check_same_site(request)
    try:
        token = await api.create_token(request, now, username, password)
    except FlowPilotError as error:
        page = await _sign_in(request, next, email=username, refusal=error.detail)
        answer: Response = render(request, page, status=error.status)
        answer.headers.update({name: value for name, value in error.headers.items() if name == "Retry-After"})
        return answer
    path = next if is_own_path(next) else "/"
    return _signed_in(request, token, path if len(token.accounts) == 1 else accounts_path(path))


@router.get("/accounts")
async def show_accounts(request: Request, claimed: Claim, next: str = "/") -> Response:  # noqa: A002
    login = await login_of(request.app.state.database, claimed)
    page = Accounts(
        title="Choose an account",
        accounts=[AccountOut.model_validate(account) for account in login.accounts],
        current=claimed.account_id,
        next=next if is_own_path(next) else "/",
    )
    return render(request, page)


@router.post("/accounts")
async def choose_account(
    request: Request,
    claimed: Claim,
    now: Now,
    account_id: Annotated[uuid.UUID, Form()],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    token = await api.switch_account(request, claimed, now, SwitchIn(account_id=account_id))
    return _signed_in(request, token, next if is_own_path(next) else "/")


@router.post("/sign-out")
async def do_sign_out(request: Request) -> Response:
    """Delete the browser's credential. This needs no credential, so that signing out twice is no error."""
    check_same_site(request)
    answer = go_to("/sign-in")
    sign_out(answer)
    return answer


async def _sign_in(request: Request, wanted: str, *, email: str = "", refusal: str | None = None) -> SignIn:
    return SignIn(
        title="Sign in",
        email=email,
        refusal=refusal,
        next=wanted if is_own_path(wanted) else "/",
        is_first_run=await offers_setup(request),
    )


def _signed_in(request: Request, token: TokenOut, path: str) -> Response:
    claim = parse(token.access_token, request.app.state.signing_key)
    assert isinstance(claim, TokenClaim)
    answer = go_to(path)
    keep_signed_in(request, answer, claim)
    return answer
