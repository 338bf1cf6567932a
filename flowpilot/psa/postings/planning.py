"""Enqueueing a posting, in the transaction of what it follows from."""

import json
import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.markers import marker_of
from flowpilot.psa.numbers import bare
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.days import span
from flowpilot.psa.postings.lanes import give_turn
from flowpilot.psa.postings.models import State
from flowpilot.psa.provider import Audience, PostingStepKind
from flowpilot.psa.rules.models import PsaRules

# The posting, its steps, and the push of its note, which the reports count. Somebody waits for the end of a
# session, so it is one statement, which is not made and compiled each time.
_WRITE = text(
    """
    WITH posting AS (
        INSERT INTO psa_postings (account_id, id, connection_id, ai_session_id, ticket_id, audience, occasion,
                                  text, state, due_at, released_at, created_by, created_at)
        VALUES (:account_id, :posting_id, :connection_id, :session_id, :ticket_id, :audience, :occasion,
                :text, :state, :due_at, :released_at, :created_by, :created_at)
    ), push AS (
        INSERT INTO psa_post_logs (account_id, id, ai_session_id, posting_id, ticket_id, status, retry_count)
        SELECT :account_id, :push_id, :session_id, :posting_id, :ticket_id, 'pending', 0 WHERE :is_push
        RETURNING id
    )
    INSERT INTO psa_posting_steps (account_id, id, posting_id, position, kind, marker, user_id, minutes,
                                   worked_seconds, started_at, ended_at, attachment_id, state)
    SELECT :account_id, step.id, :posting_id, step.place - 1, step.kind, step.marker, step.user_id, step.minutes,
           step.worked_seconds, step.started_at, step.ended_at, step.attachment_id, 'queued'
    FROM ROWS FROM (
        jsonb_to_recordset(CAST(:steps AS jsonb)) AS (
            id uuid, kind text, marker text, user_id uuid, minutes int, worked_seconds float8,
            started_at timestamptz, ended_at timestamptz, attachment_id uuid)
    ) WITH ORDINALITY AS step (
        id, kind, marker, user_id, minutes, worked_seconds, started_at, ended_at, attachment_id, place)
    RETURNING psa_posting_steps.id
    """
)


@dataclass(frozen=True, slots=True)
class Worked:
    """Time that one person worked between two moments of a day, in seconds, without pauses."""

    user_id: uuid.UUID | None
    started_at: datetime
    ended_at: datetime
    seconds: float
    day_ends_at: datetime

    @property
    def minutes(self) -> int:
        """Whole minutes, up to the next one, and at least one."""
        return max(1, math.ceil(self.seconds / 60))

    @property
    def booked(self) -> tuple[datetime, datetime]:
        """From when to when it is booked: as long as its minutes."""
        return span(self.started_at, self.minutes, self.day_ends_at)


@dataclass(frozen=True, slots=True)
class NewPosting:
    """What is to be posted to a ticket: a note, people's time, files, and the occasion's status."""

    session_id: uuid.UUID
    ticket_id: str
    occasion: Occasion
    audience: Audience
    text: str | None
    worked: Sequence[Worked] = ()
    sets_status: bool = False
    files: Sequence[uuid.UUID] = ()


async def enqueue(
    db: Db, connection: PsaConnection, rules: PsaRules, new: NewPosting, by: uuid.UUID | None, now: datetime
) -> uuid.UUID | None:
    """Enqueue a posting, held as the account's rules say, and return its id; None if there is nothing to post."""
    posting_id, account_id = new_id(), connection.account_id
    steps = _steps(new, by)
    if not steps:
        return None
    held = new.occasion is not Occasion.BY_HAND and (rules.waits_for_person or rules.hold_minutes > 0)
    due_at = held_until(rules, now) if held else now
    said = {
        "account_id": account_id,
        "posting_id": posting_id,
        "connection_id": connection.id,
        "session_id": new.session_id,
        "ticket_id": bare(new.ticket_id),
        "audience": new.audience,
        "occasion": new.occasion,
        "text": new.text,
        "state": State.HELD if held else State.QUEUED,
        "due_at": due_at,
        "released_at": None if held else now,
        "created_by": by,
        "created_at": now,
        "push_id": new_id(),
        # A text for a client documents nothing for the desk.
        "is_push": new.text is not None and new.audience is Audience.INTERNAL,
        "steps": json.dumps(steps, default=str),
    }
    await db.execute(_WRITE, said)
    if held and due_at is not None:
        await give_turn(db, account_id, connection.id, due_at)
    elif not held and not connection.is_woken_later(now):
        await give_turn(db, account_id, connection.id)
    return posting_id


def held_until(rules: PsaRules, now: datetime) -> datetime | None:
    """When a held posting goes by itself; None if it waits for a person."""
    return None if rules.waits_for_person else now + timedelta(minutes=rules.hold_minutes)


def _steps(new: NewPosting, by: uuid.UUID | None) -> list[dict[str, Any]]:
    steps = [_step(PostingStepKind.NOTE, user_id=by)] if new.text is not None else []
    steps += [_time(worked) for worked in new.worked]
    steps += [_step(PostingStepKind.FILE, user_id=by, attachment_id=one) for one in new.files]
    return steps + ([_step(PostingStepKind.STATUS)] if new.sets_status else [])


def _time(worked: Worked) -> dict[str, Any]:
    started_at, ended_at = worked.booked
    return _step(
        PostingStepKind.TIME,
        user_id=worked.user_id,
        minutes=worked.minutes,
        worked_seconds=worked.seconds,
        started_at=started_at,
        ended_at=ended_at,
    )


def _step(kind: PostingStepKind, **values: object) -> dict[str, Any]:
    step_id = new_id()
    return {"id": step_id, "kind": kind, "marker": marker_of(step_id), **values}
