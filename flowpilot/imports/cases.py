"""Turn the ordered rows of one case into a session, its steps and its handoffs. Pure: no I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.imports.mapping import HandoffRules, Mapping, SessionRules, StartRules, StepRules

Row = dict[str, str | None]
"""The columns that the mapping uses; None if a value is unknown."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something a person did. An unknown person is None, here and below."""

    at: datetime
    by: str | None
    content: dict[str, str]


@dataclass(frozen=True, slots=True)
class UnknownEnd:
    """An end that the log dates before its beginning, so that its time is unknown.

    `field` is the column that it is missing from, `text` its time in the log, and `begins` that of its beginning.
    """

    field: str
    text: str
    begins: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claimed a handoff, and when; `at` is None if the log dates the claim before the handoff."""

    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Event:
    """One transition of a handoff."""

    kind: HandoffEventKind
    at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class Handoff:
    """One handoff. A case in a log is over, so each of its handoffs has an end, `ended`.

    `unknown` lists its times that could not be kept.
    """

    at: datetime
    by: str | None
    reason: str
    claim: Claim | None
    first_action: Step | None
    ended: Event
    unknown: tuple[UnknownEnd, ...] = ()

    def events(self) -> Iterator[Event]:
        """What happened to the handoff, in order, if the time is known."""
        yield Event(HandoffEventKind.CREATED, self.at, self.by)
        if self.claim is not None and self.claim.at is not None:
            yield Event(HandoffEventKind.CLAIMED, self.claim.at, self.claim.by)
        yield self.ended


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a log, as a session. `unknown` lists the times that could not be kept."""

    ticket: str
    engineer: str | None
    status: str
    summary: str
    domain: str | None
    client: str | None
    created_at: datetime
    resolved_at: datetime | None
    steps: list[Step]
    handoffs: list[Handoff]
    unknown: tuple[UnknownEnd, ...] = ()


@dataclass(frozen=True, slots=True)
class _Entry:
    """A row with its time and its writer; `text` is the time as it is written."""

    at: datetime
    text: str
    by: str | None
    row: Row


def build_case(ticket: str, rows: Sequence[Row], mapping: Mapping) -> Case:
    """What a case's rows mean under the mapping. There is at least one row, and they are in order."""
    rules = mapping.session
    last = rows[-1]
    status = _status(last, rules)
    created_at, resolved_at, unknown = _span(last, status, mapping)
    entries = [_entry(row, mapping) for row in rows]
    steps = _steps(entries, mapping.step)
    handoffs = _handoffs(entries, steps, mapping)
    return Case(
        ticket=ticket,
        engineer=_engineer(rows, rules),
        status=status,
        summary=" - ".join(filter(None, (last[column] for column in rules.summary))),
        domain=_cell(last, rules.domain),
        client=_cell(last, rules.client),
        created_at=created_at,
        resolved_at=resolved_at,
        steps=steps,
        handoffs=handoffs,
        unknown=(*unknown, *(end for handoff in handoffs for end in handoff.unknown)),
    )


def _span(last: Row, status: str, mapping: Mapping) -> tuple[datetime, datetime | None, tuple[UnknownEnd, ...]]:
    """When a case began and was resolved. An end before the beginning counts as unknown."""
    begins, text = _required(last, mapping.session.created_at), _cell(last, mapping.session.resolved_at)
    created_at = mapping.times.parse(begins)
    if text is None or status != "resolved":
        return created_at, None, ()
    resolved_at = mapping.times.parse(text)
    if resolved_at < created_at:
        return created_at, None, (UnknownEnd("resolved_at", text, begins),)
    return created_at, resolved_at, ()


def _entry(row: Row, mapping: Mapping) -> _Entry:
    text = _required(row, mapping.row.at)
    return _Entry(mapping.times.parse(text), text, row[mapping.row.by], row)


def _cell(row: Row, column: str | None) -> str | None:
    return None if column is None else row[column]


def _required(row: Row, column: str) -> str:
    value = row[column]
    assert value is not None, "a row without it is refused before it gets here"
    return value


def _status(last: Row, rules: SessionRules) -> str:
    for rule in rules.status:
        if rule.column is None:
            return rule.status
        value = last[rule.column]
        if value is not None and (not rule.values or value in rule.values):
            return rule.status
    raise AssertionError("the last rule has no column")


def _engineer(rows: Sequence[Row], rules: SessionRules) -> str | None:
    known = (row[column] for column in rules.engineer for row in reversed(rows))
    return next((name for name in known if name is not None), None)


