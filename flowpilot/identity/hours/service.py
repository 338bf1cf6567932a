"""Changes of working hours. The account keeps what was valid before."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import delete

from flowpilot.clock import zone
from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.identity.hours.models import AccountHours
from flowpilot.identity.hours.queries import versions
from flowpilot.identity.models import Account
from flowpilot.jobs import enqueue
from flowpilot.working_hours import parse_clock

RECOUNT_JOB = "hours.recount"

_COLUMNS = ("work_days", "work_start", "work_end")


class NoSuchHoursError(NotFoundError):
    """No hours are valid from that day on."""


async def set_hours(db: Db, account: Account, actor: Actor, values: dict[str, Any], now: datetime) -> AccountHours:
    """Have hours from a day on, today by default; those of the same day are replaced. The account is locked."""
    day = values.get("valid_from") or today(account.timezone, now)
    await db.execute(_of_day(actor, day))
    hours = AccountHours(
        account_id=actor.account_id,
        valid_from=day,
        timezone=account.timezone,
        spans=values["spans"],
        holidays=values["holidays"],
        created_by=actor.user_id,
        created_at=now,
    )
    db.add(hours)
    await db.flush()
    await _show_present(db, account, now)
    await _count_again(db, account, day, now)
    after = {"valid_from": day.isoformat(), "spans": hours.spans, "holidays": len(hours.holidays)}
    await _record(db, actor, None, after, now)
    return hours


async def remove_hours(db: Db, account: Account, actor: Actor, day: date, now: datetime) -> None:
    """Take hours back, as if they had never been valid: those before them go on.

    Raises:
        NoSuchHoursError: there are none from that day on.
    """
    if await db.scalar(_of_day(actor, day).returning(AccountHours.id)) is None:
        raise NoSuchHoursError("No working hours begin on that day. GET /api/v1/account/hours lists the days.")
    await _show_present(db, account, now)
    await _count_again(db, account, day, now)
    await _record(db, actor, {"valid_from": day.isoformat()}, None, now)


async def follow_account(db: Db, account: Account, actor: Actor, changed: set[str], now: datetime) -> None:
    """Have the hours follow a change of the account's columns, or of its time zone, from today on."""
    if not changed & {*_COLUMNS, "timezone"}:
        return
    known = [one for one in await versions(db, actor.account_id) if _is_valid(one, account, now)]
    present = known[-1] if known else None
    spans = None if present is None else present.spans
    if changed & {*_COLUMNS}:
        spans = _spans_of(account)
    elif spans is None:
        return
    holidays = [] if present is None else present.holidays
    day = today(account.timezone, now)
    await db.execute(_of_day(actor, day))
    db.add(
        AccountHours(
            account_id=actor.account_id,
            valid_from=day,
            timezone=account.timezone,
            spans=spans,
            holidays=holidays,
            created_by=actor.user_id,
            created_at=now,
        )
    )
    await db.flush()


def today(timezone: str, now: datetime) -> date:
    """The calendar day in a zone."""
    return now.astimezone(zone(timezone)).date()


async def _count_again(db: Db, account: Account, day: date, now: datetime) -> None:
    """Have what was counted since that day counted again, by a job."""
    if day <= today(account.timezone, now):
        enqueue(db, RECOUNT_JOB, lock=f"hours {account.id}", account_id=account.id)


def _of_day(actor: Actor, day: date) -> Any:
    return delete(AccountHours).where(AccountHours.account_id == actor.account_id, AccountHours.valid_from == day)


def _is_valid(hours: AccountHours, account: Account, now: datetime) -> bool:
    return hours.valid_from is None or hours.valid_from <= today(account.timezone, now)


async def _show_present(db: Db, account: Account, now: datetime) -> None:
    """Have the account's own columns show the present hours, if three columns can."""
    valid = [one for one in await versions(db, account.id) if _is_valid(one, account, now)]
    spans = (valid[-1].spans if valid else None) or []
    times = {(parse_clock(one["start"]), parse_clock(one["end"])) for one in spans}
    days = sorted({one["weekday"] for one in spans})
    start, end = min(times) if len(times) == 1 and len(days) == len(spans) else (0, 0)
    is_simple = start < end < 24 * 60
    account.work_days = days if is_simple else None
    account.work_start = time(*divmod(start, 60)) if is_simple else None
    account.work_end = time(*divmod(end, 60)) if is_simple else None
    await db.flush()


def _spans_of(account: Account) -> list[dict[str, Any]] | None:
    if account.work_days is None or account.work_start is None or account.work_end is None:
        return None
    times = {"start": f"{account.work_start:%H:%M}", "end": f"{account.work_end:%H:%M}"}
    return [{"weekday": day, **times} for day in account.work_days]


async def _record(
    db: Db, actor: Actor, before: dict[str, Any] | None, after: dict[str, Any] | None, now: datetime
) -> None:
    target = ("account", actor.account_id)
    changed = {"before": before, "after": after}
    await record(db, actor.account_id, actor.user_id, "account.hours_changed", target, at=now, **changed)
