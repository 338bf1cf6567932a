"""A log that dates ends before beginnings: nothing negative is stored, and the reports say what is unknown."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.dashboard.schemas import Dashboard
from flowpilot.analytics.period import Period, window
from flowpilot.cli.importing.words import Reports, in_words
from flowpilot.db.session import Database
from flowpilot.imports.loader import ImportSummary
from flowpilot.imports.mapping.whole import Mapping
from tests.imports.helpers import NOW, World

# M3 and M5 end before they begin.
LOG = """\
case,opened,when,closed,who
M3,2026-05-10T12:00:00Z,2026-05-10T12:00:00Z,2026-05-10T08:00:00Z,Ada
M4,2026-05-10T12:00:00Z,2026-05-10T12:00:00Z,2026-05-10T15:00:00Z,Ada
M5,2026-05-10T12:00:00Z,2026-05-10T12:00:00Z,2026-05-10T11:00:00Z,Ada
"""
MAPPING = Mapping.model_validate(
    {
        "name": "tickets",
        "times": {"format": "iso", "zone": "UTC"},
        "case": {"id": "case"},
        "row": {"at": "when", "by": "who"},
        "session": {
            "created_at": "opened",
            "resolved_at": "closed",
            "status": [{"status": "resolved", "column": "closed"}, {"status": "abandoned"}],
        },
    }
)


@pytest.fixture
def imported(world: World, tmp_path: Path) -> ImportSummary:
    log = tmp_path / "end-before-beginning.csv"
    log.write_text(LOG)
    return world.load(log, MAPPING)


def report(world: World) -> Dashboard:
    asked = window(world.account_id, now=NOW, account_timezone="UTC", period=Period.MONTH)

    async def read() -> Dashboard:
        database = Database(world.url, pool_size=1)
        async with database.read(world.account_id) as db:
            found = await dashboard(db, asked)
        await database.close()
        return found

    return asyncio.run(read())


def warning(ticket: str, hour: int) -> dict[str, Any]:
    begins = "2026-05-10T12:00:00Z"
    return {"ticket": ticket, "field": "resolved_at", "text": f"2026-05-10T{hour:02}:00:00Z", "begins": begins}


def test_an_end_before_its_beginning_is_not_stored(world: World, imported: ImportSummary) -> None:
    query = "SELECT psa_ticket_id, status, resolved_at FROM ai_sessions ORDER BY 1"
    known = datetime(2026, 5, 10, 15, tzinfo=UTC)
    assert world.ask(query) == [("M3", "resolved", None), ("M4", "resolved", known), ("M5", "resolved", None)]


def test_the_logs_own_dates_stay_with_the_import(world: World, imported: ImportSummary) -> None:
    assert imported.warnings == [warning("M3", 8), warning("M5", 11)]
    assert world.ask("SELECT warnings FROM import_runs") == [(imported.warnings,)]


def test_the_import_says_so(imported: ImportSummary) -> None:
    words = in_words("log.csv", imported, Reports(UUID(int=1), None))
    first, headline, *tickets = words.split("\nIt is from")[0].splitlines()
    assert first.startswith("Imported 3 rows.")
    assert headline.startswith("Ends that the log dates before their beginnings: 2.")
    assert tickets == [
        "  M3: resolved_at 2026-05-10T08:00:00Z, began 2026-05-10T12:00:00Z",
        "  M5: resolved_at 2026-05-10T11:00:00Z, began 2026-05-10T12:00:00Z",
    ]


def test_the_mean_is_over_what_is_known(world: World, imported: ImportSummary) -> None:
    found = report(world)
    assert (found.resolved_sessions, found.n_mttr, found.n_unknown) == (3, 1, 2)
    assert (found.mttr_minutes, found.mttr_minutes_ci95) == (180.0, None)
    assert found.avg_session_duration_minutes == 180.0
    assert [(day.mttr_minutes, day.session_count) for day in found.mttr_trend] == [(180.0, 1)]
