"""The program that reads a spreadsheet: its first line says which sheets there are, each other one is a row.

It is a process of its own, because a sheet is held in memory as a rectangle from its first cell to its last: one
cell far away asks for more than there is, and the process is what then ends. It imports nothing of FlowPilot, so
that it starts quickly.
"""

import json
import os
import resource
import sys
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook

# A million rows of twenty columns take about as much.
_MOST_MEMORY = 2 * 2**30
_MOST_SECONDS = 900


def main(name: str | None) -> None:
    """Write the sheet of that name, or the only one with rows, of the file on standard input."""
    _limit(resource.RLIMIT_AS, _MOST_MEMORY)
    _limit(resource.RLIMIT_CPU, _MOST_SECONDS)
    try:
        book = CalamineWorkbook.from_filelike(sys.stdin.buffer)
        names = book.sheet_names if name is None else [one for one in book.sheet_names if one == name]
        filled = [one for one in names if name is not None or book.get_sheet_by_name(one).height > 1]
        rows = book.get_sheet_by_name(filled[0]).iter_rows() if len(filled) == 1 else iter(())
    except CalamineError as error:
        _write({"problem": str(error)})
        return
    _write({"sheets": book.sheet_names, "filled": filled})
    for cells in rows:
        _write([_plain(cell) for cell in cells])


def _limit(of: int, most: int) -> None:
    hard = resource.getrlimit(of)[1]
    lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(of, (lower, hard))
    except (OSError, ValueError):
        return  # Not every system has this limit.


def _plain(cell: object) -> object:
    """A cell as JSON has it. Moments are as in ISO 8601; a day is its midnight, of which nothing tells it."""
    if isinstance(cell, datetime | time):
        return cell.isoformat()
    if isinstance(cell, date):
        return f"{cell.isoformat()}T00:00:00"
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else cell


def _write(line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else None)
    except MemoryError:
        os.abort()
