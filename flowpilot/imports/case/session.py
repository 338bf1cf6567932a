"""What a case's rows say of its session: status, times, engineer, summary, domain and client. Pure: no I/O."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flowpilot.imports.case.model import Row, UnknownEnd
from flowpilot.imports.case.people import Members
from flowpilot.imports.mapping.cases import Moment, OfRows, SessionRules, StatusRule
from flowpilot.imports.mapping.sections import MappingError
from flowpilot.imports.mapping.whole import Mapping


class UnknownBeginError(MappingError):
    """When a case began is not known: none of its rows is as the mapping says. `problem` is for the case alone."""

    problem = "session.created_at is unknown, because no row of the ticket is as the mapping says"


@dataclass(frozen=True, slots=True)
class Span:
    """When a case began and was resolved; an end before the beginning is unknown."""

    created_at: datetime
    resolved_at: datetime | None
    unknown: tuple[UnknownEnd, ...] = ()


def status_of(rows: Sequence[Row], rules: SessionRules) -> str:
    """The status that the first fitting rule gives."""
    return next(rule.status for rule in rules.status if _fits(rows, rule))


def span_of(ticket: str, rows: Sequence[Row], status: str, mapping: Mapping) -> Span:
    """When the case began and, if it is resolved, ended.

    Raises:
        UnknownBeginError: the mapping's way to the beginning leads to no row.
    """
    begins = _moment(rows, mapping.session.created_at, mapping)
    if begins is None:
        raise UnknownBeginError(
            f"Case {ticket}: session.created_at is unknown, because no row is as the mapping {mapping.name} says:"
            " correct the rule, or leave the case out with a rule in session.status."
        )
    created_at = mapping.times.parse(*begins)
    ends = None if status != "resolved" else _moment(rows, mapping.session.resolved_at, mapping)
    if ends is None:
        return Span(created_at, None)
    resolved_at = mapping.times.parse(*ends)
    if resolved_at < created_at:
        return Span(created_at, None, (UnknownEnd("resolved_at", ends[1], begins[1]),))
    return Span(created_at, resolved_at)


def engineer_of(rows: Sequence[Row], rules: SessionRules, members: Members) -> str | None:
    """The last known member of the first column that has one."""
    names = (members.name(row[column], row) for column in rules.engineer for row in reversed(rows))
    return next((name for name in names if name is not None), None)


def summary_of(rows: Sequence[Row], rules: SessionRules) -> str:
    """The parts of the summary that are known."""
    return " - ".join(filter(None, (attribute(rows, column, rules) for column in rules.summary)))


def attribute(rows: Sequence[Row], column: str | None, rules: SessionRules) -> str | None:
    """What the case has in the column: in the last row, or in the last that has something."""
    if column is None:
        return None
    if rules.attributes == "last_row":
        return rows[-1][column]
    return next((value for row in reversed(rows) if (value := row[column]) is not None), None)


def _fits(rows: Sequence[Row], rule: StatusRule) -> bool:
    if rule.column is None:
        return True
    looked_at = _after(rows, rule) if rule.row == "any" else rows[-1:]
    return any(_has(row, rule.column, rule.values) for row in looked_at)


def _has(row: Row, column: str, values: tuple[str, ...]) -> bool:
    value = row[column]
    return value is not None and (not values or value in values)


def _moment(rows: Sequence[Row], rule: str | Moment | None, mapping: Mapping) -> tuple[str, str] | None:
    """The column of a moment, and its text; None if it is unknown."""
    if isinstance(rule, Moment):
        assert mapping.row is not None, "a mapping with moments has rows"
        row = _row_of(_after(rows, rule), rule)
        column = mapping.row.at
        text = None if row is None else row[column]
    elif rule is None:
        return None
    else:
        column, text = rule, attribute(rows, rule, mapping.session)
    return None if text is None else (column, text)


def _row_of(rows: Sequence[Row], rule: Moment) -> Row | None:
    """The row that a moment means; one with a value of `otherwise` if there is none with one of `values`."""
    found = next(_fitting(rows, rule, rule.values), None)
    return next(_fitting(rows, rule, rule.otherwise), None) if found is None and rule.otherwise else found


def _fitting(rows: Sequence[Row], rule: Moment, values: tuple[str, ...]) -> Iterator[Row]:
    column = rule.column
    if column is None:
        return iter(rows if rule.row == "first" else reversed(rows))
    if rule.run:
        rows = [row for row in rows if row[column] is not None]
        rows = [
            row for before, row in zip((None, *rows), rows, strict=False) if not _is_in(before, column, values)
        ]
    ordered = rows if rule.row == "first" else reversed(rows)
    return (row for row in ordered if _has(row, column, values))


def _is_in(row: Row | None, column: str, values: tuple[str, ...]) -> bool:
    return row is not None and row[column] in values


def _after(rows: Sequence[Row], rule: OfRows) -> Sequence[Row]:
    """The rows after the last one that says that what was before no longer counts."""
    if not rule.after or rule.column is None:
        return rows
    places = (place for place in range(len(rows), 0, -1) if rows[place - 1][rule.column] in rule.after)
    return rows[next(places, 0) :]
