"""Who somebody is: their e-mail and password, or a signed token, before it is known in which account they work.

Nothing else reads users across accounts.
"""

import asyncio
import uuid
from dataclasses import dataclass

from sqlalchemy import func, select

from flowpilot.db.session import Database, ReadDb
from flowpilot.email_address import normal_email
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import KeyClaim, TokenClaim, UnauthenticatedError, verify_password
from flowpilot.identity.models import Account, Membership, User


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
