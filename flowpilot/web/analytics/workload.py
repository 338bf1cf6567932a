"""The load as a heat map, and the backlog as a chart."""

from collections.abc import Sequence
from dataclasses import dataclass

from flowpilot.analytics.workload.backlog import Backlog
from flowpilot.analytics.workload.load import Load, LoadCell
from flowpilot.web.analytics.charts import Chart
from flowpilot.web.analytics.row_columns import DAYS
from flowpilot.web.formatting import counted, number

_HOURS = 24


@dataclass(frozen=True, slots=True)
class LoadRow:
    """One day of the week: its name, its 24 hours, and all of its sessions."""

    day: str
    weekday: int
    cells: list[LoadCell]

    @property
    def sessions(self) -> int:
        return sum(cell.sessions for cell in self.cells)


@dataclass(frozen=True, slots=True)
class LoadMap:
    """Days of the week down, hours across."""

    rows: list[LoadRow]
    largest: int

    def heat(self, cell: LoadCell) -> int:
        """How dark a cell is, 1 to 5."""
        return max(1, -(-5 * cell.sessions // self.largest))

    @property
    def by_hour(self) -> list[int]:
        """All days' sessions of each hour."""
        return [sum(row.cells[hour].sessions for row in self.rows) for hour in range(_HOURS)]


def load_map(report: Load) -> LoadMap:
    """The report's hours as rows of a week."""
    rows = [
        LoadRow(day, place + 1, report.hours[place * _HOURS : (place + 1) * _HOURS])
        for place, day in enumerate(DAYS)
    ]
    return LoadMap(rows, max(cell.sessions for cell in report.hours))


def busiest(hours: Sequence[LoadCell]) -> str:
    """The hour in which most sessions begin, in words."""
    cell = max(hours, key=lambda one: one.sessions)
    others = sum(1 for one in hours if one.sessions == cell.sessions) - 1
    as_many = f", and as many in {counted(others, 'other hours')}" if others else ""
    hour = f"{DAYS[cell.weekday - 1]}, {cell.hour}:00 to {cell.hour + 1}:00"
    return f"{hour} ({counted(cell.sessions, 'sessions')}){as_many}"


def backlog_chart(report: Backlog) -> Chart:
    """Open sessions at the end of each day; a day that is not over is marked."""
    days = report.days
    least, most = min(day.sessions_open for day in days), max(day.sessions_open for day in days)
    summary = (
        f"Open sessions at the end of {counted(len(days), 'days')}, from {number(least)} to {number(most)}; "
        f"{number(days[-1].sessions_open)} at the end."
    )
    spec = {
        "kind": "line",
        "name": "Open sessions",
        "points": [(day.date.isoformat(), day.sessions_open) for day in days],
        "band": [None for _ in days],
        "x": "time",
        "unit": "sessions",
        "open": [day.date.isoformat() for day in days if not day.complete],
    }
    return Chart("backlog", summary, spec)
