"""What a later export changes, and which of its rows do not count, is said before and after it is imported."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from flowpilot.cli.importing.words import Reports, in_words, preview_in_words
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import preview_log
from tests.imports.helpers import NOW, World

TICKETS = Mapping.model_validate(
    {
        "name": "tickets",
        "times": {"format": "iso", "zone": "UTC"},
        "case": {"id": "Number"},
        "ticket": {},
        "session": {
            "created_at": "Opened",
            "resolved_at": "Resolved",
            "summary": ["Title"],
            "status": [{"status": "resolved", "column": "Resolved"}, {"status": "open"}],
        },
    }
)
HEADER = "Number,Opened,Resolved,Title\n"
JUNE = HEADER + "T1,2026-05-04 08:00,,No sound\nT2,2026-05-04 09:00,2026-05-04 10:00,VPN\n"
JULY = (
    HEADER
    + "T1,2026-05-04 08:00,2026-05-05 08:00,No sound\nT2,2026-05-04 09:00,2026-05-04 10:00,VPN\n"
    + "T3,2026-05-06 08:00,,Printer\nT3,2026-05-06 08:00,,Printer\nT4,2026-05-06 09:00,,Wlan\n"
    + "T4,2026-05-06 09:00,2026-05-06 10:00,Wlan\n"
)
REPEATED = (
    "2 rows are not counted, because a later row is of the same ticket: T3, T4."
    " Those of 1 ticket differ from the last row of the ticket, which counts."
)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.one_server
def test_the_command_says_what_it_would_update_and_what_does_not_count(world: World, tmp_path: Path) -> None:
    june, july = written(tmp_path / "june.csv", JUNE), written(tmp_path / "july.csv", JULY)
    world.load(june, TICKETS)
    found = preview_log(world.url, world.account_id, july, TICKETS, now=NOW)
    words = preview_in_words("july.csv", found, ZoneInfo("UTC"))
    assert "  New cases 2 (1 active, 1 resolved)" in words
    assert "  It would update 1 of 2 cases that earlier imports brought." in words
    assert "T1: status active → resolved; resolved unknown → 2026-05-05 08:00:00 UTC" in words
    first, _, second = REPEATED.partition(". ")
    assert f"  {first}.\n  {second}" in words

    done = world.load(july, TICKETS)
    assert (done.sessions, done.repeated.rows, done.repeated.different) == (2, 2, 1)
    assert f"{first}.\n{second}" in in_words("july.csv", done, Reports(world.account_id, None))
    [(counts,)] = world.ask("SELECT counts->'repeated' FROM import_runs WHERE file_name = 'july.csv'")
    assert counts == {"rows": 2, "tickets": 2, "different": 1}


def test_rows_of_what_happened_all_count(world: World, tmp_path: Path) -> None:
    log = Mapping.model_validate(
        {
            "name": "log",
            "times": {"format": "iso", "zone": "UTC"},
            "case": {"id": "Number"},
            "row": {"at": "Opened"},
            "session": {"created_at": {"row": "first"}, "status": [{"status": "open"}]},
        }
    )
    found = preview_log(
        world.url, world.account_id, written(tmp_path / "log.csv", JULY.replace(",,", ",-,")), log, now=NOW
    )
    assert (found.repeated.rows, found.figures.steps) == (0, 6)
