"""Rows that cannot be used: all are said at once, and they can be left out with their tickets."""

import json
from pathlib import Path

import pytest

from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import preview_log
from flowpilot.imports.progress import ImportSummary
from flowpilot.imports.unusable import UnusableRow, UnusableRowsError
from tests.imports.helpers import MAPPING, NOTHING, NOW, SMALL, World, row, write_log

LEAVING_OUT = SMALL.leaving_out(unusable=True)
ROWS = [
    row("T1", 1, "09:00", "Ada"),
    row("T2", 1, "09:00", "Ada"),
    {**row("T2", 2, "09:30", "Grace"), "at": "soon"},
    row("T3", 1, "10:00", "Ada", opened="?"),
    row("", 1, "10:00", "Linus"),
]


def test_all_rows_that_cannot_be_used_are_said_with_their_tickets(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", ROWS)
    with pytest.raises(UnusableRowsError) as raised:
        world.load(log)
    assert raised.value.detail == (
        "3 rows cannot be used. Line 4 (ticket T2): at is 'soon', expected a time like 2026-01-31 14:30"
        " (%Y-%m-%d %H:%M). Line 5 (ticket T3): opened is '?', which means unknown, but every row needs"
        " a time like 2026-01-31 14:30 (%Y-%m-%d %H:%M)."
        " Line 6: ticket is '', which means unknown, but every row needs a value."
        " The file's columns are: ticket, seq, opened, solved, at, who, kind, moves, note. Nothing was imported."
    )
    assert (raised.value.extra["n_rows"], raised.value.extra["line"], raised.value.extra["column"]) == (3, 4, "at")
    assert [(one["line"], one["ticket"], one["column"]) for one in raised.value.extra["rows"]] == [
        (4, "T2", "at"),
        (5, "T3", "opened"),
        (6, None, "ticket"),
    ]
    assert world.counts() == NOTHING


def test_they_are_left_out_with_all_rows_of_their_tickets(world: World, tmp_path: Path) -> None:
    """The first row of T2 is right, and alone it would be a ticket that nobody else has worked on."""
    log = write_log(tmp_path / "log.csv", ROWS)
    found = preview_log(world.url, world.account_id, log, LEAVING_OUT, now=NOW)
    assert (found.rows, found.figures.cases, found.unusable.rows, found.unusable.tickets) == (1, 1, 3, 2)
    needed = "a time like 2026-01-31 14:30 (%Y-%m-%d %H:%M)"
    problem = f"opened is '?', which means unknown, but every row needs {needed}"
    assert found.unusable.listed[1] == UnusableRow(5, "T3", "opened", problem)
    done = world.load(log, LEAVING_OUT)
    assert (done.rows, done.sessions, done.people_created) == (1, 1, 1)
    assert world.ask("SELECT counts->'unusable' FROM import_runs") == [
        (
            {
                "rows": 3,
                "tickets": 2,
                "listed": [
                    {"line": 4, "ticket": "T2", "column": "at"},
                    {"line": 5, "ticket": "T3", "column": "opened"},
                    {"line": 6, "ticket": None, "column": "ticket"},
                ],
            },
        )
    ]


def test_a_corrected_export_brings_what_was_left_out(world: World, tmp_path: Path) -> None:
    world.load(write_log(tmp_path / "log.csv", ROWS), LEAVING_OUT)
    corrected = [*ROWS[:2], row("T2", 2, "09:30", "Grace")]
    done = world.load(write_log(tmp_path / "later.csv", corrected), LEAVING_OUT)
    assert (done.sessions, done.changes.unchanged) == (1, 1)


def test_a_file_without_rows_that_can_be_used_is_refused(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [{**row("T1", n, "09:00", "Ada"), "at": "soon"} for n in range(30)])
    with pytest.raises(UnusableRowsError) as raised:
        world.load(log, LEAVING_OUT)
    assert raised.value.detail.startswith("30 rows cannot be used. Line 2 (ticket T1): at is 'soon'")
    assert raised.value.detail.endswith(
        "And 10 more. The file's columns are: ticket, seq, opened, solved, at, who, kind, moves, note."
        " Nothing was imported."
    )
    assert world.counts() == NOTHING


def test_of_a_file_that_is_all_wrong_not_all_is_read(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [row(f"T{n}", "first", "09:00", "Ada") for n in range(3_000)])
    with pytest.raises(UnusableRowsError, match=r"^1,000 or more rows cannot be used\."):
        world.load(log)


def test_to_leave_nothing_out_is_the_same_import(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", ROWS[:2])
    assert world.load(log) == ImportSummary(rows=2, sessions=2, steps=2, people_created=1)
    assert SMALL.identity == SMALL.leaving_out(unusable=False).identity
    assert world.load(log).already_imported_at == NOW


def test_rows_with_another_number_of_fields_are_among_them(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [ROWS[0], ROWS[1]])
    again = write_log(tmp_path / "again.csv", [ROWS[2], ROWS[0]]).read_text().partition("\n")[2]
    log.write_text(f"{log.read_text()}T2,1\nT3,{'x,' * 20}\n{again}")
    with pytest.raises(UnusableRowsError) as raised:
        world.load(log)
    assert [(one["line"], one["ticket"], one["column"]) for one in raised.value.extra["rows"]] == [
        (4, "T2", None),
        (5, "T3", None),
        (6, "T2", "at"),
    ]
    first = {name: raised.value.extra[name] for name in ("line", "found", "expected")}
    assert first == {"line": 4, "found": "2 fields", "expected": "9 fields"}
    assert "Line 5 (ticket T3): expected 9 fields as in the header, found 22." in raised.value.detail
    done = world.load(log, LEAVING_OUT)
    assert (done.rows, done.sessions, done.unusable.rows, done.unusable.tickets) == (2, 1, 3, 2)


def test_lines_that_are_no_records_are_among_them(world: World, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join([json.dumps(ROWS[0]), "{", "[1]", json.dumps(ROWS[4]), json.dumps(ROWS[1])]))
    with pytest.raises(UnusableRowsError) as raised:
        world.load(log)
    assert [(one["line"], one["ticket"]) for one in raised.value.extra["rows"]] == [
        (2, None),
        (3, None),
        (4, None),
    ]
    assert "Line 2: not valid JSON (" in raised.value.detail
    assert world.load(log, LEAVING_OUT).sessions == 2


def test_tickets_of_which_nobody_knows_when_they_began_are_among_them(world: World, tmp_path: Path) -> None:
    begins = {"row": "first", "column": "note", "values": ["opened"]}
    rules = {**MAPPING, "session": {**MAPPING["session"], "created_at": begins}}
    mapping = Mapping.model_validate(rules)
    rows = [
        row("T1", 1, "09:00", "Ada", note="opened"),
        row("T2", 1, "09:00", "Ada"),
        row("T3", 1, "09:00", "Ada"),
    ]
    log = write_log(tmp_path / "log.csv", [{**one, "opened": "?"} for one in rows])
    with pytest.raises(UnusableRowsError) as raised:
        world.load(log, mapping)
    assert raised.value.detail == (
        "2 rows cannot be used. Line 3 (ticket T2): session.created_at is unknown, because no row of the ticket is"
        " as the mapping says. Line 4 (ticket T3): session.created_at is unknown, because no row of the ticket is"
        " as the mapping says. Nothing was imported."
    )
    assert world.counts() == NOTHING
    found = preview_log(world.url, world.account_id, log, mapping.leaving_out(unusable=True), now=NOW)
    assert (found.figures.cases, found.unusable.tickets) == (1, 2)
    done = world.load(log, mapping.leaving_out(unusable=True))
    assert (done.sessions, done.unusable.tickets) == (1, 2)
    none = write_log(tmp_path / "none.csv", [{**one, "opened": "?"} for one in rows[1:]])
    with pytest.raises(UnusableRowsError):
        world.load(none, mapping.leaving_out(unusable=True))
