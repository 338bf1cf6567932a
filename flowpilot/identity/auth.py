"""From a credential to an Actor."""

import hmac
import uuid
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, update

from flowpilot.clock import Now
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.db.session import Database, Db, ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.errors import FlowPilotError
from flowpilot.identity.actor import Actor, Permission, Role, WorkLimits, require
from flowpilot.identity.cookies import cookie_of
from flowpilot.identity.credentials import (
    KeyClaim,
    TokenClaim,
    UnauthenticatedError,
    parse,
)
from flowpilot.identity.models import Account, ApiKey, Membership, User
from flowpilot.identity.queries import keep_names, name_of

_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/auth/token", auto_error=False)

# Built once, because every request runs them.
_MEMBERS = (
    select(
        Membership.user_id,
        Membership.role,
        Account.name.label("account_name"),
        Account.timezone,
        Account.reports_by_person,
        Account.closed_at,
        User.password_changed_at,
        User.name,
        User.email,
    )
    .join(Account, Account.id == Membership.account_id)
    .join(User, User.id == Membership.user_id)
    .where(
        Membership.account_id == bindparam("account"),
        Membership.user_id == any_(bindparam("users", type_=ARRAY(Uuid))),
    )
)
_KEYS = (
    select(
        ApiKey.id,
        ApiKey.key_hash,
        ApiKey.user_id,
        ApiKey.role,
        ApiKey.expires_at,
        ApiKey.revoked_at,
        ApiKey.last_used_at,
        Membership.role.label("member_role"),
        Account.name.label("account_name"),
        Account.timezone,
        Account.reports_by_person,
        Account.closed_at,
        User.name,
        User.email,
    )
    .join(Membership, (Membership.account_id == ApiKey.account_id) & (Membership.user_id == ApiKey.user_id))
    .join(Account, Account.id == ApiKey.account_id)
    .join(User, User.id == ApiKey.user_id)
    .where(ApiKey.account_id == bindparam("account"), ApiKey.id == any_(bindparam("keys", type_=ARRAY(Uuid))))
)

# The same for what gives the caller work, which they must not lose their access to meanwhile (`assignees`).
_LIMITS = (Account.lease_minutes, Account.idle_minutes)
_MEMBERS_HELD = Built(_MEMBERS.add_columns(*_LIMITS).with_for_update(read=True, of=Membership))
_KEYS_HELD = Built(_KEYS.add_columns(*_LIMITS).with_for_update(read=True, of=Membership))
_MEMBERS_SEEN, _KEYS_SEEN = Built(_MEMBERS), Built(_KEYS)

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
    request.state.user_id = actor.user_id
    keep_names(db, actor.names)
    return actor


Caller = Annotated[Actor, Depends(authenticate)]


async def authenticate_held(request: Request, claimed: Claim, db: WriteSession, now: Now) -> Actor:
    """The same with a lock on their membership, for what gives them work."""
    actor, request.state.key_use_is_due = await verify(db, claimed, now, is_held=True)
    request.state.user_id = actor.user_id
    return actor


async def verify(
    db: ReadDb, claimed: TokenClaim | KeyClaim, now: datetime, *, is_held: bool = False
) -> tuple[Actor, bool]:
    """The claim's present actor, and whether the use of its key has to be recorded.

    Raises:
        NoAccountError: the token names no account, or one to which its user does not belong.
        AccountClosedError: the account is about to be removed.
        UnauthenticatedError: the key is unknown, revoked or expired, or the token is older than the password.
    """
    if claimed.account_id is None:
        raise NoAccountError
    found = (await verify_each(db, claimed.account_id, [claimed], now, is_held=is_held))[claimed]
    if isinstance(found, FlowPilotError):
        raise found
    return found


async def verify_each(
    db: ReadDb,
    account_id: uuid.UUID,
    claims: Collection[TokenClaim | KeyClaim],
    now: datetime,
    *,
    is_held: bool = False,
) -> dict[TokenClaim | KeyClaim, tuple[Actor, bool] | FlowPilotError]:
    """What `verify` answers or raises for each claim of one account, in a statement for each of the two kinds."""
    users = [claimed.user_id for claimed in claims if isinstance(claimed, TokenClaim)]
    keys = [claimed.key_id for claimed in claims if isinstance(claimed, KeyClaim)]
    rows: dict[uuid.UUID, Any] = {}
    members_of, keys_of = (_MEMBERS_HELD, _KEYS_HELD) if is_held else (_MEMBERS_SEEN, _KEYS_SEEN)
    if users:
        rows |= {row.user_id: row for row in await members_of.all(db, account=account_id, users=users)}
    if keys:
        rows |= {row.id: row for row in await keys_of.all(db, account=account_id, keys=keys)}
    return {claimed: _verified(claimed, account_id, rows, now) for claimed in claims}


def _verified(
    claimed: TokenClaim | KeyClaim, account_id: uuid.UUID, rows: Mapping[uuid.UUID, Any], now: datetime
) -> tuple[Actor, bool] | FlowPilotError:
    try:
        if isinstance(claimed, KeyClaim):
            return _verify_key(claimed, rows.get(claimed.key_id), now)
        return _verify_user(claimed, account_id, rows.get(claimed.user_id)), False
    except FlowPilotError as error:
        return error


def _verify_user(claimed: TokenClaim, account_id: uuid.UUID, row: Any) -> Actor:
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
        name=name_of(row),
        email=row.email,
        account_name=row.account_name,
        held_limits=_limits(row),
    )


def _limits(row: Any) -> WorkLimits | None:
    """Those that a lookup with a lock has."""
    return WorkLimits(row.lease_minutes, row.idle_minutes) if "lease_minutes" in row._fields else None


def _verify_key(claimed: KeyClaim, row: Any, now: datetime) -> tuple[Actor, bool]:
    if row is None or not hmac.compare_digest(row.key_hash, claimed.key_hash):
        raise UnauthenticatedError
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        raise UnauthenticatedError("The API key is revoked or has expired. Create a new one.")
    if row.closed_at is not None:
        raise AccountClosedError
    use_is_due = row.last_used_at is None or now - row.last_used_at >= _LAST_USE_PRECISION
    # A key never outranks the user it acts as, even when that user's role was lowered after it was made.
    role = min(Role(row.role), Role(row.member_role), key=lambda role: role.rank)
    actor = Actor(
        claimed.account_id,
        row.user_id,
        role,
        row.timezone,
        key_id=claimed.key_id,
        reports_by_person=row.reports_by_person,
        name=name_of(row),
        email=row.email,
        account_name=row.account_name,
        held_limits=_limits(row),
    )
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


def requires_held(permission: Permission) -> Any:
    """The same for a route that gives its caller work, and locks their membership for that."""

    async def check(actor: Actor = Depends(authenticate_held)) -> Actor:
        require(actor, permission)
        return actor

    return Depends(check)
