"""What became of a session between its steps, and why, in the note: escalations, and earlier states. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flowpilot.sessions.edits.record import records
from flowpilot.sessions.models import AISessionStep, SessionStatus, StatusChange, StepKind
from flowpilot.sessions.notes.beside import Dismissed, HandedOver
from flowpilot.sessions.notes.sections import Section, moment_in
from flowpilot.sessions.queries import SessionHistory
from flowpilot.text import sentence

_WITH_SENIORS = frozenset({SessionStatus.REQUESTING_ESCALATION, SessionStatus.ESCALATED})


class Course(NamedTuple):
    """A session's changes of status that belong into a note, as clocks show them in the zone.

    `mistakes`: when it was said that a fix did not help, and when that was taken back.
    """

    history: SessionHistory
    changes: Sequence[StatusChange]
    zone: ZoneInfo
    mistakes: Mapping[datetime, datetime]


def course_of(history: SessionHistory, changes: Sequence[StatusChange], zone: ZoneInfo) -> Course:
    """What stands of these changes: a wait that was ended by mistake, and went on, was never interrupted.

    If an earlier note has told of its end, this one says that it went on.
    """
    mistakes = _mistakes(history.steps)
    new = {change.created_at for change in changes}
    waits = {change.created_at for change in history.changes if change.to_status == SessionStatus.PAUSED}
    went_on = {failed: back for failed, back in mistakes.items() if failed in new and back in waits}
    undone = {*went_on, *went_on.values()}
    return Course(history, [change for change in changes if change.created_at not in undone], zone, mistakes)


def _mistakes(steps: Sequence[AISessionStep]) -> Mapping[datetime, datetime]:
    known = records(steps)
    failures = (step for step in steps if step.kind == StepKind.OUTCOME and "fix" in step.content)
    backs = ((step.created_at, known.of(step).taken_back) for step in failures)
    return {failed: back.created_at for failed, back in backs if back is not None}


def is_about_seniors(change: StatusChange) -> bool:
    """Whether the session went to a senior by it, or came back."""
    return not _WITH_SENIORS.isdisjoint({change.from_status, change.to_status}) and not _is_end(change)


def escalation_section(course: Course) -> Section:
    """Each escalation with all that was said in it, and what became of it."""
    about_seniors = (change for change in course.changes if is_about_seniors(change))
    return Section("Escalation", [], [_about_seniors(course, change) for change in about_seniors])


def earlier_section(course: Course, resolutions: Sequence[AISessionStep]) -> Section:
    """Why it was paused, ended and reopened before; the present state says its own reason.

    Args:
        course: the session's.
        resolutions: what was thought to solve it earlier.
    """
    lines = [(step.created_at, _line(course, step, "Resolved", said)) for step, said in _said(resolutions)]
    last = course.history.changes[-1] if course.history.changes else None
    lines += [
        (change.created_at, _line(course, change, _state(change), change.reason))
        for change in course.changes
        if change is not last and change.reason and not is_about_seniors(change) and _is_explained(course, change)
    ]
    return Section("Earlier states", [], [line for _, line in sorted(lines)])


def dismissed_section(
    dismissed: Sequence[Dismissed], until: datetime, zone: ZoneInfo, since: datetime | None
) -> Section:
    """What was suggested and not followed, as far as somebody said more than a press."""
    new = [one for one in dismissed if one.at <= until and (since is None or one.at > since)]
    return Section("Suggested, not done", [], [_dismissed(one, zone) for one in new])


def _dismissed(one: Dismissed, zone: ZoneInfo) -> str:
    why = f"{one.reason}: {one.note}" if one.reason else one.note
    return f"{sentence(one.action)} {one.by or 'A former member'}, {moment_in(zone, one.at)}: {why}"


def _about_seniors(course: Course, change: StatusChange) -> str:
    handed_over = [one for one in course.history.beside.handed_over if one.at == change.created_at]
    # The change has the words of that moment, and the escalation and the fix those that hold.
    is_said_elsewhere = _waits(course, change) or change.created_at in course.mistakes
    reason = handed_over[0].reason if handed_over else "" if is_said_elsewhere else change.reason
    said = [_line(course, change, _what_seniors_did(course, change), reason)]
    return "\n".join([*said, *(line for one in handed_over for line in _said_in(one))])


def _said_in(handed_over: HandedOver) -> Iterator[str]:
    if handed_over.tried:
        yield f"Tried: {handed_over.tried}"
    if handed_over.opinion:
        yield f"What the engineer thinks: {handed_over.opinion}"
    if handed_over.files:
        yield f"Attached: {handed_over.files}"


def _what_seniors_did(course: Course, change: StatusChange) -> str:
    if change.to_status == SessionStatus.ESCALATED:
        return "Wait ended" if change.from_status == SessionStatus.PAUSED else "Claimed"
    if change.to_status == SessionStatus.REQUESTING_ESCALATION:
        was_held = change.from_status == SessionStatus.ESCALATED
        return "Returned to the queue" if was_held else "Handed over"
    if change.to_status == SessionStatus.PAUSED:
        return "Set aside with a fix" if _waits(course, change) else "Set aside"
    if any(one.sent_back_at == change.created_at for one in course.history.beside.handed_over):
        return "Sent back, because it said too little,"
    return "Given back" if change.from_status == SessionStatus.ESCALATED else "Taken back"


def _state(change: StatusChange) -> str:
    if change.to_status == SessionStatus.ACTIVE:
        return "Reopened" if change.from_status == SessionStatus.RESOLVED else "Resumed"
    return "On hold" if change.to_status == SessionStatus.PAUSED else "Closed without a resolution"


def _is_end(change: StatusChange) -> bool:
    return change.to_status in {SessionStatus.RESOLVED, SessionStatus.ABANDONED}


def _is_explained(course: Course, change: StatusChange) -> bool:
    """Whether a person gave the reason for it here. A fix says itself what it waits for, and so is put off."""
    was_put_off = change.from_status == change.to_status == SessionStatus.PAUSED
    return not was_put_off and not _waits(course, change)


def _waits(course: Course, change: StatusChange) -> bool:
    """Whether it was set aside because a fix has to prove itself, which the fix says."""
    fixes = (step for step in course.history.steps if step.kind == StepKind.FIX)
    return change.to_status == SessionStatus.PAUSED and any(fix.created_at == change.created_at for fix in fixes)


def _said(steps: Sequence[AISessionStep]) -> Iterator[tuple[AISessionStep, str]]:
    return ((step, str(step.content["text"])) for step in steps if step.content.get("text"))


def _line(course: Course, by: AISessionStep | StatusChange, what: str, why: str) -> str:
    name = course.history.names.get(by.actor_id) if by.actor_id else None
    who = f" by {name}" if name else ""
    return f"{what}{who}, {moment_in(course.zone, by.created_at)}{f': {why}' if why else ''}"
