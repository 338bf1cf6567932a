"""From a credential to an Actor. The only place that reads before an account is known (at sign-in)."""

import asyncio
import hmac
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import bindparam, func, select, update

from flowpilot.clock import Now
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.db.session import Database, Db, ReadDb
from flowpilot.email_address import normal_email
from flowpilot.errors import FlowPilotError
from flowpilot.identity.actor import Actor, Permission, Role, require
from flowpilot.identity.cookies import cookie_of
from flowpilot.identity.credentials import (
    KeyClaim,
    TokenClaim,
    UnauthenticatedError,
    parse,
    verify_password,
)
from flowpilot.identity.models import Account, ApiKey, Membership, User

_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/token", auto_error=False)

# Built once, because every request runs them.
_MEMBER = (
    select(
        Membership.role,
        Account.timezone,
        Account.reports_by_person,
        Account.closed_at,
        User.password_changed_at,
    )
    .join(Account, Account.id == Membership.account_id)
    .join(User, User.id == Membership.user_id)
    .where(Membership.account_id == bindparam("account"), Membership.user_id == bindparam("user"))
)
_KEY = (
    select(
        ApiKey.key_hash,
        ApiKey.user_id,
        ApiKey.role,
        ApiKey.expires_at,
        ApiKey.revoked_at,
        ApiKey.last_used_at,
        Membership.role.label("member_role"),
        Account.timezone,
        Account.reports_by_person,
        Account.closed_at,
    )
    .join(Membership, (Membership.account_id == ApiKey.account_id) & (Membership.user_id == ApiKey.user_id))
    .join(Account, Account.id == ApiKey.account_id)
    .where(ApiKey.account_id == bindparam("account"), ApiKey.id == bindparam("key"))
)

# The last use is for people, so a minute's precision is enough, and most requests write nothing.
_LAST_USE_PRECISION = timedelta(minutes=1)


class NoAccountError(FlowPilotError):
    """The user is known, but belongs to no account."""

    status = 403

    def __init__(self) -> None:
        super().__init__("No account")


class AccountClosedError(FlowPilotError):
    """The account is about to be removed."""

    status = 403

    def __init__(self) -> None:
        super().__init__("This account is closed, and is being removed. Ask the people who run this installation.")


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """One account a user may sign in to."""

    id: uuid.UUID
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Login:
    """A verified user and the accounts it belongs to, longest membership first."""

    user_id: uuid.UUID
    accounts: list[AccountChoice]


async def log_in(database: Database, email: str, password: str) -> Login:
    """Verify a password.

    Raises:
        UnauthenticatedError: the e-mail is unknown or the password is wrong; the caller cannot tell which.
    """
    address = normal_email(email)
    async with database.read(None) as db:
        await state_login_email(db, address)
        found = (await db.execute(select(User.id, User.password_hash).where(User.email == address))).first()
    # No connection is held while the hash is computed, which takes long on purpose.
    valid = await asyncio.to_thread(verify_password, password, found.password_hash if found else None)
    if found is None or not valid:
        raise UnauthenticatedError("The e-mail or the password is wrong.")
    async with database.read(None) as db:
        return Login(found.id, await accounts_of(db, found.id))


async def accounts_of(db: ReadDb, user_id: uuid.UUID) -> list[AccountChoice]:
    """The accounts a verified user belongs to, longest membership first."""
    await state_login_user(db, user_id)
    rows = await db.execute(
        select(Account.id, Account.name, Membership.role)
        .join(Membership, Membership.account_id == Account.id)
        .where(Membership.user_id == user_id, Account.closed_at.is_(None))
        .order_by(Membership.created_at, Account.id)
    )
    return [AccountChoice(row.id, row.name, Role(row.role)) for row in rows]


async def login_of(database: Database, claimed: TokenClaim | KeyClaim) -> Login:
    """The user of a signed token, who may belong to no account.

    Raises:
        UnauthenticatedError: the credential is an API key, or the token is older than the password.
    """
    if not isinstance(claimed, TokenClaim):
        raise UnauthenticatedError("An API key belongs to one account. Sign in to switch.")
    async with database.read(None) as db:
        accounts = await accounts_of(db, claimed.user_id)
        changed_at = await db.scalar(select(User.password_changed_at).where(User.id == claimed.user_id))
    if changed_at is not None and claimed.issued_at < changed_at:
        raise UnauthenticatedError("The password has changed. Sign in again.")
    return Login(claimed.user_id, accounts)


async def state_login_email(db: ReadDb, email: str) -> None:
    """Let this transaction see the user with this e-mail."""
    await db.execute(select(func.set_config("app.login_email", normal_email(email), True)))


async def state_login_user(db: ReadDb, user_id: uuid.UUID) -> None:
    """Let this transaction see the user with this id."""
    await db.execute(select(func.set_config("app.login_user_id", str(user_id), True)))


