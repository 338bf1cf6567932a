"""Writes what the actions on handoffs decide: the handoff, the change to its session, and the event."""

import functools
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Uuid, bindparam, inspect, select, update

from flowpilot.db.session import Db
from flowpilot.db.statements.built import Built
from flowpilot.handoffs import decisions, policy
from flowpilot.handoffs.days.news import note
from flowpilot.handoffs.decisions import NewEvent
from flowpilot.handoffs.events import record
from flowpilot.handoffs.models import Outcome, SessionHandoff
from flowpilot.identity.assignees import still_works
from flowpilot.identity.hours.queries import history_in, hours_column
from flowpilot.sessions import service as sessions
from flowpilot.sessions.locking import LockedSession
from flowpilot.sessions.transitions import Action
from flowpilot.working_hours import HoursHistory


async def update_where(
    db: Db, account_id: uuid.UUID, *conditions: ColumnElement[bool], **values: Any
) -> Sequence[SessionHandoff]:
    """Update the handoffs that meet the conditions, in one statement, and return them."""
    statement = (
        update(SessionHandoff)
        .where(SessionHandoff.account_id == account_id, *conditions)
        .values(**values)
        .returning(SessionHandoff)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    return (await db.scalars(statement)).all()


_ACCOUNT: BindParameter[uuid.UUID] = bindparam("account_id", type_=Uuid)


@functools.cache
def _claiming(names: tuple[str, ...]) -> Built:
    columns = inspect(SessionHandoff).columns
    free = policy.is_free_for(bindparam("user_id", type_=Uuid))
    return Built(
        update(SessionHandoff)
        .where(SessionHandoff.account_id == _ACCOUNT, SessionHandoff.id == bindparam("handoff_id"), *free)
        .values({name: bindparam(f"set_{name}", type_=columns[name].type) for name in names}),
        returning=(SessionHandoff, hours_column(_ACCOUNT)),
        populate_existing=True,
    )


async def claim_if_free(
    db: Db, account_id: uuid.UUID, handoff_id: uuid.UUID, user_id: uuid.UUID, values: Mapping[str, Any]
) -> tuple[SessionHandoff, HoursHistory] | None:
    """Update the handoff if this person may claim it, and read the account's hours, in one statement.

    The session is locked already: where a statement waits for a lock, it reads what was there before.
    """
    which = {"account_id": account_id, "handoff_id": handoff_id, "user_id": user_id}
    sets = {f"set_{name}": value for name, value in values.items()}
    row = await _claiming(tuple(values)).first(db, **which, **sets)
    return None if row is None else (row[0], history_in(row[1]))


async def lock_where(
    db: Db, account_id: uuid.UUID, session_id: uuid.UUID, *conditions: ColumnElement[bool]
) -> Sequence[SessionHandoff]:
    """The handoffs of a locked session that meet the conditions, locked and read again."""
    query = select(SessionHandoff).where(
        SessionHandoff.account_id == account_id, SessionHandoff.session_id == session_id, *conditions
    )
    locking = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await db.scalars(locking)).all()


async def record_event(
    db: Db, handoff: SessionHandoff, event: NewEvent, by: uuid.UUID | None, at: datetime
) -> None:
    """Record an event of the handoff, and write what it is about."""
    await db.flush()
    note(db, handoff.session_id, handoff.created_at, handoff.claimed_at, at)
    record(db, handoff.account_id, handoff.id, event.kind, by=by, at=at, **event.content)


async def return_to_queue(
    db: Db, locked: LockedSession, handoff: SessionHandoff, by: uuid.UUID | None, reason: str
) -> None:
    """Put the session of a handoff, whose claim was taken away, back into the queue."""
    locked.session.owner_id = await first_line(db, handoff)
    await sessions.transition(db, locked, Action.RELEASE, by, reason)


async def close_open(
    db: Db,
    locked: LockedSession,
    by: uuid.UUID | None,
    outcome: Outcome,
    note: str = "",
    *,
    has_a_fix: bool = False,
) -> None:
    """Close what is open of a session's handoffs."""
    session = locked.session
    for handoff in await lock_where(db, session.account_id, session.id, SessionHandoff.closed_at.is_(None)):
        event = decisions.close(handoff, by, outcome, locked.moment, note, has_a_fix=has_a_fix)
        await record_event(db, handoff, event, by, locked.moment)


async def first_line(db: Db, handoff: SessionHandoff) -> uuid.UUID | None:
    """Who works on the session once no senior does; nobody, if that person can no longer work here."""
    person = handoff.goes_back_to
    return person if await still_works(db, handoff.account_id, person) else None
