"""The events of handoffs: the record of every transition, and what the live stream resumes from."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from flowpilot.db.announce import announce
from flowpilot.db.base import new_id
from flowpilot.db.last import do_last, do_what_is_last
from flowpilot.db.lookups import Asked, Lookup
from flowpilot.db.session import Db
from flowpilot.db.statements.built import Built
from flowpilot.handoffs.days.news import MARKS, take_pending
from flowpilot.handoffs.models import HandoffCounter, HandoffEvent, HandoffEventKind
from flowpilot.jobs import enqueue

NOTIFY_JOB = "handoffs.notify"

_RECORDED = "handoff events"

# Kinds that people are notified of; the others only refresh open pages.
NOTIFIED_KINDS = frozenset(
    {
        HandoffEventKind.CREATED,
        HandoffEventKind.CLAIMED,
        HandoffEventKind.RELEASED,
        HandoffEventKind.REASSIGNED,
        HandoffEventKind.REMINDED,
        HandoffEventKind.EXPIRED,
        HandoffEventKind.ASKED,
        HandoffEventKind.ANSWERED,
        HandoffEventKind.WITHDRAWN,
        HandoffEventKind.OPINION,
        HandoffEventKind.RESUMED,
        HandoffEventKind.CLOSED,
    }
)

# The event takes the account's next number in the statement that adds it.
_COUNTED = upsert(HandoffCounter).values(account_id=bindparam("account_id"), last_number=1)
_NUMBER = (
    _COUNTED.on_conflict_do_update(
        index_elements=[HandoffCounter.account_id], set_={"last_number": HandoffCounter.last_number + 1}
    )
    .returning(HandoffCounter.last_number)
    .cte("counted")
)
_VALUES = {
    HandoffEvent.account_id: "account_id",
    HandoffEvent.id: "id",
    HandoffEvent.handoff_id: "handoff_id",
    HandoffEvent.kind: "kind",
    HandoffEvent.actor_id: "actor_id",
    HandoffEvent.content: "content",
    HandoffEvent.created_at: "at",
}
_NUMBERED = (
    insert(HandoffEvent)
    .from_select(
        [*(column.key for column in _VALUES), "number"],
        select(*(bindparam(name, type_=column.type) for column, name in _VALUES.items()), _NUMBER.c.last_number),
    )
    .execution_options(dml_strategy="raw")
)  # What it is sent with are its parameters, and no row.
# The same, with the marks of what has changed.
_NUMBERED_MARKED = _NUMBERED.add_cte(
    text(MARKS.format(account=":account_id", days=":days", sessions=":sessions")).columns().cte("marked")
)
_TOLD = (HandoffEvent.number,)
_WRITTEN, _WRITTEN_AND_MARKED = Built(_NUMBERED, returning=_TOLD), Built(_NUMBERED_MARKED, returning=_TOLD)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event of this transaction, as it is written."""

    number: int
    handoff_id: uuid.UUID
    kind: HandoffEventKind
    actor_id: uuid.UUID | None
    content: dict[str, Any]
    created_at: datetime


def record(
    db: Db,
    account_id: uuid.UUID,
    handoff_id: uuid.UUID,
    kind: HandoffEventKind,
    *,
    by: uuid.UUID | None,
    at: datetime,
    **content: Any,
) -> None:
    """Add an event in the transaction of the transition, announce it, and have people notified.

    It is written last, whatever else the transaction does: the account's counter stays locked until the end, so
    that events are numbered in the order in which they are committed, and a stream that has seen a number has
    missed none below it.
    """
    said = {"id": new_id(), "handoff_id": handoff_id, "kind": kind, "actor_id": by, "content": content, "at": at}
    if kind in NOTIFIED_KINDS:
        enqueue(db, NOTIFY_JOB, account_id=account_id, event_id=said["id"])
    recorded: list[dict[str, Any]] = db.info.setdefault(_RECORDED, [])
    recorded.append({"account_id": account_id, **said})
    do_last(db, write_recorded, after_all=True)


async def write_recorded(db: Db) -> list[RecordedEvent]:
    """Write the transaction's events, in their order: before it commits, or for the answer that tells them.

    Whatever else was put off to the end is written before them, since others wait from here on until the commit.
    """
    recorded: list[dict[str, Any]] = db.info.pop(_RECORDED, [])
    if not recorded:
        return []
    await db.flush()
    pending = take_pending(db)
    await do_what_is_last(db)
    written = []
    for event in recorded:
        statement = _WRITTEN if pending is None else _WRITTEN_AND_MARKED
        row = await statement.first(db, **event, **(pending or {}))
        pending = None
        announce(db, event["account_id"], "handoffs")
        written.append(_written(event, row[0]))
    return written


def _written(event: Mapping[str, Any], number: int) -> RecordedEvent:
    said = {name: event[name] for name in ("handoff_id", "kind", "actor_id", "content")}
    return RecordedEvent(number=number, created_at=event["at"], **said)


_NEWEST = Lookup(
    select(func.coalesce(func.max(HandoffEvent.number), 0)).where(
        HandoffEvent.account_id == bindparam("account_id")
    ),
    int,
)


def newest_number(account_id: uuid.UUID) -> Asked[int]:
    """The number of the account's newest event; 0 when there was none."""
    return _NEWEST.of(account_id=account_id)
