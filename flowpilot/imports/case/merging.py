"""What several imports say of one case, taken together. Pure: no I/O.

The same imports in the same order always come to the same case, so that one of them can be taken back by taking
together the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.imports.case.build import build_case, open_status
from flowpilot.imports.case.differences import Differences, differences, says_less
from flowpilot.imports.case.joining import joined
from flowpilot.imports.case.model import Case, Event, Row, UnknownEnd
from flowpilot.imports.case.rereading import Reread, reread
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.sessions.transitions import ENDED


@dataclass(frozen=True, slots=True)
class Statement:
    """What one import said of a case: its rows, and the mapping that gives them their meaning."""

    mapping: Mapping
    rows: Sequence[Row]


def merged_case(statements: Sequence[Statement]) -> Case:
    """The case that the statements describe, the earliest first. Each describes a case that is not left out.

    Its ticket is called as the latest says that knows both numbers of it, or otherwise as the latest says.

    Rows are added to those that were known, and none is lost, if the latest mapping can read them all, whatever
    the mappings are called and however their files were written; of exports that are `whole`, the latest has all.
    Of mappings that cannot read each other's rows, the latest says what the case is, and what it does not say is
    taken from the earlier; but one row a ticket takes no history away.
    """
    ticket = _ticket(statements)
    cases = [_told(ticket, group) for group in _by_mapping(statements)]
    return reduce(_together, cases).case


@dataclass(frozen=True, slots=True)
class Added:
    """A case after a further statement, what is different from before, and whether that says less than before.

    `before` is None if nothing is different.
    """

    case: Case
    different: Differences
    says_less: bool = False
    before: Case | None = None


def add_to(earlier: Sequence[Statement], further: Statement) -> Added:
    """The case that further statement makes of what was known; of nothing known, nothing is different."""
    case = merged_case([*earlier, further])
    if not earlier or earlier[-1] == further:
        return Added(case, {})
    before = merged_case(earlier)
    return Added(case, differences(before, case), says_less=says_less(before, case), before=before)


@dataclass(frozen=True, slots=True)
class _MergedCase:
    """A case, and whether its steps and handoffs come from a history of rows."""

    case: Case
    has_history: bool


def _ticket(statements: Sequence[Statement]) -> str:
    with_both = [one for one in statements if one.mapping.case.number is not None]
    latest = (with_both or statements)[-1]
    ticket = latest.rows[-1][latest.mapping.case.id]
    assert ticket is not None, "a row without it is refused before it gets here"
    return ticket


@dataclass(frozen=True, slots=True)
class _Group:
    """Statements that one mapping can read, each with its rows as that reads them; the last one's own."""

    mapping: Mapping
    read: Sequence[tuple[Statement, Reread]]


def _by_mapping(statements: Sequence[Statement]) -> list[_Group]:
    """The statements that the last mapping can read, after those of the others that the last of them can."""
    groups, left = list[_Group](), list(statements)
    while left:
        mapping = left[-1].mapping
        read = [(one, reread(one.rows, one.mapping, mapping)) for one in left]
        groups.insert(0, _Group(mapping, [(one, rows) for one, rows in read if rows is not None]))
        left = [one for one, rows in read if rows is None]
    return groups


def _told(ticket: str, group: _Group) -> _MergedCase:
    mapping, last = group.mapping, group.read[-1][0].rows
    rows = last
    if mapping.row is not None and not mapping.case.whole:
        rows = reduce(lambda known, more: joined(known, more, mapping), (one for _, one in group.read)).rows
    case = build_case(ticket, rows, mapping) or build_case(ticket, last, mapping)
    assert case is not None, "a statement is of a case that is not left out"
    richer = [one for one, _ in group.read if one.mapping.uses.keys() - mapping.uses.keys()]
    return _MergedCase(_completed(case, merged_case(richer)) if richer else case, mapping.row is not None)


def _completed(case: Case, before: Case) -> Case:
    """The case with what was known before, and is not known now."""
    return replace(
        case,
        engineer=case.engineer or before.engineer,
        summary=case.summary or before.summary,
        domain=case.domain or before.domain,
        client=case.client or before.client,
    )


def _together(earlier: _MergedCase, later: _MergedCase) -> _MergedCase:
    """What two mappings make of a case."""
    before = earlier.case
    case = _completed(later.case, before)
    if later.has_history or not earlier.has_history:
        return _MergedCase(case, later.has_history)
    ends = [end for end in case.unknown if end not in _of_handoffs(case)]
    case = replace(case, steps=before.steps, handoffs=before.handoffs)
    case = replace(case, unknown=(*ends, *_of_handoffs(case)))
    return _MergedCase(_settled(case), has_history=True)


def _of_handoffs(case: Case) -> list[UnknownEnd]:
    return [end for handoff in case.handoffs for end in handoff.unknown]


def _settled(case: Case) -> Case:
    """The case with its status and its last handoff in accord: each is from another mapping."""
    if case.status not in ENDED:
        return replace(case, status=open_status(case.handoffs))
    if not case.handoffs or case.handoffs[-1].ended is not None:
        return case
    last = case.handoffs[-1]
    begun = last.at if last.claim is None or last.claim.at is None else last.claim.at
    ended = Event(HandoffEventKind.CLOSED, max(case.resolved_at or begun, begun), case.engineer)
    return replace(case, handoffs=[*case.handoffs[:-1], replace(last, ended=ended)])
