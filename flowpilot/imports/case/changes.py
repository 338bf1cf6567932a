"""The steps and handoffs of a case whose rows are its changes. Pure: no I/O."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.imports.case.model import Claim, Event, Handoff, Row, Step, UnknownEnd, first_after, first_of
from flowpilot.imports.case.people import Members
from flowpilot.imports.mapping.cases import StepRules
from flowpilot.imports.mapping.handoffs import ClaimRules, HandoffRules, StartRules
from flowpilot.imports.mapping.whole import Mapping


class Entry(NamedTuple):
    """A row with its time and its people, if they are members; `text` is the time as written.

    `giver` handed over if a handoff starts in it, and `assignee` claims if the mapping names such a column. A
    machine's row counts for nobody.
    """

    at: datetime
    text: str
    by: str | None
    row: Row
    giver: str | None
    assignee: str | None
    is_machine: bool = False


def entries_of(rows: Sequence[Row], mapping: Mapping, members: Members) -> list[Entry]:
    """The rows with their times and their people."""
    assert mapping.row is not None, "a mapping without rows has tickets"
    at_column, by_column, rules = mapping.row.at, mapping.row.by, mapping.handoff
    giver_column = None if rules is None else rules.by
    assignee_column = rules.claim.assignee if rules is not None and isinstance(rules.claim, ClaimRules) else None
    parse, name = mapping.times.parser(at_column), members.name
    machines = mapping.people.machine_names
    entries = []
    for row in rows:
        text = _required(row, at_column)
        written_by = None if by_column is None else row[by_column]
        by = name(written_by, row)
        giver = by if giver_column is None else name(row[giver_column], row)
        assignee = None if assignee_column is None else name(row[assignee_column], row)
        entries.append(Entry(parse(text), text, by, row, giver, assignee, written_by in machines))
    return entries


def steps_of(entries: Sequence[Entry], rules: StepRules) -> list[Step]:
    """The rows that are steps."""
    before: Row = dict.fromkeys(rules.where_changed)
    steps, columns, is_each = [], rules.content, not (rules.where_known or rules.where_changed)
    for entry in entries:
        row = entry.row
        if not entry.is_machine and (is_each or _is_step(before, row, rules)):
            content = {column: value for column in columns if (value := row[column]) is not None}
            steps.append(Step(entry.at, entry.by, content))
        before = row
    return steps


def handoffs_of(entries: Sequence[Entry], steps: list[Step], mapping: Mapping, *, is_open: bool) -> list[Handoff]:
    """The handoffs that start in the rows. In a case that is open, the last one has no end."""
    if mapping.handoff is None:
        return []
    starts = starts_of([entry.row for entry in entries], mapping.handoff.start)
    spans = [*pairwise([*starts, len(entries)])]
    return [
        _handoff(entries, start, following, steps, mapping, is_open=is_open and following == len(entries))
        for start, following in spans
    ]


def starts_of(rows: Sequence[Row], rules: StartRules) -> list[int]:
    """The indexes of the rows in which a handoff starts."""
    first = [0] if rules.first_row else []
    return sorted({*first, *_changes(rows, rules)})


def _required(row: Row, column: str) -> str:
    value = row[column]
    assert value is not None, "a row without it is refused before it gets here"
    return value


def _is_step(before: Row, row: Row, rules: StepRules) -> bool:
    if rules.where_known:
        return any(row[column] is not None for column in rules.where_known)
    return any(row[column] != before[column] for column in rules.where_changed)


def _changes(rows: Sequence[Row], rules: StartRules) -> list[int]:
    if rules.counter is not None:
        if len({row[rules.counter] for row in rows}) == 1:
            return []
        levels = [_level(_required(row, rules.counter)) for row in rows]
        return [place for place, (low, high) in enumerate(pairwise(levels), 1) if high > low]
    if rules.column is None:
        return []
    after = [row[rules.column] for row in rows]
    if rules.values:
        return _with_values(after, rules)
    before = [row[rules.before] for row in rows] if rules.before else _last_known_before(after)
    changes = enumerate(zip(before, after, strict=True))
    return [place for place, (old, new) in changes if old is not None and new is not None and old != new]


_level = lru_cache(Decimal)  # A log repeats its numbers.


def _with_values(found: Sequence[str | None], rules: StartRules) -> list[int]:
    places = [place for place, value in enumerate(found) if value in rules.values]
    if not rules.run:
        return places
    before = _last_known_before(found)
    return [place for place in places if before[place] not in rules.values]


def _last_known_before(values: Sequence[str | None]) -> list[str | None]:
    known = None
    before: list[str | None] = []
    for value in values:
        before.append(known)
        known = known if value is None else value
    return before


def _handoff(
    entries: Sequence[Entry], start: int, following: int, steps: list[Step], mapping: Mapping, *, is_open: bool
) -> Handoff:
    rules = mapping.handoff
    assert rules is not None
    entry = entries[start]
    claim, claiming = _claim(entry, entries[start + 1 : following], rules)
    claimed_at = None if claim is None else claim.at
    ended, ending = _end(entries, following)
    not_before = entry.at if claimed_at is None else claimed_at
    unknown = [UnknownEnd("claimed_at", claiming.text, entry.text)] if claiming and claimed_at is None else []
    unknown += [UnknownEnd("closed_at", ending.text, entry.text)] if not is_open and ended.at < not_before else []
    # A handoff that is over must not stay open because its end is unknown: it ends as early as it can.
    over = None if is_open else replace(ended, at=max(ended.at, not_before))
    return Handoff(
        at=entry.at,
        by=entry.giver,
        reason=(entry.row[rules.reason] if rules.reason else None) or "",
        claim=claim,
        first_action=None if claimed_at is None else first_after(claimed_at, steps),
        claimant_action=None if claim is None else first_of(claim, None if over is None else over.at, steps),
        ended=over,
        unknown=tuple(unknown),
    )


def _claim(given: Entry, later: Sequence[Entry], rules: HandoffRules) -> tuple[Claim | None, Entry | None]:
    """The first later row that is a claim, and who claimed. There is none by somebody unknown."""
    for entry in later:
        claimant = None if entry.is_machine else _claimant(entry, given.giver, rules)
        if claimant is not None:
            return Claim(entry.at if entry.at >= given.at else None, claimant), entry
    return None, None


def _claimant(entry: Entry, giver: str | None, rules: HandoffRules) -> str | None:
    """Who claims with this row; None if it is no claim."""
    rule = rules.claim
    if isinstance(rule, ClaimRules):
        if rule.assignee is None:
            assert rule.column is not None
            return entry.by if entry.row[rule.column] in rule.values else None
        return None if entry.assignee == giver else entry.assignee
    # It is unknown whether somebody else wrote the row, if it is unknown who handed over.
    return entry.by if rule == "first_row_by_another" and giver is not None and entry.by != giver else None


def _end(entries: Sequence[Entry], following: int) -> tuple[Event, Entry]:
    """What ends a handoff, with its row: the case's next handoff, or otherwise its latest row."""
    if following < len(entries):
        entry = entries[following]
        return Event(HandoffEventKind.REASSIGNED, entry.at, entry.giver), entry
    latest = max(reversed(entries), key=lambda entry: entry.at)
    return Event(HandoffEventKind.CLOSED, latest.at, latest.by), latest
