"""What an import reports: how far it has come, and in the end what it did."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from flowpilot.imports.case.differences import Differences
from flowpilot.imports.case.model import Row
from flowpilot.imports.mapping.file import ClockChange
from flowpilot.imports.unusable import LONGEST_TICKET, UnusableRows

_EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import has come. `done` and `total` are bytes of the file while reading, and rows afterwards."""

    phase: Literal["reading", "looking", "writing"]
    done: int
    total: int

    @property
    def fraction(self) -> float:
        """From 0 to 1, within the phase."""
        return self.done / self.total if self.total else 1.0


OnProgress = Callable[[ImportProgress], None]


@dataclass(slots=True)
class Changes:
    """What an import says of cases that earlier imports brought.

    `updated` cases are different now, `unchanged` are not; `less` of the former have lost something. `fields`
    counts them by what is different, and `examples` shows some: the ticket, and what is different.
    """

    updated: int = 0
    unchanged: int = 0
    less: int = 0
    fields: dict[str, int] = field(default_factory=dict)
    examples: list[tuple[str, Differences]] = field(default_factory=list)

    def add(self, ticket: str, different: Differences, *, says_less: bool = False) -> None:
        """Count a case."""
        if not different:
            self.unchanged += 1
            return
        self.updated += 1
        self.less += says_less
        for name in different:
            self.fields[name] = self.fields.get(name, 0) + 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append((ticket, different))


@dataclass(slots=True)
class OddTimes:
    """Times that the clocks of their zone leave out, or have twice: the first lines with such, and how many."""

    n: dict[ClockChange, int] = field(default_factory=lambda: {"left_out": 0, "twice": 0})
    lines: dict[ClockChange, list[int]] = field(default_factory=lambda: {"left_out": [], "twice": []})

    def add(self, kind: ClockChange, line: int) -> None:
        """Count one."""
        self.n[kind] += 1
        lines = self.lines[kind]
        if len(lines) <= _EXAMPLES and line not in lines:
            lines.append(line)

    def sentences(self) -> list[str]:
        """What was made of them."""
        return [self._sentence(kind, *words) for kind, words in _ODD.items() if self.n[kind]]

    def _sentence(self, kind: ClockChange, hour: str, read: str) -> str:
        n, lines = self.n[kind], ", ".join(map(str, self.lines[kind][:_EXAMPLES]))
        subject, are = ("1 time stands", "is") if n == 1 else (f"{n:,} times stand", "are")
        more = ", …" if len(self.lines[kind]) > _EXAMPLES else ""
        word = "line" if lines.isdecimal() else "lines"
        return f"{subject} in the hour that {hour} ({word} {lines}{more}), and {are} read as {read}."


_ODD: Mapping[ClockChange, tuple[str, str]] = {
    "left_out": ("the clocks leave out when they go forward", "an hour later"),
    "twice": ("the clocks have twice when they go back", "the first of the two"),
}


@dataclass(slots=True)
class RepeatedRows:
    """Rows of an export with one row a ticket that a later row of the same ticket replaces.

    `rows` of so many `tickets` do not count, and those of `different` tickets say something else than the last.
    """

    rows: int = 0
    tickets: int = 0
    different: int = 0
    examples: list[str] = field(default_factory=list)

    def see(self, ticket: str, rows: Sequence[Row]) -> None:
        """Count the rows of one ticket."""
        if len(rows) == 1:
            return
        self.rows += len(rows) - 1
        self.tickets += 1
        is_different = any(row != rows[-1] for row in rows)
        self.different += is_different
        if len(self.examples) < _EXAMPLES:
            self.examples.append(ticket[:LONGEST_TICKET])

    def sentences(self) -> Iterator[str]:
        """What became of them."""
        if not self.rows:
            return
        rows = "1 row is" if self.rows == 1 else f"{self.rows:,} rows are"
        tickets = ", ".join(self.examples) + (", …" if self.tickets > len(self.examples) else "")
        yield f"{rows} not counted, because a later row is of the same ticket: {tickets}."
        if self.different:
            those = "They differ" if self.rows > 1 else "It differs"
            if self.different < self.tickets:
                those = f"Those of {self.different:,} {'ticket' if self.different == 1 else 'tickets'} differ"
            yield f"{those} from the last row of the ticket, which counts."


@dataclass(slots=True)
class ImportSummary:
    """What an import did. With `already_imported_at` it did nothing, because the same file was imported then.

    `rows` counts the file's rows, `cases_already_here` the cases that are left as they are, because the account
    has a session of its own for them, `cases_left_out` those that the mapping leaves out, and the others what was
    added. `changes` is about cases that earlier imports brought. `lines_left_out` stand below the rows of the file
    and are none. `repeated` rows do not count, because a later row is of their ticket. `unusable` rows could not
    be used, so their tickets were left out. `odd_times` says how times were read that their zone has twice or not
    at all, and `letters` how letters were read that may be others. `warnings` lists what could not be
    kept, by ticket.
    `first_day` to `last_day`, in the account's zone, is what the added and updated cases are from.
    """

    rows: int
    sessions: int = 0
    steps: int = 0
    handoffs: int = 0
    claimed: int = 0
    people_created: int = 0
    cases_already_here: int = 0
    cases_left_out: int = 0
    changes: Changes = field(default_factory=Changes)
    lines_left_out: list[str] = field(default_factory=list)
    unusable: UnusableRows = field(default_factory=UnusableRows)
    repeated: RepeatedRows = field(default_factory=RepeatedRows)
    odd_times: list[str] = field(default_factory=list)
    letters: str | None = None
    already_imported_at: datetime | None = None
    warnings: list[dict[str, str]] = field(default_factory=list)
    # These follow from what was added, so two summaries that are otherwise equal are equal.
    first_day: date | None = field(default=None, compare=False)
    last_day: date | None = field(default=None, compare=False)
