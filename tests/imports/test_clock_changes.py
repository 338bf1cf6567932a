"""Durations over a change of the clocks: by the time that passed, in the preview as in what is stored."""

from pathlib import Path
from typing import Any

import pytest

from flowpilot.cli.importing.words import preview_in_words
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import Preview, preview_log
from tests.imports.helpers import NOW, World

TICKETS: dict[str, Any] = {
    "name": "tickets",
    "times": {"format": "iso", "zone": "Europe/Berlin"},
    "case": {"id": "id"},
    "session": {
        "created_at": "opened",
        "resolved_at": "solved",
        "status": [{"status": "resolved", "column": "solved"}, {"status": "open"}],
    },
    "ticket": {"escalated": {"at": "given"}, "claimed": {"at": "taken", "by": "who"}},
}
ROWS: dict[str, Any] = {
    "name": "rows",
    "times": {"format": "iso", "zone": "Europe/Berlin"},
    "case": {"id": "id"},
    "row": {"at": "at", "by": "who"},
    "session": {
        "created_at": {"row": "first"},
        "resolved_at": {"row": "last"},
        "status": [{"status": "resolved"}],
    },
}
STORED = "SELECT psa_ticket_id, extract(epoch FROM resolved_at - created_at)::int / 60 FROM ai_sessions ORDER BY 1"


def written(folder: Path, *lines: str) -> Path:
    path = folder / "log.csv"
    path.write_text("\n".join(lines))
    return path


def looked_at(world: World, file: Path, mapping: Mapping) -> Preview:
    return preview_log(world.url, world.account_id, file, mapping, now=NOW)


@pytest.mark.parametrize(
    ("opened", "solved", "minutes"),
    [
        ("2026-03-28 12:00", "2026-03-30 12:00", 2820),
        ("2025-10-25 12:00", "2025-10-27 12:00", 2940),
        ("2026-05-01 12:00", "2026-05-03 12:00", 2880),
    ],
    ids=["an hour less in spring", "an hour more in autumn", "no change"],
)
def test_a_preview_counts_the_time_that_an_import_stores(
    world: World, tmp_path: Path, opened: str, solved: str, minutes: int
) -> None:
    mapping = Mapping.model_validate(TICKETS)
    file = written(tmp_path, "id,opened,given,taken,who,solved", f"1,{opened},,,,{solved}")
    assert looked_at(world, file, mapping).figures.mean_minutes == minutes
    world.load(file, mapping)
    assert world.ask(STORED) == [("1", minutes)]


def test_an_end_in_the_hour_that_a_night_does_not_have_is_unknown(world: World, tmp_path: Path) -> None:
    mapping = Mapping.model_validate(TICKETS)
    file = written(
        tmp_path,
        "id,opened,given,taken,who,solved",
        "1,2026-03-29 02:59,,,,2026-03-29 03:10",
        "2,2026-03-29 01:00,2026-03-29 02:59,2026-03-29 03:10,Ada,2026-03-29 04:00",
    )
    assert looked_at(world, file, mapping).figures.ends_unknown == 2
    world.load(file, mapping)
    assert world.ask(STORED) == [("1", None), ("2", 120)]
    assert world.ask("SELECT claimed_at FROM session_handoffs") == [(None,)]


def test_an_answer_is_as_quick_as_it_was(world: World, tmp_path: Path) -> None:
    # A minute passes from 01:59 to 03:00.
    rows = [line for n in range(6) for line in (f"{n},2026-03-29 01:59,Ada", f"{n},2026-03-29 03:00,Auto-Reply")]
    found = looked_at(world, written(tmp_path, "id,at,who", *rows), Mapping.model_validate(ROWS))
    assert found.figures.likely_machines == ["Auto-Reply"]


def test_the_command_shows_times_in_the_zone_of_the_mapping(world: World, tmp_path: Path) -> None:
    mapping = Mapping.model_validate(TICKETS)
    file = written(tmp_path, "id,opened,given,taken,who,solved", "1,2026-03-28 12:00,,,,2026-03-30 12:00")
    words = preview_in_words("log.csv", looked_at(world, file, mapping), mapping.times.zone)
    assert "opened 2026-03-28 12:00 CET, resolved 2026-03-30 12:00 CEST" in words
    assert "MTTR      2,820 min" in words


def test_times_that_the_clocks_leave_out_or_have_twice_are_said(world: World, tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "id,opened,solved,given,taken,who",
        "T1,2026-03-29 02:30,2026-03-29 03:30,,,",
        "T2,2025-10-26 02:30,2025-10-26 02:45,,,",
        "T3,2025-10-26T02:30+01:00,2025-10-26T02:45Z,,,",
        "T4,2026-03-29 01:59,2026-03-29 03:00,,,",
    )
    mapping = Mapping.model_validate(TICKETS)
    left_out = "1 time stands in the hour that the clocks leave out when they go forward (line 2), and is read as"
    twice = "2 times stand in the hour that the clocks have twice when they go back (line 3), and are read as"
    found = [f"{doubt.what} {doubt.on_page}" for doubt in looked_at(world, file, mapping).figures.doubts()]
    assert found[:2] == [
        f"{left_out} an hour later. Look at the time zone.",
        f"{twice} the first of the two. Look at the time zone.",
    ]
    done = world.load(file, mapping)
    assert done.odd_times == [f"{left_out} an hour later.", f"{twice} the first of the two."]
    assert world.ask("SELECT counts->'odd_times' FROM import_runs") == [(done.odd_times,)]
    # At 02:30 the clocks show 03:30 already.
    assert world.ask(STORED)[0] == ("T1", 0)


def test_such_a_time_is_said_on_every_line_that_has_it(world: World, tmp_path: Path) -> None:
    opened = (f"T{number},2026-03-29 02:30,,,," for number in range(3))
    found = looked_at(world, written(tmp_path, "id,opened,solved,given,taken,who", *opened), Mapping(**TICKETS))
    assert found.figures.odd_times.n["left_out"] == 3
    assert found.figures.odd_times.lines["left_out"] == [2, 3, 4]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "Australia/Lord_Howe"])
def test_only_such_times_of_the_zone_are_odd(world: World, tmp_path: Path, zone: str) -> None:
    """Lord Howe changes its clocks by half an hour."""
    file = written(
        tmp_path, "id,opened,solved,given,taken,who", *(f"T{n},2026-04-05 01:{n:02},,,," for n in (29, 30, 59))
    )
    mapping = Mapping.model_validate(TICKETS | {"times": {"format": "iso", "zone": zone}})
    odd = world.load(file, mapping).odd_times
    assert len(odd) == (1 if zone == "Australia/Lord_Howe" else 0)
    assert all(sentence.startswith("2 times stand in the hour") for sentence in odd)
