"""Recording what becomes of a posting's steps, each time in a transaction of its own around the request.

A request is on record before it is sent. If the process dies meanwhile, the step stays asked for, and the next
turn looks it up.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from flowpilot.db.session import Db
from flowpilot.outgoing.pauses import Pauses, as_long_again
from flowpilot.psa.days.news import logged
from flowpilot.psa.markers import marker_of
from flowpilot.psa.postings import rollup
from flowpilot.psa.postings.loaded import LoadedPosting, lock
from flowpilot.psa.postings.models import WAITING, PsaPosting, PsaPostingStep, State
from flowpilot.psa.postings.sending import attempts
from flowpilot.psa.provider import Accepted, Outcome, PostingStepKind, Refused, TryLater, Unknown

# A record that was accepted and is not there is looked for this often before it counts as failed.
_LOOKS = 5
# What was sent so often without a clear answer, and not found, may be there where no look-up sees it. Each further
# try could book it once more, so a person has to look.
_UNCLEAR_WRITES = 3
_PAUSES = Pauses(first=timedelta(seconds=4), factor=4, longest=timedelta(days=1))
_STOPPED = "FlowPilot was stopped while it was sending this."

_ACTIVITIES = {
    PostingStepKind.NOTE: "note_posted",
    PostingStepKind.TIME: "time_entry_posted",
    PostingStepKind.STATUS: "status_updated",
}


async def begin(db: Db, seen: PsaPosting, steps: Sequence[uuid.UUID], now: datetime) -> LoadedPosting | None:
    """Put a request on record that is about to be sent, and return what to send.

    None if it is not wanted any more, if another request is open, or if the posting goes to another ticket by now.
    Two turns may run at once for a moment: when a process that counts as dead is only slow.

    Args:
        db: the transaction.
        seen: the posting as it was when its ticket was read.
        steps: what is to be written.
        now: the present moment.
    """
    loaded = await lock(db, seen.account_id, seen.id)
    wanted, posting = loaded.of(steps), loaded.posting
    if posting.state not in {State.QUEUED, State.SENT} or any(one.state != State.QUEUED for one in wanted):
        return None
    if posting.ticket_id != seen.ticket_id or posting.connection_id != seen.connection_id:
        return None
    if any(one.asked_at is not None and one.kind != PostingStepKind.STATUS for one in wanted):
        return None
    for step in wanted:
        step.attempts, step.asked_at, step.reason = step.attempts + 1, now, None
        step.marker = wanted[0].marker
        attempts.begin(db, step, now)
    rollup.say(loaded)
    await db.flush()
    return loaded


async def take_over(db: Db, account_id: uuid.UUID, posting_id: uuid.UUID, now: datetime) -> None:
    """Take over the open requests of a posting, because the process that sent them has died.

    They were on record before they were sent, and reads and the wait for a place come in between. So the time of
    the slowest answer runs from now on.
    """
    loaded = await lock(db, account_id, posting_id)
    for step in loaded.steps:
        if step.asked_at is not None and await attempts.end(db, step, Unknown(_STOPPED), now):
            step.asked_at = now
    await db.flush()


async def finish(
    db: Db,
    account_id: uuid.UUID,
    posting_id: uuid.UUID,
    steps: Sequence[uuid.UUID],
    outcome: Outcome,
    now: datetime,
) -> None:
    """Record what became of a request."""
    loaded = await lock(db, account_id, posting_id)
    reason = None if isinstance(outcome, Accepted) else outcome.reason
    for step in loaded.of(steps):
        await attempts.end(db, step, outcome, now)
        if step.state == State.ABANDONED and not isinstance(outcome, Accepted):
            step.asked_at = now if isinstance(outcome, Unknown) else None
            continue
        step.reason = reason
        match outcome:
            case Accepted(external_id):
                step.state, step.external_id, step.asked_at, step.looks = State.SENT, external_id, None, 0
                if step.kind == PostingStepKind.STATUS:
                    await _confirm(db, loaded.posting, step, now)
            case Refused(wrong_id=wrong_id):
                step.state, step.asked_at, step.external_id = State.FAILED, None, wrong_id
                step.looks = step.looks if wrong_id is None else 0
            case TryLater(is_down=True):
                # Nothing was sent, and the connection rests: this record is not to blame.
                step.asked_at, step.attempts = None, step.attempts - 1
                step.marker = step.marker if step.attempts else marker_of(step.id)
            case TryLater(not_before=not_before):
                step.asked_at = None
                step.due_at = max(now + _PAUSES.after(step.attempts), not_before or now)
            case Unknown() if step.kind == PostingStepKind.STATUS:
                # To set it again does no harm.
                step.asked_at, step.due_at = None, now + _PAUSES.after(step.attempts)
            case Unknown():
                # From now on: the request may have waited for its turn before it was sent.
                step.asked_at = now
    await rollup.roll_up(db, loaded, now)


async def seen(
    db: Db,
    account_id: uuid.UUID,
    posting_id: uuid.UUID,
    steps: Sequence[uuid.UUID],
    external_id: str | None,
    now: datetime,
    *,
    asked_at: datetime | None,
) -> None:
    """Record what a look-up has found: the record's id, or that it is not there.

    Args:
        asked_at: of the steps, as the look-up began. It says nothing about a request that was sent since.
    """
    loaded = await lock(db, account_id, posting_id)
    for step in loaded.of(steps):
        if step.state not in {State.QUEUED, State.SENT}:
            continue
        if external_id is not None:
            step.external_id = external_id
            await _confirm(db, loaded.posting, step, now)
        elif step.state == State.SENT:
            step.looks += 1
            step.due_at = now + _PAUSES.after(step.looks)
            step.reason = "The ticket system accepted this, but it is not on the ticket."
            if step.looks >= _LOOKS:
                step.state = State.FAILED
        elif asked_at is not None and step.asked_at == asked_at:
            _count_unclear_write(step)
    await rollup.roll_up(db, loaded, now)


async def refuse(db: Db, account_id: uuid.UUID, posting_id: uuid.UUID, reason: str, now: datetime) -> None:
    """Fail what is left of a posting, without a request: the ticket is not there, for example."""
    loaded = await lock(db, account_id, posting_id)
    for step in loaded.steps:
        if step.state in WAITING:
            step.state, step.reason = State.FAILED, reason
    await rollup.roll_up(db, loaded, now)


async def leave_out(
    db: Db, account_id: uuid.UUID, posting_id: uuid.UUID, step_id: uuid.UUID, reason: str, now: datetime
) -> None:
    """Leave a step out that is not to be written after all, even if a request was just put on record for it."""
    loaded = await lock(db, account_id, posting_id)
    for step in loaded.of([step_id]):
        if step.state == State.QUEUED:
            if await attempts.take_back(db, step):
                step.asked_at, step.attempts = None, step.attempts - 1
            step.state, step.reason = State.ABANDONED, reason
    await rollup.roll_up(db, loaded, now)


async def settle(db: Db, account_id: uuid.UUID, posting_id: uuid.UUID, now: datetime) -> None:
    """Let a posting end of which nothing is left to do, so that it holds up nothing else."""
    await rollup.roll_up(db, await lock(db, account_id, posting_id), now)


async def put_off(
    db: Db, account_id: uuid.UUID, posting_id: uuid.UUID, steps: Sequence[uuid.UUID], reason: str, now: datetime
) -> None:
    """Look for steps again later, because a look-up has failed."""
    loaded = await lock(db, account_id, posting_id)
    for step in loaded.of(steps):
        step.due_at, step.reason = now + as_long_again(loaded.posting.created_at, now), reason
    await rollup.roll_up(db, loaded, now)


async def explain(
    db: Db, account_id: uuid.UUID, posting_id: uuid.UUID, reasons: Mapping[uuid.UUID, str], now: datetime
) -> None:
    """Say of steps, by their ids, what they wait for."""
    loaded = await lock(db, account_id, posting_id)
    for step in loaded.steps:
        if step.state in {State.QUEUED, State.SENT}:
            step.reason = reasons.get(step.id, step.reason)
    await rollup.roll_up(db, loaded, now)


async def go_on(
    db: Db, account_id: uuid.UUID, posting_id: uuid.UUID, matched: Collection[uuid.UUID], now: datetime
) -> None:
    """Go on with the time of people who are matched with a member by now."""
    loaded = await lock(db, account_id, posting_id)
    for step in loaded.steps:
        if step.state == State.QUEUED and step.attempts == 0 and step.user_id in matched:
            step.reason = None
    loaded.posting.due_at = loaded.posting.due_at or now
    await rollup.roll_up(db, loaded, now)


def _count_unclear_write(step: PsaPostingStep) -> None:
    """Take back that the step was asked for, because it is not there; after a few times it has failed."""
    step.asked_at, step.looks = None, step.looks + 1
    if step.looks >= _UNCLEAR_WRITES:
        said = f"This was sent {step.looks} times without a clear answer, and FlowPilot does not find it."
        advice = "Look at the ticket: if it is not there, try again; if it is, give this up."
        step.state, step.reason = State.FAILED, " ".join(filter(None, (said, advice, step.reason)))


async def _confirm(db: Db, posting: PsaPosting, step: PsaPostingStep, now: datetime) -> None:
    step.state, step.confirmed_at, step.asked_at, step.reason = State.CONFIRMED, now, None, None
    if step.kind == PostingStepKind.FILE:
        return  # The reports count notes, times and statuses.
    row = {
        "account_id": step.account_id,
        "id": step.id,
        "session_id": posting.ai_session_id,
        "activity_type": _ACTIVITIES[PostingStepKind(step.kind)],
        "hours_logged": None if step.minutes is None else Decimal(step.minutes) / 60,
        "created_at": now,
    }
    await db.execute(logged(row))
