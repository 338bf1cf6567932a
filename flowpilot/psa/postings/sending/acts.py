"""What to do next for a posting, pure.

A step is written once its place in the order has come. A step that was ever asked for is looked up before it is
written again, so that a lost answer never books anything twice.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flowpilot.psa.postings.models import PsaPostingStep, State
from flowpilot.psa.postings.sending.writers import Writers
from flowpilot.psa.provider import BooksFor, Capabilities, PostingStepKind


@dataclass(frozen=True, slots=True)
class Write:
    """Write these steps as one record: a note, somebody's time, or both together."""

    steps: tuple[PsaPostingStep, ...]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Look whether the record of these steps is there."""

    steps: tuple[PsaPostingStep, ...]


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Set the ticket's status."""

    step: PsaPostingStep


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done before then; with None, before somebody does something."""

    until: datetime | None


Act = Write | LookUp | SetStatus | Wait


def next_act(
    steps: Sequence[PsaPostingStep],
    capabilities: Capabilities,
    members: Mapping[uuid.UUID, str],
    writers: Writers,
    now: datetime,
    absent: Collection[uuid.UUID] = (),
) -> Act | None:
    """What to do next; None if nothing is left to do, whether all is confirmed or something has failed.

    Args:
        steps: of the posting, in their order.
        capabilities: of the ticket system.
        members: the member for each person who is mapped.
        writers: who writes with a token of their own.
        now: the present moment.
        absent: steps that were looked for just now and are not there.
    """
    waits: list[datetime | None] = []
    for step in steps:
        if step.state not in {State.QUEUED, State.SENT}:
            continue
        if step.kind == PostingStepKind.STATUS:
            return _status_act(steps, step, waits, now)
        act = _act(steps, step, capabilities, members, writers, now, absent)
        if not isinstance(act, Wait):
            return act
        waits.append(act.until)
    return Wait(_soonest(waits)) if waits else None


def lacks_member(step: PsaPostingStep, capabilities: Capabilities, members: Mapping[uuid.UUID, str]) -> bool:
    """Whether the step's time cannot be booked, because nobody there is known to be this person."""
    return (
        step.kind == PostingStepKind.TIME
        and capabilities.books_for is BooksFor.ANY_MEMBER
        and (step.user_id is None or step.user_id not in members)
    )


def _status_act(
    steps: Sequence[PsaPostingStep], status: PsaPostingStep, waits: Sequence[datetime | None], now: datetime
) -> Act | None:
    """The status may close the ticket for notes and time, so it waits for them."""
    if waits:
        return Wait(_soonest(waits))
    # A file that was refused holds up nothing.
    before = [step for step in steps if step is not status and step.kind != PostingStepKind.FILE]
    if any(step.state == State.FAILED for step in before):
        return None
    return Wait(status.due_at) if status.due_at is not None and status.due_at > now else SetStatus(status)


def _act(
    steps: Sequence[PsaPostingStep],
    step: PsaPostingStep,
    capabilities: Capabilities,
    members: Mapping[uuid.UUID, str],
    writers: Writers,
    now: datetime,
    absent: Collection[uuid.UUID],
) -> Write | LookUp | Wait:
    # Before the slowest answer can be there, a look-up that finds nothing proves nothing.
    slowest = timedelta(seconds=capabilities.slowest_answer_seconds)
    answered_by = None if step.asked_at is None else step.asked_at + slowest
    not_before = max((moment for moment in (step.due_at, answered_by) if moment is not None), default=now)
    if not_before > now:
        return Wait(not_before)
    if (step.attempts or step.state == State.SENT) and step.id not in absent:
        return LookUp(_one_record(steps, step))
    record: tuple[PsaPostingStep, ...] = (step,)
    if capabilities.has_joint_records and step.kind == PostingStepKind.NOTE:
        record += _time_beside(steps, step, capabilities, members, writers)
    if any(lacks_member(one, capabilities, members) or one.user_id in writers.refused for one in record):
        return Wait(None)
    return Write(record)


def _one_record(steps: Sequence[PsaPostingStep], step: PsaPostingStep) -> tuple[PsaPostingStep, ...]:
    return tuple(other for other in steps if other.marker == step.marker)


def _time_beside(
    steps: Sequence[PsaPostingStep],
    note: PsaPostingStep,
    capabilities: Capabilities,
    members: Mapping[uuid.UUID, str],
    writers: Writers,
) -> tuple[PsaPostingStep, ...]:
    """The time that goes into the note's own record: what went with it before, or the first that can be booked.

    That of who wrote the note comes first. Where time is booked in people's own names, nobody else's goes with it,
    because the whole record is in one name.
    """
    if beside := _one_record(steps, note)[1:]:
        return beside
    fresh = [
        step
        for step in steps
        if step.kind == PostingStepKind.TIME
        and step.state == State.QUEUED
        and step.attempts == 0
        and not lacks_member(step, capabilities, members)
        and writers.of([step]) == writers.of([note])
    ]
    own = [step for step in fresh if step.user_id == note.user_id]
    is_in_own_name = capabilities.books_for is BooksFor.ANY_MEMBER and note.user_id is not None
    return tuple((own if is_in_own_name else own + fresh)[:1])


def _soonest(moments: Sequence[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
