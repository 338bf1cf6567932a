"""The rows of a case in two exports under one mapping, taken together. Pure: no I/O."""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from collections.abc import Mapping as Named
from datetime import datetime
from decimal import Decimal

from flowpilot.imports.case.model import Row
from flowpilot.imports.case.rereading import Reread
from flowpilot.imports.mapping.sections import is_time
from flowpilot.imports.mapping.whole import Mapping

# What a case is, as opposed to what happened: an export may repeat it on every row, as it was on that day.
_OF_THE_CASE = {
    *("case.id", "case.number", "people.requester", "session.created_at", "session.resolved_at", "session.domain"),
    *("session.client", "session.summary", "session.engineer", "session.status.column"),
}

_Place = tuple[tuple[datetime | Decimal | str, ...], datetime]


def joined(known: Reread, more: Reread, mapping: Mapping) -> Reread:
    """Rows with those of a later export, in order; of two that are the same row, its own.

    Two rows are the same if they have the same place, time and person, and say the same of what happened, as far
    as both exports have it: a row that the later export does not have stays, however many have its place, time and
    person. Where numbers or words say the order, and each export has one row at a place, they are the same,
    whatever they say.
    """
    at, then = _by_place(known.rows, mapping), _by_place(more.rows, mapping)
    same = _Same(mapping, known, more)
    rows = [row for place in sorted({*at, *then}) for row in same.joined(at[place], then[place])]
    return Reread(rows, known.lacking | more.lacking, known.unknown | more.unknown)


def _by_place(rows: Sequence[Row], mapping: Mapping) -> dict[_Place, list[Row]]:
    found: dict[_Place, list[Row]] = defaultdict(list)
    for row in rows:
        found[_place_of(row, mapping)].append(row)
    return found


class _Same:
    """Which rows of two exports at one place are the same."""

    def __init__(self, mapping: Mapping, known: Reread, more: Reread) -> None:
        assert mapping.row is not None, "an export of one row a ticket has nothing to join"
        lacking = known.lacking | more.lacking
        self._by = None if mapping.row.by in lacking else mapping.row.by
        self._columns = [column for column in mapping.uses if column not in lacking]
        # The rows of a place have its times, however they are written.
        of_place = {mapping.row.at, *mapping.case.order}
        self._events = [
            column for column in self._columns if column not in of_place and _says_what_happened(column, mapping)
        ]
        self._is_numbered = any(not is_time(mapping.uses[column]) for column in mapping.case.order)
        self._lacking, self._unknown = more.lacking, known.unknown | more.unknown

    def joined(self, known: Sequence[Row], more: Sequence[Row]) -> list[Row]:
        """The rows of both in their order; a row that both have stands where the first has it."""
        if not known or not more:
            return [*known, *more]
        pairs, found, done = self._pairs(known, more), list[Row](), 0
        more = self._completed(known, more, pairs)
        for number, row in enumerate(known):
            other = pairs.get(number)
            if other is None:
                found.append(row)
            elif other >= done:
                found += more[done : other + 1]
                done = other + 1
        return [*found, *more[done:]]

    def _completed(self, known: Sequence[Row], more: Sequence[Row], pairs: Named[int, int]) -> list[Row]:
        """The later rows, with what their export does not have and the other does."""
        completed = list(more)
        for number, other in pairs.items():
            completed[other] = more[other] | {column: known[number][column] for column in self._lacking}
        return completed

    def _pairs(self, known: Sequence[Row], more: Sequence[Row]) -> dict[int, int]:
        """The rows of the first that are rows of the other, by their numbers."""
        pairs: dict[int, int] = {}
        left = set(range(len(more)))
        for key in (self._whole, self._event):
            waiting: dict[Hashable, deque[int]] = defaultdict(deque)
            for number in sorted(left):
                waiting[key(more[number])].append(number)
            for number, row in enumerate(known):
                if number not in pairs and waiting[key(row)]:
                    pairs[number] = waiting[key(row)].popleft()
                    left.remove(pairs[number])
        if self._is_numbered:
            pairs |= self._alone(known, more)
        return pairs

    def _alone(self, known: Sequence[Row], more: Sequence[Row]) -> dict[int, int]:
        """The pairs of which neither has another row by that person at the place."""
        ours, theirs = _numbers(known, self._person), _numbers(more, self._person)
        return {
            numbers[0]: theirs[by][0] for by, numbers in ours.items() if len(numbers) == 1 and len(theirs[by]) == 1
        }

    def _whole(self, row: Row) -> Hashable:
        return self._told(row, self._columns)

    def _event(self, row: Row) -> Hashable:
        return self._told(row, self._events)

    def _person(self, row: Row) -> Hashable:
        return None if self._by is None else self._said(row, self._by)

    def _told(self, row: Row, columns: Sequence[str]) -> Hashable:
        if not self._unknown:  # As of imports under one mapping, which may have millions of cells.
            return tuple([row[name] for name in columns])
        return tuple(self._said(row, name) for name in columns)

    def _said(self, row: Row, column: str) -> str | None:
        """What the row has there, unless it meant that it is not known to one of the exports."""
        text = row[column]
        return None if text in self._unknown else text


def _numbers(rows: Sequence[Row], key: Callable[[Row], Hashable]) -> dict[Hashable, list[int]]:
    found: dict[Hashable, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        found[key(row)].append(number)
    return found


def _says_what_happened(column: str, mapping: Mapping) -> bool:
    """Whether the column is one of a row, and not only of the case."""
    any_row = any(rule.column == column and rule.row == "any" for rule in mapping.session.status)
    return any_row or not mapping.uses[column].keys() <= _OF_THE_CASE


def _place_of(row: Row, mapping: Mapping) -> _Place:
    assert mapping.row is not None
    rank = tuple(_rank(row, column, mapping) for column in mapping.case.order)
    return rank, _parsed(row, mapping.row.at, mapping)


def _rank(row: Row, column: str, mapping: Mapping) -> datetime | Decimal | str:
    if is_time(mapping.uses[column]):
        return _parsed(row, column, mapping)
    text = row[column] or ""
    return text if mapping.case.order_as == "text" else Decimal(text)


def _parsed(row: Row, column: str, mapping: Mapping) -> datetime:
    text = row[column]
    assert text is not None, "a row without it is refused before it gets here"
    return mapping.times.parse(column, text)
