"""Tickets whose history cannot be used: one of them must not hold up all others, so it is left out and named."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flowpilot.imports.case.build import build_case
from flowpilot.imports.checking import Checker
from flowpilot.imports.mapping.sections import MappingError
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.psa.spool import FetchedTicket
from flowpilot.imports.reading.errors import BadRowError


@dataclass(slots=True)
class _Columns:
    """The columns of a ticket's rows, as those of a file."""

    name: str
    header: list[str]
    has_all_columns: bool = True


def usable(
    tickets: Iterable[FetchedTicket], mapping: Mapping, now: datetime, refused: list[str]
) -> Iterator[FetchedTicket]:
    """The tickets that an import can use. Those that it cannot are added to `refused`, each with the reason."""
    for ticket in tickets:
        problem = _problem(ticket, mapping, now)
        if problem is None:
            yield ticket
        else:
            refused.append(f"{ticket.facts.number or ticket.facts.ticket}: {problem}")


def _problem(ticket: FetchedTicket, mapping: Mapping, now: datetime) -> str | None:
    columns = list(ticket.rows[0])
    checker = Checker(_Columns(ticket.facts.ticket, columns), mapping, now)
    try:
        rows = [
            checker.row(number, [row[column] or "" for column in columns])
            for number, row in enumerate(ticket.rows)
        ]
        build_case(ticket.facts.ticket, rows, mapping)
    except BadRowError as error:
        return error.problem
    except MappingError as error:
        return error.detail
    return None
