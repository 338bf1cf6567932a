"""Enqueueing a posting, in the transaction of what it follows from."""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db, ReadDb
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.markers import marker_of
from flowpilot.psa.models import PsaPostLog
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.lanes import give_turn
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep, PsaRules, State
from flowpilot.psa.provider import Audience, PostingStepKind


@dataclass(frozen=True, slots=True)
class Worked:
    """Time that one person worked between two moments, in seconds, without pauses."""

    user_id: uuid.UUID | None
    started_at: datetime
    ended_at: datetime
    seconds: float

    @property
    def minutes(self) -> int:
        """Whole minutes, up to the next one, and at least one."""
        return max(1, math.ceil(self.seconds / 60))


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
) -> PsaPosting | None:
    """Enqueue a posting, held as the account's rules say; None if there is nothing to post."""
    held = rules.waits_for_person or rules.hold_minutes > 0
    if new.occasion is Occasion.BY_HAND:
        held = False
    posting = PsaPosting(
        account_id=connection.account_id,
        id=new_id(),
        connection_id=connection.id,
        ai_session_id=new.session_id,
        ticket_id=new.ticket_id,
        audience=new.audience,
        occasion=new.occasion,
        text=new.text,
        state=State.HELD if held else State.QUEUED,
        due_at=held_until(rules, now) if held else now,
        released_at=None if held else now,
        is_unlinked=False,
        created_by=by,
        created_at=now,
    )
    steps = _steps(posting, new)
    if not steps:
        return None
    db.add(posting)
    await db.flush()
    db.add_all(steps)
    if new.text is not None:
        db.add(
            PsaPostLog(
                account_id=posting.account_id,
                id=new_id(),
                ai_session_id=new.session_id,
                posting_id=posting.id,
                ticket_id=new.ticket_id,
                status="pending",
                retry_count=0,
            )
        )
    await db.flush()
    if posting.due_at is not None:
        await give_turn(db, posting.account_id, connection.id, posting.due_at if held else None)
    return posting


def span(started_at: datetime, worked_until: datetime, minutes: int) -> tuple[datetime, datetime]:
    """As long as the minutes that are booked, and within the day (UTC) if the work was.

    Minutes are rounded up, or corrected by a person, so from the beginning on they may reach over midnight.

    Args:
        minutes: a day at most.
    """
    tomorrow = started_at.astimezone(UTC).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), UTC)
    ended_at = started_at + timedelta(minutes=minutes)
    if worked_until <= midnight:
        ended_at = min(ended_at, midnight)
    return ended_at - timedelta(minutes=minutes), ended_at


def held_until(rules: PsaRules, now: datetime) -> datetime | None:
    """When a held posting goes by itself; None if it waits for a person."""
    return None if rules.waits_for_person else now + timedelta(minutes=rules.hold_minutes)


def _steps(posting: PsaPosting, new: NewPosting) -> list[PsaPostingStep]:
    steps = [_step(posting, PostingStepKind.NOTE, user_id=posting.created_by)] if new.text is not None else []
    steps += [_time(posting, worked) for worked in new.worked]
    steps += [_step(posting, PostingStepKind.STATUS)] if new.sets_status else []
    for position, step in enumerate(steps):
        step.position = position
    return steps


def _time(posting: PsaPosting, worked: Worked) -> PsaPostingStep:
    started_at, ended_at = span(worked.started_at, worked.ended_at, worked.minutes)
    return _step(
        posting,
        PostingStepKind.TIME,
        user_id=worked.user_id,
        minutes=worked.minutes,
        worked_seconds=worked.seconds,
        started_at=started_at,
        ended_at=ended_at,
    )


def _step(posting: PsaPosting, kind: PostingStepKind, **values: object) -> PsaPostingStep:
    step_id = new_id()
    return PsaPostingStep(
        account_id=posting.account_id,
        id=step_id,
        posting_id=posting.id,
        kind=kind,
        marker=marker_of(step_id),
        state=State.QUEUED,
        attempts=0,
        **values,
    )
