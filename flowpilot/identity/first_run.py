"""The first account, made in a browser by whoever can read what the server printed when it started."""

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
        super().__init__("The set-up code is wrong. Copy it from where the server was started.")


class SetUpAlreadyError(ConflictError):
    """The first account is there."""

    def __init__(self) -> None:
        super().__init__("FlowPilot is set up already. Sign in, or ask its owner for an invitation.")


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """The account to make, and its owner."""

    account_name: str
    timezone: str
    name: str
    email: str
    password: str


def setup_code(signing_key: str) -> str:
    """What the operator is shown and the browser asks for: 80 bits that follow from the installation's secret."""
    digest = hmac.digest(signing_key.encode(), b"first run: code", "sha256").hex()[:20]
    return "-".join(digest[start : start + 5] for start in range(0, 20, 5))


async def is_open(database: Database) -> bool:
    """Whether there is no account at this moment: since the server started, a backup may have been restored."""
    async with database.read(None) as db:
        return await _is_empty(db)


async def _is_empty(db: ReadDb) -> bool:
    return not await db.scalar(text("SELECT has_accounts FROM installation"))


async def set_up(
    database: Database,
    signing_key: str,
    code: str,
    wanted: FirstAccount,
    now: datetime,
    furnish: Callable[[Db, uuid.UUID], Awaitable[object]],
) -> TokenClaim:
    """Make the first account with its owner, who is signed in by the claim returned.

    Args:
        furnish: puts into the new account what other features begin with, in the same transaction.

    Raises:
        WrongCodeError: the code is not this installation's.
        SetUpAlreadyError: it was done before.
        InvalidError: a name is empty, or the zone, e-mail or password cannot be used.
    """
    if not hmac.compare_digest(code.strip().lower().encode(), setup_code(signing_key).encode()):
        raise WrongCodeError
    # The id follows from the secret too, so that the code is good for one account and no more.
    digest = hmac.digest(signing_key.encode(), b"first run: account", "sha256")
    account_id = uuid.UUID(bytes=digest[:16], version=4)
    password_hash = await passwords.new_hash(wanted.password)
    async with database.write(account_id) as db:
        if not await _is_empty(db):
            raise SetUpAlreadyError
        try:
            await members.create_account(db, account_id, wanted.account_name, wanted.timezone, now)
        except IntegrityError as error:
            raise SetUpAlreadyError from error
        user_id = await members.add_new_member(
            db, account_id, wanted.email, Role.OWNER, now, name=wanted.name, password_hash=password_hash
        )
        await furnish(db, account_id)
    return TokenClaim(user_id, account_id, now)
