"""The account and the rules of its help desk."""

from datetime import datetime, time
from typing import Any

from flowpilot.clock import zone
from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import InvalidError
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.identity.hours.service import follow_account
from flowpilot.identity.models import Account

_HOURS = ("work_days", "work_start", "work_end")


async def read_account(db: ReadDb, actor: Actor) -> Account:
    """The actor's account."""
    return await db.get_one(Account, actor.account_id)


async def lock_account(db: Db, actor: Actor) -> Account:
    """The actor's account, locked against other changes until this transaction ends."""
    return await db.get_one(Account, actor.account_id, with_for_update={"key_share": True}, populate_existing=True)


async def change_account(db: Db, actor: Actor, changes: dict[str, Any], now: datetime) -> Account:
    """Change columns of the account, and record it in the audit log.

    Raises:
        InvalidError: the name is empty, the time zone does not exist, or the working hours are incomplete.
    """
    account = await lock_account(db, actor)
    if "timezone" in changes:
        _check_zone(changes["timezone"])
    if "name" in changes:
        changes = changes | {"name": changes["name"].strip()}
        if not changes["name"]:
            raise InvalidError("An account needs a name.", field="name")
    _check_hours(*(changes.get(column, getattr(account, column)) for column in _HOURS))
    after = {column: value for column, value in changes.items() if value != getattr(account, column)}
    if not after:
        return account
    before = {column: getattr(account, column) for column in after}
    for column, value in after.items():
        setattr(account, column, value)
    await db.flush()
    await follow_account(db, account, actor, set(after), now)
    target = ("account", actor.account_id)
    changed = {"before": _as_json(before), "after": _as_json(after)}
    await record(db, actor.account_id, actor.user_id, "account.changed", target, at=now, **changed)
    return account


def _check_zone(name: str) -> None:
    try:
        zone(name)
    except InvalidError as error:
        raise InvalidError(error.detail, field="timezone") from error


def _check_hours(days: list[int] | None, start: time | None, end: time | None) -> None:
    if days is None and start is None and end is None:
        return
    if days is None or start is None or end is None:
        raise InvalidError(
            "Working hours need work_days, work_start and work_end. Send all three, or null for each.",
            field="work_start",
        )
    if not days:
        raise InvalidError("Working hours need at least one day of the week.", field="work_days")
    if start >= end:
        raise InvalidError("Working hours must start before they end, on the same day.", field="work_end")


def _as_json(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: f"{value:%H:%M}" if isinstance(value, time) else value for name, value in columns.items()}
