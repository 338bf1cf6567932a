"""A session as the note that a person would write for the ticket. Pure; no AI."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flowpilot.durations import of_work
from flowpilot.sessions import path
from flowpilot.sessions.models import AISessionStep, SessionStatus, StatusChange, StepKind
from flowpilot.sessions.notes.checklist import checklist_sections
from flowpilot.sessions.notes.sections import Section, as_markdown, as_text
from flowpilot.sessions.notes.work_time import stretches
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
_TITLES = {StepKind.ANSWER: "Checked and found", StepKind.OUTCOME: "Done", StepKind.NOTE: "Notes"}


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
        since: leave out what was done up to then, because an earlier note has it.
        booked: the time that goes with the note, which then says the same minutes; None if none is booked.
    """
    pieces = (one for one in stretches(history, until) if since is None or one.started_at >= since)
    spent = sum((one.spent for one in pieces), timedelta())
    zone = ZoneInfo(timezone)
    time = _time_line(history, spent, zone, since) if booked is None else _booked_line(history, booked, zone)
    sections = [*_sections(history, zone, since), Section("Time spent", [time] if time else [], [])]
    sections = [section for section in sections if section.paragraphs or section.bullets]
    return Documentation(
        markdown=as_markdown(sections),
        text=as_text(sections),
        work_seconds=spent.total_seconds(),
    )


def _sections(history: SessionHistory, zone: ZoneInfo, since: datetime | None) -> Iterator[Section]:
    session = history.session
    steps = [step for step in path.standing(history.steps) if since is None or step.created_at > since]
    about = [f"Client: {session.client_name}"] if session.client_name else []
    about += [f"Ticket: {session.psa_ticket_id}"] if session.psa_ticket_id else []
    about += [f"Flow: {history.flow_name}"] if history.flow_name else []
    yield Section("Problem", [session.problem_summary] if session.problem_summary else [], about)
    for kind, title in _TITLES.items():
        lines = [_line(history, step) for step in steps if step.kind == kind]
        yield Section(title, [], [line for line in lines if line])
    yield from checklist_sections(steps, history.names, zone)
    changes = [change for change in history.changes if since is None or change.created_at > since]
    handovers = [_handover(history, change, zone) for change in changes if _is_handover(change)]
    yield Section("Escalation", [], handovers)
    yield _ending(history, steps)


def _line(history: SessionHistory, step: AISessionStep) -> str:
    said = {key: str(value) for key, value in step.content.items() if value}
    if step.kind == StepKind.ANSWER:
        return _with_result(said.get("question", ""), said.get("choice", ""))
    if step.kind == StepKind.OUTCOME:
        line = _with_result(said.get("instruction", ""), said.get("outcome", ""))
        return f"{sentence(line)} {said['note']}" if "note" in said else line
    # An imported step has the columns of its log.
    text = said.get("text") or "; ".join(f"{column}: {value}" for column, value in said.items())
    name = history.names.get(step.actor_id) if step.actor_id else None
    return f"{name}: {text}" if name and text and step.actor_id != history.session.user_id else text


def _with_result(asked: str, result: str) -> str:
    """`Is it on? Yes`, `Switch it on: It prints`."""
    if not asked or not result:
        return asked or result
    return f"{asked} {result}" if asked.endswith("?") else f"{asked.rstrip('.:;,! ')}: {result}"


def _is_handover(change: StatusChange) -> bool:
    return change.to_status in {SessionStatus.REQUESTING_ESCALATION, SessionStatus.ESCALATED}


def _handover(history: SessionHistory, change: StatusChange, zone: ZoneInfo) -> str:
    if change.to_status == SessionStatus.ESCALATED:
        what = "Claimed"
    else:
        what = "Given back" if change.from_status == SessionStatus.ESCALATED else "Handed over"
    name = history.names.get(change.actor_id) if change.actor_id else None
    by = f" by {name}" if name else ""
    moment = change.created_at.astimezone(zone)
    return f"{what}{by}, {moment:%Y-%m-%d %H:%M}{f': {change.reason}' if change.reason else ''}"


def _ending(history: SessionHistory, steps: list[AISessionStep]) -> Section:
    status = SessionStatus(history.session.status)
    if status == SessionStatus.RESOLVED:
        said = [str(step.content.get("text", "")) for step in steps if step.kind == StepKind.RESOLUTION]
        return Section("Resolution", said[-1:] or ["Resolved."], [])
    last = history.changes[-1] if history.changes else None
    state = _STATES[status]
    if last is not None and last.reason and not _is_handover(last):
        if status == SessionStatus.ACTIVE:
            state = "Reopened" if last.from_status == SessionStatus.RESOLVED else "Handed back"
        paragraphs = [f"{state}: {last.reason}"]
    else:
        paragraphs = [f"{state}."]
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
        step.created_at for step in history.steps[-1:]
    ]
    return session.resolved_at or max([session.created_at, *moments])


def _people(history: SessionHistory, since: datetime | None) -> Iterator[uuid.UUID]:
    if history.session.user_id is not None and since is None:
        yield history.session.user_id
    for step in history.steps:
        if step.actor_id is not None and (since is None or step.created_at > since):
            yield step.actor_id


def _listed(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
