"""Enqueueing a posting, in the transaction of what it follows from."""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Insert, insert, select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db, ReadDb
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.markers import marker_of
from flowpilot.psa.models import PsaPostLog
from flowpilot.psa.numbers import bare
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.days import span
from flowpilot.psa.postings.lanes import give_turn
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep, PsaRules, State
from flowpilot.psa.provider import Audience, PostingStepKind


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
    """What is to be posted to a ticket: a note, people's time, and the status that goes with the occasion."""

    session_id: uuid.UUID
    ticket_id: str
    occasion: Occasion
    audience: Audience
    text: str | None
    worked: Sequence[Worked] = ()
    sets_status: bool = False


async def connection_and_rules(db: ReadDb, account_id: uuid.UUID) -> tuple[PsaConnection | None, PsaRules]:
    """The account's connection, if it has one, and what it posts by itself."""
    row = (
        await db.execute(
            select(PsaConnection, PsaRules)
            .outerjoin(PsaRules, PsaRules.account_id == PsaConnection.account_id)
            .where(PsaConnection.account_id == account_id, PsaConnection.removed_at.is_(None))
        )
    ).one_or_none()
    connection, rules = (None, None) if row is None else row
    return connection, rules or default_rules(account_id)


def default_rules(account_id: uuid.UUID) -> PsaRules:
    """The rules of an account that has changed none."""
    return PsaRules(
        account_id=account_id,
        posts_note=True,
        posts_time=True,
        posts_status=False,
        posts_escalation=False,
        hold_minutes=0,
        waits_for_person=False,
        client_greeting="",
        client_signature="",
        ticket_url_template=None,
    )


async def enqueue(
    db: Db, connection: PsaConnection, rules: PsaRules, new: NewPosting, by: uuid.UUID | None, now: datetime
) -> uuid.UUID | None:
    """Enqueue a posting, held as the account's rules say, and return its id; None if there is nothing to post."""
    posting_id, account_id = new_id(), connection.account_id
    steps = _steps(account_id, posting_id, new, by)
    if not steps:
        return None
    held = new.occasion is not Occasion.BY_HAND and (rules.waits_for_person or rules.hold_minutes > 0)
    due_at = held_until(rules, now) if held else now
    posting = insert(PsaPosting).values(
        account_id=account_id,
        id=posting_id,
        connection_id=connection.id,
        ai_session_id=new.session_id,
        ticket_id=bare(new.ticket_id),
        audience=new.audience,
        occasion=new.occasion,
        text=new.text,
        state=State.HELD if held else State.QUEUED,
        due_at=due_at,
        released_at=None if held else now,
        created_by=by,
        created_at=now,
    )
    # A text for a client documents nothing for the desk.
    is_push = new.text is not None and new.audience is Audience.INTERNAL
    await db.execute(_push(account_id, posting_id, new).add_cte(posting.cte()) if is_push else posting)
    db.add_all(steps)
    await db.flush()
    if due_at is not None:
        await give_turn(db, account_id, connection.id, due_at if held else None)
    return posting_id


def _push(account_id: uuid.UUID, posting_id: uuid.UUID, new: NewPosting) -> Insert:
    """The push of the note, which the reports count. One statement writes both: somebody waits for it."""
    return insert(PsaPostLog).values(
        account_id=account_id,
        id=new_id(),
        ai_session_id=new.session_id,
        posting_id=posting_id,
        ticket_id=bare(new.ticket_id),
        status="pending",
        retry_count=0,
    )


def held_until(rules: PsaRules, now: datetime) -> datetime | None:
    """When a held posting goes by itself; None if it waits for a person."""
    return None if rules.waits_for_person else now + timedelta(minutes=rules.hold_minutes)


def _steps(
    account_id: uuid.UUID, posting_id: uuid.UUID, new: NewPosting, by: uuid.UUID | None
) -> list[PsaPostingStep]:
    steps = [_step(PostingStepKind.NOTE, user_id=by)] if new.text is not None else []
    steps += [_time(worked) for worked in new.worked]
    steps += [_step(PostingStepKind.STATUS)] if new.sets_status else []
    for position, step in enumerate(steps):
        step.account_id, step.posting_id, step.position = account_id, posting_id, position
    return steps


def _time(worked: Worked) -> PsaPostingStep:
    started_at, ended_at = worked.booked
    return _step(
        PostingStepKind.TIME,
        user_id=worked.user_id,
        minutes=worked.minutes,
        worked_seconds=worked.seconds,
        started_at=started_at,
        ended_at=ended_at,
    )


def _step(kind: PostingStepKind, **values: object) -> PsaPostingStep:
    step_id = new_id()
    return PsaPostingStep(
        id=step_id, kind=kind, marker=marker_of(step_id), state=State.QUEUED, attempts=0, looks=0, **values
    )
