"""What stands below the rows of a table and is none of them, such as "Total: 5"."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from flowpilot.imports.reading.table import shape_of

# How values of a column are written is learnt from so many rows, and from the beginning of each.
_LOOKED_AT_ROWS = 200
_LOOKED_AT_CHARACTERS = 80
# Numbers of tickets are written in a few ways, and prose in many.
_MOST_SHAPES = 20
# A day, as the shape of a text has it: 0-0-0, 0/a/0 or a 0, 0. Sums are as in 0.0, and durations as in 0:0:0.
_DAY = re.compile(r"[0a][-/. ,]+[0a][-/. ,]+[0a]")
_FEWEST_NUMBERS = 2
_NEARLY_EACH = 0.75

Record = tuple[int, list[str]]
"""The line in which a row begins, and its fields."""


def rows_above(
    records: Iterable[Record], width: int, left_out: list[str], most: int | None = None
) -> Iterator[Record]:
    """The rows of a table of so many columns, without empty ones.

    What says one thing only, where rows have three or more, may be no row; so may what says little, and no time
    where nearly each row has one. It is kept back: at the end it goes into `left_out`, up to `most` lines, and
    above other rows it is one after all. So it is if it is written like the others in its column, as a ticket's
    number is of which nothing else is known.
    """
    held: list[Record] = []
    known = _Rows(width)
    for line, fields in records:
        filled = _filled(fields)
        if not filled:
            continue
        says_little = width > 2 and (filled < width or filled == 1)
        if says_little and (most is None or len(held) < most) and known.may_be_below(fields):
            held.append((line, fields))
            continue
        if held:
            yield from held
            held = []
        if known.rows < _LOOKED_AT_ROWS:
            known.learn(fields)
        yield line, fields
    rows = max((place for place, (_, fields) in enumerate(held, 1) if known.is_one(fields)), default=0)
    yield from held[:rows]
    left_out += [in_words(record) for record in held[rows:]]


def in_words(record: Record) -> str:
    """A line that is no row, as people read it."""
    line, fields = record
    return f"Line {line}: {' '.join(filter(None, fields))}"


@dataclass(slots=True)
class _Rows:
    """How the rows of a table so far are written: the shapes of the values in each column, and how many are days.

    `fewest` is how many values the row has that has the fewest. `known` says of a value how it is written, and
    whether as a day: most are repeated.
    """

    width: int
    rows: int = 0
    fewest: int = 0
    shapes: dict[int, set[str]] = field(default_factory=dict)
    days: dict[int, int] = field(default_factory=dict)
    known: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def learn(self, fields: Sequence[str]) -> None:
        """Look at one more row."""
        self.rows += 1
        values = _filled(fields)
        self.fewest = values if self.rows == 1 else min(self.fewest, values)
        for place, text in enumerate(fields):
            if text:
                shape, is_day = self._written(text[:_LOOKED_AT_CHARACTERS])
                self.shapes.setdefault(place, set()).add(shape)
                self.days[place] = self.days.get(place, 0) + is_day

    def _written(self, text: str) -> tuple[str, bool]:
        if text not in self.known:
            shape = shape_of(text)
            self.known[text] = shape, _is_day(shape)
        return self.known[text]

    def may_be_below(self, fields: Sequence[str]) -> bool:
        """Whether it may be no row, if none follows."""
        values = _filled(fields)
        return values == 1 or (values < self.width and values <= self.fewest and self._has_no_time(fields))

    def is_one(self, fields: Sequence[str]) -> bool:
        """Whether what may be no row is one, because it says which.

        One value is written like the others in its column. Of several, the first is not, nor is another one like a
        ticket's number: of letters and digits.
        """
        values = [place for place, text in enumerate(fields) if text]
        if len(values) == 1:
            return len(fields) >= self.width and self._is_like(fields, values[0])
        return any(
            self._is_like(fields, place) for place in values if place == values[0] or self._has_names(place)
        )

    def _has_no_time(self, fields: Sequence[str]) -> bool:
        """Whether nearly each row has a time in some column, and this one in none of them."""
        times = [place for place, days in self.days.items() if days >= _NEARLY_EACH * self.rows]
        return bool(times) and not any(
            _is_day(shape_of(fields[place][:_LOOKED_AT_CHARACTERS])) for place in times if place < len(fields)
        )

    def _has_names(self, place: int) -> bool:
        return all("a" in shape and "0" in shape for shape in self.shapes.get(place, {""}))

    def _is_like(self, fields: Sequence[str], place: int) -> bool:
        """Whether a value is written like others in its column. In prose, none counts."""
        known = self.shapes.get(place, set())
        text = fields[place] if place < len(fields) else ""
        return len(known) <= _MOST_SHAPES and shape_of(text[:_LOOKED_AT_CHARACTERS]) in known


def _is_day(shape: str) -> bool:
    return shape.count("0") >= _FEWEST_NUMBERS and _DAY.search(shape) is not None


def _filled(fields: Sequence[str]) -> int:
    return len(fields) - fields.count("")
