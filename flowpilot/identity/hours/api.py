"""JSON routes of the working hours."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from flowpilot.clock import Now
from flowpilot.errors import InvalidError
from flowpilot.identity import accounts
from flowpilot.identity.access import CanManageAccount
from flowpilot.identity.auth import Caller, ReadSession, WriteSession
from flowpilot.identity.hours import service
from flowpilot.identity.hours.queries import hours_history, versions
from flowpilot.identity.hours.schemas import HoursIn, HoursOut, WorkingTime
from flowpilot.working_hours import worked

router = APIRouter(prefix="/api/v1/account/hours", tags=["identity"])

MOST_DAYS = 3660


@router.get("")
async def list_hours(actor: Caller, db: ReadSession) -> list[HoursOut]:
    """The account's working hours with their history, the oldest first. Before, it worked around the clock."""
    return [HoursOut.model_validate(one) for one in await versions(db, actor.account_id)]


@router.post("")
async def set_hours(body: HoursIn, actor: CanManageAccount, db: WriteSession, now: Now) -> HoursOut:
    """Have other working hours from a day on. Those that begin on the same day are replaced."""
    account = await accounts.lock_account(db, actor)
    values = body.model_dump(mode="json") | {"valid_from": body.valid_from}
    return HoursOut.model_validate(await service.set_hours(db, account, actor, values, now))


@router.delete("/{valid_from}", status_code=204, response_class=Response)
async def remove_hours(valid_from: date, actor: CanManageAccount, db: WriteSession, now: Now) -> None:
    """Take hours back: those before them go on."""
    await service.remove_hours(db, await accounts.lock_account(db, actor), actor, valid_from, now)


@router.get("/working-time")
async def read_working_time(
    actor: Caller,
    db: ReadSession,
    start: Annotated[AwareDatetime, Query(description="ISO date-time with an offset.")],
    end: Annotated[AwareDatetime, Query(description="Not before the start, and at most ten years after it.")],
) -> WorkingTime:
    """How much of a stretch of time is working time, by the hours that were valid at each time."""
    return await working_time(db, actor, start, end)


async def working_time(db: ReadSession, actor: Caller, start: datetime, end: datetime) -> WorkingTime:
    """The same for a page.

    Raises:
        InvalidError: the end is before the start, or too far from it.
    """
    if not 0 <= (end - start).days <= MOST_DAYS:
        raise InvalidError("The end must not be before the start, nor more than ten years after it.", field="end")
    working = worked(start, end, await hours_history(db, actor.account_id))
    return WorkingTime(clock_seconds=(end - start).total_seconds(), working_seconds=working.total_seconds())