def _steps(entries: Sequence[_Entry], rules: StepRules) -> list[Step]:
    nothing: Row = dict.fromkeys(rules.where_changed)
    before = [nothing, *(entry.row for entry in entries)]
    steps = []
    for earlier, entry in zip(before, entries, strict=False):
        if _is_step(earlier, entry.row, rules):
            content = {column: value for column in rules.content if (value := entry.row[column]) is not None}
            steps.append(Step(entry.at, entry.by, content))
    return steps


def _is_step(before: Row, row: Row, rules: StepRules) -> bool:
    if rules.where_known:
        return any(row[column] is not None for column in rules.where_known)
    if rules.where_changed:
        return any(row[column] != before[column] for column in rules.where_changed)
    return True


def _handoffs(entries: Sequence[_Entry], steps: Sequence[Step], mapping: Mapping) -> list[Handoff]:
    if mapping.handoff is None:
        return []
    starts = _starts([entry.row for entry in entries], mapping.handoff.start)
    return [
        _handoff(entries, start, following, steps, mapping)
        for start, following in pairwise([*starts, len(entries)])
    ]


def _starts(rows: Sequence[Row], rules: StartRules) -> list[int]:
    """The indexes of the rows in which a handoff starts."""
    if rules.counter is not None:
        levels = [Decimal(_required(row, rules.counter)) for row in rows]
        return [place for place, (low, high) in enumerate(pairwise(levels), 1) if high > low]
    assert rules.column is not None
    after = [row[rules.column] for row in rows]
    before = [row[rules.before] for row in rows] if rules.before else _last_known_before(after)
    changes = enumerate(zip(before, after, strict=True))
    return [place for place, (old, new) in changes if old is not None and new is not None and old != new]


def _last_known_before(values: Sequence[str | None]) -> list[str | None]:
    known = None
    before: list[str | None] = []
    for value in values:
        before.append(known)
        known = known if value is None else value
    return before


def _handoff(
    entries: Sequence[_Entry], start: int, following: int, steps: Sequence[Step], mapping: Mapping
) -> Handoff:
    rules = mapping.handoff
    assert rules is not None
    entry, by = entries[start], _giver(entries[start], rules)
    claim, claiming = None, None
    if rules.claim == "first_row_by_another":
        claim, claiming = _claim(entry, by, entries[start + 1 : following])
    claimed_at = None if claim is None else claim.at
    ended, ending = _end(entries, following, rules)
    not_before = entry.at if claimed_at is None else claimed_at
    unknown = [UnknownEnd("claimed_at", claiming.text, entry.text)] if claiming and claimed_at is None else []
    unknown += [UnknownEnd("closed_at", ending.text, entry.text)] if ended.at < not_before else []
    return Handoff(
        at=entry.at,
        by=by,
        reason=_cell(entry.row, rules.reason) or "",
        claim=claim,
        first_action=None if claimed_at is None else _first_after(claimed_at, steps),
        # A handoff that is over must not stay open because its end is unknown: it ends as early as it can.
        ended=replace(ended, at=max(ended.at, not_before)),
        unknown=tuple(unknown),
    )


def _giver(entry: _Entry, rules: HandoffRules) -> str | None:
    return entry.by if rules.by is None else entry.row[rules.by]


def _claim(given: _Entry, by: str | None, later: Sequence[_Entry]) -> tuple[Claim | None, _Entry | None]:
    """The first later row by another person, as a claim. There is no claim if it is unknown who handed over."""
    for entry in later:
        if by is not None and entry.by is not None and entry.by != by:
            return Claim(entry.at if entry.at >= given.at else None, entry.by), entry
    return None, None


def _first_after(moment: datetime, steps: Sequence[Step]) -> Step | None:
    """The earliest step strictly after the moment; of several at the same time, the first one."""
    return min((step for step in steps if step.at > moment), key=lambda step: step.at, default=None)


def _end(entries: Sequence[_Entry], following: int, rules: HandoffRules) -> tuple[Event, _Entry]:
    """What ends a handoff, with its row: the case's next handoff, or otherwise its latest row."""
    if following < len(entries):
        entry = entries[following]
        return Event(HandoffEventKind.REASSIGNED, entry.at, _giver(entry, rules)), entry
    latest = max(reversed(entries), key=lambda entry: entry.at)
    return Event(HandoffEventKind.CLOSED, latest.at, latest.by), latest
