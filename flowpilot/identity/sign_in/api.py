"""JSON routes of sign-in: tokens, the caller's password, and who the caller is."""

import uuid
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request

from flowpilot.clock import Now
from flowpilot.errors import NotFoundError
from flowpilot.http.fields import Text
from flowpilot.identity import passwords, queries
from flowpilot.identity.auth import Caller, Claim, ReadSession
from flowpilot.identity.credentials import TokenClaim, sign_token
from flowpilot.identity.schemas import AccountOut, MeOut, PasswordIn, SwitchIn, TokenOut
from flowpilot.identity.sign_in.limits import limit_sign_in
from flowpilot.identity.sign_in.login import Login, log_in, login_of

router = APIRouter(prefix="/api/v1/auth", tags=["identity"])


@router.post("/token")
async def create_token(
    request: Request,
    now: Now,
    username: Annotated[Text, Form(description="The e-mail.")],
    password: Annotated[str, Form(max_length=1024)],
    account_id: Annotated[uuid.UUID | None, Form(description="The account, for a user of several.")] = None,
) -> TokenOut:
    """Sign in with the OAuth2 password form. Without `account_id`, the token is for the account joined first."""
    await limit_sign_in(request, username)
    login = await log_in(request.app.state.database, username, password)
    return _token(request, login, _choose(login, account_id), now)


@router.post("/switch")
async def switch_account(
    request: Request, claimed: Claim, now: Now, body: Annotated[SwitchIn, Form()]
) -> TokenOut:
    """A token for another of the user's accounts. It expires when the present token does.

    The present token may name no account, or one that the user has left.
    """
    login = await login_of(request.app.state.database, claimed)
    assert isinstance(claimed, TokenClaim)  # Keys are refused.
    return _token(request, login, _choose(login, body.account_id), now, issued_at=claimed.issued_at)


@router.post("/password", status_code=204)
async def change_password(request: Request, body: PasswordIn, claimed: Claim, now: Now) -> None:
    """Change the caller's own password. An API key cannot do this."""
    if isinstance(claimed, TokenClaim):
        await limit_sign_in(request, str(claimed.user_id))
    database = request.app.state.database
    await passwords.change_own(database, claimed, body.current_password, body.new_password, now)


@router.get("/me")
async def read_me(actor: Caller, db: ReadSession) -> MeOut:
    """The user and account of the credential."""
    me = await queries.me(db, actor)
    return MeOut(
        account_id=actor.account_id,
        account_name=me.account_name,
        user_id=actor.user_id,
        name=me.name,
        email=me.email,
        role=actor.role,
        timezone=actor.timezone,
    )


def _choose(login: Login, account_id: uuid.UUID | None) -> uuid.UUID | None:
    if account_id is None:
        return login.accounts[0].id if login.accounts else None
    if account_id not in {account.id for account in login.accounts}:
        raise NotFoundError("There is no such account for this user.")
    return account_id


def _token(
    request: Request, login: Login, account_id: uuid.UUID | None, now: datetime, issued_at: datetime | None = None
) -> TokenOut:
    minutes = request.app.state.settings.token_minutes
    claimed = TokenClaim(login.user_id, account_id, issued_at or now)
    return TokenOut(
        access_token=sign_token(claimed, request.app.state.signing_key, minutes),
        expires_in=int((claimed.issued_at + timedelta(minutes=minutes) - now).total_seconds()),
        account_id=account_id,
        accounts=[AccountOut.model_validate(account) for account in login.accounts],
    )
