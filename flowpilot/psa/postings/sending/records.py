"""What is sent of a posting, as a record of the ticket system. Pure."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from flowpilot.durations import of_work
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep
from flowpilot.psa.provider import Audience, PostingStepKind, Record, WorkTime


def record_of(
    posting: PsaPosting,
    steps: Sequence[PsaPostingStep],
    members: Mapping[uuid.UUID, str],
    names: Mapping[uuid.UUID, str] | None,
    zone: ZoneInfo,
) -> Record:
    """The record of these steps: a note, somebody's time, or both.

    Args:
        posting: whose steps they are.
        steps: that are one record.
        members: the member for each person who is mapped.
        names: of people, where time is booked on somebody else: then the first line says whose it is.
        zone: the account's.
    """
    by_kind = {step.kind: step for step in steps}
    note, time = by_kind.get(PostingStepKind.NOTE), by_kind.get(PostingStepKind.TIME)
    author = posting.created_by if note is not None else None
    return Record(
        marker=steps[0].marker,
        audience=Audience(posting.audience) if note is not None else Audience.INTERNAL,
        text=_text(posting, note, time, names),
        time=None if time is None else _work_time(time, members, zone),
        author_id=None if author is None else members.get(author),
    )


def _text(
    posting: PsaPosting,
    note: PsaPostingStep | None,
    time: PsaPostingStep | None,
    names: Mapping[uuid.UUID, str] | None,
) -> str | None:
    text = None if note is None else posting.text
    if time is None or names is None:
        return text
    name = names.get(time.user_id) if time.user_id is not None else None
    whose = f"{name or 'Somebody who is no longer a member'}: {of_work(timedelta(minutes=time.minutes or 0))}"
    return whose if text is None else f"{whose}\n\n{text}"


def _work_time(step: PsaPostingStep, members: Mapping[uuid.UUID, str], zone: ZoneInfo) -> WorkTime:
    assert step.minutes is not None
    assert step.started_at is not None
    assert step.ended_at is not None
    member = None if step.user_id is None else members.get(step.user_id)
    return WorkTime(step.minutes, step.started_at.astimezone(zone), step.ended_at.astimezone(zone), member)
