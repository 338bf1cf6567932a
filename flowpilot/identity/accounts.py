"""The account and the rules of its help desk."""

from datetime import datetime
from typing import Any

from flowpilot.clock import zone
from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import InvalidError
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit import record
from flowpilot.identity.models import Account


async def read_account(db: ReadDb, actor: Actor) -> Account:
    """The actor's account."""
    return await db.get_one(Account, actor.account_id)


async def change_account(db: Db, actor: Actor, changes: dict[str, Any], now: datetime) -> Account:
    """Change columns of the account, on record.

    Raises:
        InvalidError: the name is empty, or the zone is none.
    """
    account = await db.get_one(Account, actor.account_id, with_for_update={"key_share": True})
    if "timezone" in changes:
        zone(changes["timezone"])
    if "name" in changes:
        changes = changes | {"name": changes["name"].strip()}
        if not changes["name"]:
            raise InvalidError("An account needs a name.")
    after = {column: value for column, value in changes.items() if value != getattr(account, column)}
    if not after:
        return account
    before = {column: getattr(account, column) for column in after}
    for column, value in after.items():
        setattr(account, column, value)
    await db.flush()
    target = ("account", actor.account_id)
    told = {"before": before, "after": after}
    await record(db, actor.account_id, actor.user_id, "account.changed", target, at=now, **told)
    return account
