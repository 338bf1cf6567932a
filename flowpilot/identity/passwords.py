"""Passwords: the rules for a new one, and how a person or the operator sets it.

A hash takes long on purpose, so it is computed before a database connection is taken.
"""

import asyncio
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from flowpilot.db.session import Database, Db, state_account
from flowpilot.email_address import normal_email
from flowpilot.errors import ConflictError, InvalidError, NotFoundError
from flowpilot.identity.actor import ForbiddenError
from flowpilot.identity.audit.log import record
from flowpilot.identity.auth import verify
from flowpilot.identity.credentials import (
    KeyClaim,
    TokenClaim,
    UnauthenticatedError,
    hash_password,
    verify_password,
)
from flowpilot.identity.models import User
from flowpilot.identity.sign_in.login import accounts_of, state_login_email, state_login_user

MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 1024


class WrongPasswordError(UnauthenticatedError):
    """The person who asks for a new password does not know the current one."""

    def __init__(self) -> None:
        super().__init__("The current password is wrong.")


async def new_hash(password: str) -> str:
    """The hash to store for a new password.

    Raises:
        InvalidError: the password is too short or too long.
    """
    if len(password) < MIN_PASSWORD_LENGTH:
        raise InvalidError(f"A password needs at least {MIN_PASSWORD_LENGTH} characters.", field="password")
    if len(password) > MAX_PASSWORD_LENGTH:
        raise InvalidError(f"A password has at most {MAX_PASSWORD_LENGTH} characters.", field="password")
    return await asyncio.to_thread(hash_password, password)


async def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password is right. Without a hash to compare with, it takes just as long."""
    return await asyncio.to_thread(verify_password, password, password_hash)


async def set_password_hash(
    db: Db,
    user_id: uuid.UUID,
    password_hash: str,
    now: datetime,
    *,
    instead_of: str | None,
    given_by_operator: bool = False,
) -> None:
    """Set a verified user's password. Older tokens are no longer valid.

    Raises:
        ConflictError: the present hash is not `instead_of`, so the password has been changed in the meantime.
    """
    await state_login_user(db, user_id)
    # A token's time has a precision of one second.
    changed_at = now.replace(microsecond=0)
    values: dict[str, Any] = {"password_hash": password_hash, "password_changed_at": changed_at}
    if given_by_operator:
        values["password_given_by_operator"] = True
    changed = await db.scalar(
        update(User)
        .where(User.id == user_id, User.password_hash.is_not_distinct_from(instead_of))
        .values(values)
        .returning(User.id)
    )
    if changed is None:
        raise ConflictError("The password has just been changed. Sign in with the new one.")


async def change_own(
    database: Database, claim: TokenClaim | KeyClaim, present: str, new: str, now: datetime
) -> None:
    """Change the password of the person who is signed in.

    Raises:
        ForbiddenError: the caller is an API key, which another person may hold.
        WrongPasswordError: the current password is wrong.
        InvalidError: the new one is too short or too long.
        ConflictError: the password has changed in the meantime.
    """
    if isinstance(claim, KeyClaim):
        raise ForbiddenError("An API key cannot change a password. Sign in to change yours.")
    async with database.read(claim.account_id) as db:
        await verify(db, claim, now)
        present_hash = await db.scalar(select(User.password_hash).where(User.id == claim.user_id))
    if not await is_right(present, present_hash):
        raise WrongPasswordError
    password_hash = await new_hash(new)
    async with database.write(claim.account_id) as db:
        actor, _ = await verify(db, claim, now)
        await set_password_hash(db, actor.user_id, password_hash, now, instead_of=present_hash)
        target = ("user", actor.user_id)
        await record(db, actor.account_id, actor.user_id, "user.password_changed", target, at=now)


async def reset(database: Database, email: str, password: str, now: datetime) -> None:
    """Set a person's password, as the operator. It is recorded in the audit log of each of their accounts.

    Raises:
        InvalidError: the password is too short or too long.
        NotFoundError: nobody has this e-mail.
    """
    password_hash = await new_hash(password)
    async with database.write(None) as db:
        await state_login_email(db, email)
        query = select(User.id, User.password_hash).where(User.email == normal_email(email))
        person = (await db.execute(query)).first()
        if person is None:
            raise NotFoundError(f"Nobody here has the e-mail {email}.")
        before = person.password_hash
        await set_password_hash(db, person.id, password_hash, now, instead_of=before, given_by_operator=True)
        for account in await accounts_of(db, person.id):
            await state_account(db, account.id)
            await record(db, account.id, None, "user.password_changed", ("user", person.id), at=now)