async def credential(request: Request, bearer: Annotated[str | None, Depends(_bearer)]) -> str:
    """The request's credential, from its header or a browser's cookie; 401 without one."""
    found = bearer if bearer is not None else cookie_of(request)
    if found is None:
        raise UnauthenticatedError
    return found


Credential = Annotated[str, Depends(credential)]


async def claim(request: Request, credential: Credential) -> TokenClaim | KeyClaim:
    """What the request's credential claims."""
    return parse(credential, request.app.state.signing_key)


Claim = Annotated[TokenClaim | KeyClaim, Depends(claim)]


async def claim_of(request: Request) -> TokenClaim | KeyClaim:
    """The same of a request that has not come to its route yet."""
    return await claim(request, await credential(request, await _bearer(request)))


async def session(request: Request, claimed: Claim, now: Now) -> AsyncIterator[ReadDb]:
    """The request's one transaction, in the credential's account. To PostgreSQL, a GET only reads."""
    database: Database = request.app.state.database
    reads = request.method in {"GET", "HEAD"}
    try:
        async with (database.read if reads else database.write)(claimed.account_id) as db:
            yield db
    finally:
        # Only now, after the request has returned its connection: requests that wait for a second connection while
        # they hold a first can wait for each other for ever.
        if isinstance(claimed, KeyClaim) and getattr(request.state, "key_use_is_due", False):
            # The request is done by now, or has failed with an error of its own: this record must not change that.
            with suppress(DatabaseUnavailableError):
                await record_use(database, claimed, now)


# Function scope: the transaction commits before the response is sent, so a failing commit is a 500.
ReadSession = Annotated[ReadDb, Depends(session, scope="function")]
WriteSession = Annotated[Db, Depends(session, scope="function")]


async def authenticate(request: Request, claimed: Claim, db: ReadSession, now: Now) -> Actor:
    """Look the claim up in its account, with its present role."""
    actor, request.state.key_use_is_due = await verify(db, claimed, now)
    return actor


Caller = Annotated[Actor, Depends(authenticate)]


async def verify(db: ReadDb, claimed: TokenClaim | KeyClaim, now: datetime) -> tuple[Actor, bool]:
    """The claim's present actor, and whether the use of its key has to be recorded.

    Raises:
        NoAccountError: the token names no account, or one to which its user does not belong.
        AccountClosedError: the account is about to be removed.
        UnauthenticatedError: the key is unknown, revoked or expired, or the token is older than the password.
    """
    if claimed.account_id is None:
        raise NoAccountError
    if isinstance(claimed, KeyClaim):
        return await _verify_key(claimed, db, now)
    return await _verify_user(claimed, claimed.account_id, db), False


async def _verify_user(claimed: TokenClaim, account_id: uuid.UUID, db: ReadDb) -> Actor:
    row = (await db.execute(_MEMBER, {"account": account_id, "user": claimed.user_id})).first()
    if row is None:
        raise NoAccountError
    if row.password_changed_at is not None and claimed.issued_at < row.password_changed_at:
        raise UnauthenticatedError("The password has changed. Sign in again.")
    if row.closed_at is not None:
        raise AccountClosedError
    return Actor(
        account_id,
        claimed.user_id,
        Role(row.role),
        row.timezone,
        reports_by_person=row.reports_by_person,
    )


async def _verify_key(claimed: KeyClaim, db: ReadDb, now: datetime) -> tuple[Actor, bool]:
    row = (await db.execute(_KEY, {"account": claimed.account_id, "key": claimed.key_id})).first()
    if row is None or not hmac.compare_digest(row.key_hash, claimed.key_hash):
        raise UnauthenticatedError
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        raise UnauthenticatedError("The API key is revoked or has expired. Create a new one.")
    if row.closed_at is not None:
        raise AccountClosedError
    use_is_due = row.last_used_at is None or now - row.last_used_at >= _LAST_USE_PRECISION
    # A key never outranks the user it acts as, even when that user's role was lowered after it was made.
    role = min(Role(row.role), Role(row.member_role), key=lambda role: role.rank)
    actor = Actor(claimed.account_id, row.user_id, role, row.timezone, claimed.key_id, row.reports_by_person)
    return actor, use_is_due


async def record_use(database: Database, claimed: KeyClaim, now: datetime) -> None:
    """Record that a key was used."""
    # In a transaction of its own, so that a read stays read-only and a failed request still counts as use.
    async with database.write(claimed.account_id) as db:
        await db.execute(
            update(ApiKey)
            .where(ApiKey.account_id == claimed.account_id, ApiKey.id == claimed.key_id)
            .values(last_used_at=now)
        )


def requires(permission: Permission) -> Any:
    """The dependency of a route that requires a permission."""

    async def check(actor: Caller) -> Actor:
        require(actor, permission)
        return actor

    return Depends(check)
