"""Rows that cannot be used: all are said at once, or left out with their tickets if somebody chose that."""

from dataclasses import asdict, dataclass, field

from flowpilot.imports.reading.errors import BadRowError, LogFileError

_LISTED = 20
# So many are enough to see that a column is not what the mapping says.
_MOST = 1_000
LONGEST_TICKET = 80


def left_out_in_words(rows: int, tickets: int, *, is_over: bool = False) -> str:
    """That rows cannot be used, or could not, and what becomes of their tickets: it begins a list of them."""
    cannot = "could not" if is_over else "cannot"
    are = ("was" if is_over else "is") if tickets == 1 else ("were" if is_over else "are")
    of = f"{rows:,} {'row' if rows == 1 else 'rows'}"
    return f"{of} {cannot} be used, so {tickets:,} {'ticket' if tickets == 1 else 'tickets'} {are} left out:"


@dataclass(frozen=True, slots=True)
class UnusableRow:
    """One row: where it is, and what is wrong with it. `ticket` is None if the row does not say it."""

    line: int
    ticket: str | None
    column: str | None
    problem: str

    @property
    def place(self) -> str:
        """Its line and its ticket, in words: the lines of a file are not the rows that a spreadsheet shows."""
        return f"Line {self.line}" + (f" (ticket {self.ticket})" if self.ticket else "")


class UnusableRowsError(LogFileError):
    """Rows that cannot be used, so that nothing was imported.

    `extra` is about the first of them as in a `BadRowError`; `rows` lists some, and `n_rows` counts them.
    `columns` says in a sentence which ones the file has, if one of them holds what is wrong.
    """

    def __init__(self, found: "UnusableRows", first: BadRowError) -> None:
        self.found, self.columns = found, BadRowError.columns_of(first.extra)
        shown = [f"{row.place}: {row.problem}." for row in found.listed]
        if found.rows > 1:
            shown.insert(0, f"{found.in_words} rows cannot be used.")
        if found.rows > len(found.listed):
            shown.append(f"And {found.rows - len(found.listed):,} more.")
        rows = [asdict(row) for row in found.listed]
        detail = " ".join(filter(None, [*shown, self.columns, "Nothing was imported."]))
        super().__init__(detail, **first.extra, rows=rows, n_rows=found.rows)


@dataclass(slots=True)
class UnusableRows:
    """How many rows cannot be used, the first of them, and how many tickets are left out because of them."""

    rows: int = 0
    tickets: int = 0
    listed: list[UnusableRow] = field(default_factory=list)
    is_left_out: bool = False
    _first: BadRowError | None = None

    def add(self, error: BadRowError, ticket: str | None) -> None:
        """Count one.

        Raises:
            UnusableRowsError: there are very many, and none may be left out.
        """
        self.rows += 1
        self._first = self._first or error
        if len(self.listed) < _LISTED:
            shown = ticket and ticket[:LONGEST_TICKET]
            self.listed.append(UnusableRow(error.line, shown, error.extra.get("column"), error.problem))
        if self.rows == _MOST and not self.is_left_out:
            self.refuse()

    def refuse(self) -> None:
        """Refuse the file, if there are any.

        Raises:
            UnusableRowsError: there are.
        """
        if self._first is not None:
            raise UnusableRowsError(self, self._first)

    @property
    def sentence(self) -> str:
        """That they are left out."""
        return left_out_in_words(self.rows, self.tickets)

    @property
    def in_words(self) -> str:
        """Their number; of a file that is refused, the count has an end."""
        return f"{self.rows:,} or more" if self.rows == _MOST and not self.is_left_out else f"{self.rows:,}"

    def facts(self) -> dict[str, object]:
        """What an import keeps of them: where they were, and no word of theirs."""
        listed = [{"line": row.line, "ticket": row.ticket, "column": row.column} for row in self.listed]
        return {"rows": self.rows, "tickets": self.tickets, "listed": listed}
