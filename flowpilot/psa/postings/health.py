"""How a connection does: while its ticket system is down it rests, longer and longer; then everything goes on."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select, update

from flowpilot.clock import now
from flowpilot.db.session import Database, Db
from flowpilot.outgoing.pauses import Pauses
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.hooks import Changed
from flowpilot.psa.postings.lanes import give_turn
from flowpilot.psa.postings.models import WAITING, PsaPosting, State

_RESTS = Pauses(first=timedelta(seconds=4), factor=4, longest=timedelta(hours=1))


async def record_failure(
    database: Database, connection: PsaConnection, reason: str, not_before: datetime | None
) -> datetime:
    """Record that the ticket system takes nothing now, and return until when its connection rests."""
    moment = now()
    async with database.write(connection.account_id) as db:
        row = (
            await db.scalars(
                select(PsaConnection)
                .where(PsaConnection.account_id == connection.account_id, PsaConnection.id == connection.id)
                .with_for_update()
            )
        ).one()
        row.failures, row.trouble = row.failures + 1, reason
        row.backs_off_until = moment + _RESTS.after(row.failures)
        if not_before is not None:
            row.rests_until = max(not_before, row.rests_until or not_before)
        return row.quiet_until or moment


async def record_answer(database: Database, connection: PsaConnection) -> None:
    """Record that the ticket system answers again, if it did not before."""
    if connection.failures == 0:
        return
    async with database.write(connection.account_id) as db:
        await db.execute(
            update(PsaConnection)
            .where(PsaConnection.account_id == connection.account_id, PsaConnection.id == connection.id)
            .values(failures=0, trouble=None, backs_off_until=None)
        )
    connection.failures = 0


async def wake(db: Db, account_id: uuid.UUID, connection_id: uuid.UUID, at: datetime, moment: datetime) -> None:
    """Schedule a turn of the connection for that time, unless there is one by then."""
    scheduled = await db.execute(
        update(PsaConnection)
        .where(
            PsaConnection.account_id == account_id,
            PsaConnection.id == connection_id,
            or_(func.coalesce(PsaConnection.wakes_at, moment) <= moment, PsaConnection.wakes_at > at),
        )
        .values(wakes_at=at)
        .returning(PsaConnection.id)
    )
    if scheduled.one_or_none() is not None:
        await give_turn(db, account_id, connection_id, at)


async def awake(db: Db, account_id: uuid.UUID, connection_id: uuid.UUID) -> None:
    """Forget the turn that was scheduled: it is here, even if this machine's clock is behind the database's."""
    await db.execute(
        update(PsaConnection)
        .where(PsaConnection.account_id == account_id, PsaConnection.id == connection_id)
        .values(wakes_at=None)
    )


async def end_rest(db: Db, connection: PsaConnection) -> None:
    """Ask the ticket system again at once, because a person wants to know; not before it has asked for that."""
    connection.backs_off_until = connection.wakes_at = None
    await db.flush()


async def go_on(db: Db, changed: Changed) -> None:
    """Try everything of a connection that waits for somebody, because what it waits for may be there now."""
    await db.execute(
        update(PsaPosting)
        .where(
            PsaPosting.account_id == changed.account_id,
            PsaPosting.connection_id == changed.connection_id,
            PsaPosting.state == State.QUEUED,
            PsaPosting.due_at.is_(None),
        )
        .values(due_at=changed.at)
    )
    await give_turn(db, changed.account_id, changed.connection_id)


async def stop(db: Db, changed: Changed) -> None:
    """Say of everything that waits for a connection that it was removed, and try it no more."""
    removed = f"The connection to {changed.name} was removed. Connect it again and"
    is_held = PsaPosting.state == State.HELD
    reason = case(
        (PsaPosting.is_unlinked, PsaPosting.reason),  # What it lacks first is a ticket.
        (is_held, f"{removed} send this, or give it up."),
        else_=f"{removed} try this again, or give it up.",
    )
    await db.execute(
        update(PsaPosting)
        .where(
            PsaPosting.account_id == changed.account_id,
            PsaPosting.connection_id == changed.connection_id,
            PsaPosting.state.in_(WAITING),
        )
        .values(due_at=None, reason=reason)
    )


async def stop_if_removed(db: Db, account_id: uuid.UUID, connection_id: uuid.UUID, moment: datetime) -> None:
    """Say it also of what was enqueued in the very moment in which the connection was removed."""
    name = await db.scalar(
        select(PsaConnection.name).where(
            PsaConnection.account_id == account_id,
            PsaConnection.id == connection_id,
            PsaConnection.removed_at.is_not(None),
        )
    )
    if name is not None:
        await stop(db, Changed(account_id, connection_id, name, moment))
