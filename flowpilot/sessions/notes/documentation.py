"""A session as the note that a person would write for the ticket. Pure; no AI."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flowpilot.attachments.schemas import names_in
from flowpilot.durations import of_work
from flowpilot.sessions import path
from flowpilot.sessions.edits.record import records, said_at, waiting_fix
from flowpilot.sessions.models import EDITS, AISessionStep, SessionStatus, StatusChange, StepKind
from flowpilot.sessions.notes.checklist import checklist_sections
from flowpilot.sessions.notes.course import (
    course_of,
    dismissed_section,
    earlier_section,
    escalation_section,
    is_about_seniors,
)
from flowpilot.sessions.notes.questions import questions_section
from flowpilot.sessions.notes.sections import Section, as_markdown, as_text
from flowpilot.sessions.notes.work_time import stretches
from flowpilot.sessions.problem.titles import in_words
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.transitions import OPEN
from flowpilot.text import sentence

_STATES = {
    SessionStatus.ACTIVE: "In progress",
    SessionStatus.PAUSED: "On hold",
    SessionStatus.REQUESTING_ESCALATION: "Escalated, waiting for a senior engineer",
    SessionStatus.ESCALATED: "Escalated, with a senior engineer",
    SessionStatus.RESOLVED: "Resolved",
    SessionStatus.ABANDONED: "Closed without a resolution",
}
TIME_SPENT = "Time spent"
_TITLES = {
    StepKind.ANSWER: "Checked and found",
    StepKind.OUTCOME: "Done",
    StepKind.FIX: "Applied",
    StepKind.NOTE: "Notes",
}


@dataclass(frozen=True, slots=True)
class Documentation:
    """The note in both forms. `work_seconds` is the time spent, without pauses and waiting."""

    markdown: str
    text: str
    work_seconds: float


class Booked(NamedTuple):
    """Time that is booked with a note: whose it is, in whole minutes, and when it began."""

    name: str | None
    minutes: int
    started_at: datetime


def document(
    history: SessionHistory,
    until: datetime,
    timezone: str,
    *,
    since: datetime | None = None,
    booked: Sequence[Booked] | None = None,
) -> Documentation:
    """The note of a session as it was at `until`, with its moments as clocks show them in the zone.

    Args:
        since: leave out what was said up to then, because an earlier note has it. A correction is said again.
        booked: the time that goes with the note, which then says the same minutes; None if none is booked.
    """
    pieces = (one for one in stretches(history, until) if since is None or one.started_at >= since)
    spent = sum((one.spent for one in pieces), timedelta())
    zone = ZoneInfo(timezone)
    time = _time_line(history, spent, zone, since) if booked is None else _booked_line(history, booked, zone)
    sections = [*_sections(history, until, zone, since), Section(TIME_SPENT, [time] if time else [], [])]
    sections = [section for section in sections if section.paragraphs or section.bullets]
    return Documentation(
        markdown=as_markdown(sections),
        text=as_text(sections),
        work_seconds=spent.total_seconds(),
    )


def _sections(
    history: SessionHistory, until: datetime, zone: ZoneInfo, since: datetime | None
) -> Iterator[Section]:
    session = history.session
    known = records(history.steps)
    steps = [step for step in path.standing(history.steps) if since is None or said_at(step, known) > since]
    about = [f"Client: {session.client_name}"] if session.client_name else []
    about += [f"Ticket: {session.psa_ticket_id}"] if session.psa_ticket_id else []
    about += [f"Flow: {history.flow_name}"] if history.flow_name else []
    problem = in_words(session.problem_summary, session.problem_body)
    yield Section("Problem", [problem] if problem else [], about)
    failures = _failures(steps)
    for kind, title in _TITLES.items():
        lines = [
            _with_files(_line(history, step, failures.get(str(step.id))), step)
            for step in steps
            if _stands_under(step) == kind and step not in failures.values()
        ]
        yield Section(title, [], [line for line in lines if line])
    yield from checklist_sections(steps, history.names, zone)
    yield dismissed_section(history.beside.dismissed, until, zone, since)
    course = course_of(history, _changes_since(history, since), zone)
    yield escalation_section(course)
    yield questions_section(history.beside.asked, until, zone, since)
    resolutions = [step for step in steps if step.kind == StepKind.RESOLUTION]
    solved_by = resolutions[-1:] if session.status == SessionStatus.RESOLVED else []
    yield earlier_section(course, resolutions[: len(resolutions) - len(solved_by)])
    yield _ending(history, solved_by, zone)


def _changes_since(history: SessionHistory, since: datetime | None) -> Sequence[StatusChange]:
    """The changes of status that are new, and the escalations of which something new was said."""
    if since is None:
        return history.changes
    edited = {one.at for one in history.beside.handed_over if one.edited_at is not None and one.edited_at > since}
    return [change for change in history.changes if change.created_at > since or change.created_at in edited]


def _failures(steps: Sequence[AISessionStep]) -> dict[str, AISessionStep]:
    """The steps that say that a fix did not help, by the fix: where that is said as well, it says both."""
    fixes = {str(step.id) for step in steps if step.kind == StepKind.FIX}
    failed = ((step.content.get("fix"), step) for step in steps if step.kind == StepKind.OUTCOME)
    return {fix: step for fix, step in failed if fix in fixes}


def _with_files(line: str, step: AISessionStep) -> str:
    """`Is it on? No (attached: fuse.jpg)`. The text of a note of files alone is their names."""
    names = names_in(step.content)
    if not names:
        return line
    return f"Attached: {names}" if step.content.get("text") == names else f"{line.rstrip()} (attached: {names})"


def _stands_under(step: AISessionStep) -> str:
    """The kind under whose title it stands. Own words at a question are a note: its choices are still open."""
    return StepKind.NOTE if step.is_free_text else step.kind


def _line(history: SessionHistory, step: AISessionStep, failure: AISessionStep | None) -> str:
    said = {key: str(value) for key, value in step.content.items() if value}
    if step.is_free_text:
        return f"At “{said.get('question', '')}”: {said.get('choice', '')}"
    if step.kind == StepKind.ANSWER:
        return _with_result(said.get("question", ""), said.get("choice", ""))
    if step.kind == StepKind.OUTCOME:
        line = _with_result(said.get("instruction", ""), said.get("outcome", ""))
        return f"{sentence(line)} {said['note']}" if "note" in said else line
    waiting = waiting_fix(history.session, history.steps)
    # An imported step has the columns of its log.
    text = said.get("text") or "; ".join(f"{column}: {value}" for column, value in said.items())
    # The state says what a fix waits for.
    if step.kind == StepKind.FIX and (waiting is None or step.id != waiting.id):
        waited = f"{sentence(said.get('text', ''))} Then waited for: {said.get('waiting_for', '')}"
        text = f"{sentence(waited)} It did not help." if _has_failed(history, step) else waited
    if failure is not None:
        # The line is in the name of who applied it.
        others = history.names.get(failure.actor_id) if failure.actor_id not in {None, step.actor_id} else None
        seen = str(failure.content.get("note") or "")
        text = _with_files(f"{text} {others}: {seen}" if others and seen else f"{text} {seen}".rstrip(), failure)
    name = history.names.get(step.actor_id) if step.actor_id else None
    return f"{name}: {text}" if name and text and step.actor_id != history.session.user_id else text


def _has_failed(history: SessionHistory, fix: AISessionStep) -> bool:
    outcomes = (step for step in path.standing(history.steps) if step.kind == StepKind.OUTCOME)
    return any(step.content.get("fix") == str(fix.id) for step in outcomes)


def _with_result(asked: str, result: str) -> str:
    """`Is it on? Yes`, `Switch it on: It prints`."""
    if not asked or not result:
        return asked or result
    return f"{asked} {result}" if asked.endswith("?") else f"{asked.rstrip('.:;,! ')}: {result}"


def _ending(history: SessionHistory, solved_by: Sequence[AISessionStep], zone: ZoneInfo) -> Section:
    status = SessionStatus(history.session.status)
    if status == SessionStatus.RESOLVED:
        said = [str(step.content.get("text", "")) for step in solved_by]
        return Section("Resolution", said or ["Resolved."], [])
    last = history.changes[-1] if history.changes else None
    state = _STATES[status]
    if last is not None and last.reason and not is_about_seniors(last):
        state = "Reopened" if last.from_status == SessionStatus.RESOLVED else state
        paragraphs = [f"{state}: {last.reason}"]
    else:
        paragraphs = [f"{state}."]
    if history.session.look_again_at is not None:
        again = history.session.look_again_at.astimezone(zone)
        paragraphs = [f"Waiting for {history.session.waiting_for}. To be looked at again: {again:%Y-%m-%d %H:%M}."]
    where = history.where
    if where.node is not None and status != SessionStatus.ABANDONED:
        paragraphs.append(f"{'Next in the guide' if where.offered else 'The guide ends here'}: {where.node.text}")
    still_open = [entry.name for entry in history.run.open_here()]
    if still_open and status in OPEN:
        paragraphs.append(f"Still to do: {'; '.join(still_open)}")
    return Section("State", paragraphs, [])


def _time_line(history: SessionHistory, spent: timedelta, zone: ZoneInfo, since: datetime | None) -> str:
    people = [history.names[person] for person in _people(history, since) if history.names.get(person)]
    by = f", by {_listed(list(dict.fromkeys(people)))}" if people else ""
    return f"{of_work(spent)}{_when(history, since or history.session.created_at, zone)}{by}"


def _booked_line(history: SessionHistory, booked: Sequence[Booked], zone: ZoneInfo) -> str:
    """The minutes as they are booked, of each person; empty if none are."""
    sums: dict[str, int] = {}
    for one in booked:
        name = one.name or "a former member"
        sums[name] = sums.get(name, 0) + one.minutes
    if not sums:
        return ""
    each = [f"{of_work(timedelta(minutes=minutes))} by {name}" for name, minutes in sums.items()]
    by = f", {_listed(each)}" if len(each) > 1 else f", by {next(iter(sums))}"
    whole = of_work(timedelta(minutes=sum(sums.values())))
    return f"{whole}{_when(history, min(one.started_at for one in booked), zone)}{by}"


def _when(history: SessionHistory, began_at: datetime, zone: ZoneInfo) -> str:
    session = history.session
    begun, ended = began_at.astimezone(zone), _last_moment(history).astimezone(zone)
    # When the clocks go back, one hour comes twice.
    clock = "%H:%M" if begun.utcoffset() == ended.utcoffset() else "%H:%M %Z"
    since = begun.strftime(f"%Y-%m-%d {clock}")
    until = ended.strftime(clock if ended.date() == begun.date() else f"%Y-%m-%d {clock}")
    when = f" so far, since {since}" if session.status in OPEN else f", from {since} to {until}"
    return f"{when} ({zone.key})"


def _last_moment(history: SessionHistory) -> datetime:
    session = history.session
    moments = [change.created_at for change in history.changes[-1:]] + [
        step.created_at for step in _work(history)[-1:]
    ]
    return session.resolved_at or max([session.created_at, *moments])


def _people(history: SessionHistory, since: datetime | None) -> Iterator[uuid.UUID]:
    if history.session.user_id is not None and since is None:
        yield history.session.user_id
    for step in _work(history):
        if step.actor_id is not None and (since is None or step.created_at > since):
            yield step.actor_id


def _work(history: SessionHistory) -> list[AISessionStep]:
    """The steps without those that only edit others, which may come long after the work."""
    return [step for step in history.steps if step.kind not in EDITS]


def _listed(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
