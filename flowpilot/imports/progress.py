"""What an import reports: how far it has come, and in the end what it did."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import has come. `done` and `total` are bytes of the file while reading, rows while writing."""

    phase: Literal["reading", "writing"]
    done: int
    total: int

    @property
    def fraction(self) -> float:
        """From 0 to 1, within the phase."""
        return self.done / self.total if self.total else 1.0


OnProgress = Callable[[ImportProgress], None]


@dataclass(slots=True)
class ImportSummary:
    """What an import did. With `already_imported_at` it did nothing, because the same file was imported then.

    `rows` counts the file's rows, `cases_already_here` the cases left out, and the others what was added.
    `warnings` lists what could not be kept, by ticket.
    """

    rows: int
    sessions: int = 0
    steps: int = 0
    handoffs: int = 0
    claimed: int = 0
    people_created: int = 0
    cases_already_here: int = 0
    already_imported_at: datetime | None = None
    warnings: list[dict[str, str]] = field(default_factory=list)
