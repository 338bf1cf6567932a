"""Look at the columns of a file: how full each is, how many values it has, and how its times are written."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice

from flowpilot.imports.guess.patterns import fitting, order_of
from flowpilot.imports.reading.errors import BadRowError
from flowpilot.imports.reading.opening import LogReader

LOOKED_AT_ROWS = 2_000
UNKNOWN = frozenset(
    {
        *(
            "",
            "?",
            "-",
            "–",
            "n/a",
            "N/A",
            "#N/A",
            "NULL",
            "null",
            "(null)",
            "None",
            "none",
            "(none)",
            "nan",
            "NaN",
            "NaT",
        ),
        *("never", "Never", "0000-00-00", "0000-00-00 00:00:00"),
    }
)
_SHOWN_VALUES = 12
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the rows that were looked at; `patterns` are the ways to read its times, if it has times."""

    name: str
    known: int
    values: tuple[str, ...]
    patterns: tuple[str, ...] = ()

    @property
    def pattern(self) -> str | None:
        """How its times are written; of several ways, the first."""
        return next(iter(self.patterns), None)

    @property
    def is_ambiguous(self) -> bool:
        """Whether day and month could be either."""
        return len({order_of(pattern) for pattern in self.patterns} - {None}) > 1

    @property
    def distinct(self) -> int:
        """How many different values it has; spaces around them make no other ones."""
        return len({value.strip() for value in self.values} - UNKNOWN)

    @property
    def common(self) -> list[str]:
        """Its values, the most frequent first, up to a dozen."""
        counts = Counter(value for value in self.values if value not in UNKNOWN)
        return sorted(counts, key=lambda value: (-counts[value], value))[:_SHOWN_VALUES]

    @property
    def examples(self) -> list[str]:
        """Its first different values, three at most."""
        return [*dict.fromkeys(value for value in self.values if value not in UNKNOWN)][:_EXAMPLES]


@dataclass(frozen=True, slots=True)
class FileSample:
    """The first rows of a file, by column; its unknown values, and the line with the names of its columns."""

    columns: tuple[Column, ...]
    rows: int
    unknown: tuple[str, ...]
    header_line: int | None = None

    @property
    def header(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]


def sample_of(reader: LogReader) -> FileSample:
    """Look at the first rows of an open file.

    Raises:
        BadRowError: most of them cannot be read.
        PreviewTooLongError: it takes too long.
    """
    bad: list[BadRowError] = []
    rows = [fields for _, fields in islice(reader.rows(lambda error, _: bad.append(error)), LOOKED_AT_ROWS)]
    if len(bad) > len(rows):
        raise bad[0]
    columns = []
    for place, name in enumerate(reader.header):
        reader.check()
        columns.append(_column(name, tuple(fields[place] for fields in rows)))
    found = {value for fields in rows for value in fields if value in UNKNOWN}
    return FileSample(tuple(columns), len(rows), tuple(sorted({"", *found})), reader.header_line)


def _column(name: str, values: tuple[str, ...]) -> Column:
    known = [value for value in values if value not in UNKNOWN]
    return Column(name, len(known), values, fitting(list(dict.fromkeys(known))))
