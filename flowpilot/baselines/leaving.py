"""The running stopwatch of a member who leaves."""

from typing import Any

from sqlalchemy import delete, select

from flowpilot.baselines.models import HandoffBaseline
from flowpilot.db.session import Db, ReadDb
from flowpilot.identity.leaving import Holder, Holding, Leaver, LeavingHook


async def _list_running(db: ReadDb, holder: Holder) -> list[Holding]:
    query = select(HandoffBaseline).where(*_runs(holder))
    return [_stopwatch(running) for running in await db.scalars(query)]


async def _remove_running(db: Db, leaver: Leaver) -> list[Holding]:
    """Remove a running stopwatch: nobody else can stop it at the right moment, so it has measured nothing."""
    if leaver.still_works:
        return []
    gone = delete(HandoffBaseline).where(*_runs(leaver)).returning(HandoffBaseline)
    return [_stopwatch(running) for running in await db.scalars(gone)]


def _runs(holder: Holder) -> tuple[Any, ...]:
    of_theirs = HandoffBaseline.account_id == holder.account_id, HandoffBaseline.measured_by == holder.user_id
    return *of_theirs, HandoffBaseline.seconds.is_(None)


def _stopwatch(running: HandoffBaseline) -> Holding:
    return Holding("stopwatch", running.id, running.note or "A running stopwatch")


STOPWATCH = LeavingHook(_list_running, _remove_running)
