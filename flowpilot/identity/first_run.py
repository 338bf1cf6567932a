"""The first account, created in a browser by the person who can read what the server printed at its start."""

import hmac
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from flowpilot.db.session import Database, Db, ReadDb
from flowpilot.errors import ConflictError, FlowPilotError
from flowpilot.identity import members, passwords
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import TokenClaim


class WrongCodeError(FlowPilotError):
    """The code is not the one that this server printed."""

    status = 403

    def __init__(self) -> None:
        super().__init__("The set-up code is wrong. Copy it from the terminal or log of the server.")


class SetUpAlreadyError(ConflictError):
    """The first account has been created already."""

    def __init__(self) -> None:
        super().__init__("FlowPilot is set up already. Sign in, or ask its owner for an invitation.")


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """The account to create, and its owner."""

    account_name: str
    timezone: str
    name: str
    email: str
    password: str


def setup_code(signing_key: str) -> str:
    """The code that the server prints and the browser asks for: 80 bits derived from the secret key."""
    digest = hmac.digest(signing_key.encode(), b"first run: code", "sha256").hex()[:20]
    return "-".join(digest[start : start + 5] for start in range(0, 20, 5))


async def is_open(database: Database) -> bool:
    """Whether there is no account yet. A backup may have been restored since the server started."""
    async with database.read(None) as db:
        return await _is_empty(db)


async def _is_empty(db: ReadDb) -> bool:
    return not await db.scalar(text("SELECT has_accounts FROM installation"))


async def set_up(
    database: Database,
    signing_key: str,
    code: str,
    first: FirstAccount,
    now: datetime,
    furnish: Callable[[Db, uuid.UUID], Awaitable[object]],
) -> TokenClaim:
    """Create the first account and its owner, and return the claim that signs the owner in.

    Args:
        furnish: adds the initial data of other features, in the same transaction.

    Raises:
        WrongCodeError: the code does not belong to this installation.
        SetUpAlreadyError: there is an account already.
        InvalidError: a name is empty, or the zone, e-mail or password cannot be used.
    """
    if not hmac.compare_digest(code.strip().lower().encode(), setup_code(signing_key).encode()):
        raise WrongCodeError
    # The id is derived from the secret key too, so that the code can create one account only.
    digest = hmac.digest(signing_key.encode(), b"first run: account", "sha256")
    account_id = uuid.UUID(bytes=digest[:16], version=4)
    password_hash = await passwords.new_hash(first.password)
    async with database.write(account_id) as db:
        if not await _is_empty(db):
            raise SetUpAlreadyError
        try:
            await members.create_account(db, account_id, first.account_name, first.timezone, now)
        except IntegrityError as error:
            raise SetUpAlreadyError from error
        user_id = await members.add_new_member(
            db, account_id, first.email, Role.OWNER, now, name=first.name, password_hash=password_hash
        )
        await furnish(db, account_id)
    return TokenClaim(user_id, account_id, now)
