"""Rows of a case are in the order of their times, wherever they stand in the file."""

from pathlib import Path
from typing import Any

import pytest

from flowpilot.imports.mapping.whole import Mapping
from tests.imports.helpers import MAPPING, World, row, write_log

EVENTS: dict[str, Any] = {
    "name": "events",
    "times": {"format": "iso", "zone": "UTC"},
    "case": {"id": "case"},
    "row": {"at": "when", "by": "who"},
    "session": {
        "created_at": {"row": "first"},
        "resolved_at": {"row": "last", "column": "activity", "values": ["Closed"]},
        "attributes": "last_known",
        "status": [
            {"status": "resolved", "column": "activity", "values": ["Closed"], "row": "any"},
            {"status": "open"},
        ],
    },
    "step": {"content": ["activity"]},
}
LOG = Mapping.model_validate(EVENTS)
OPEN, NOTE, CLOSED = (
    *("M1,Open,2026-05-01T09:00:00Z,Ada", "M1,Note,2026-05-02T09:00:00Z,Ada"),
    "M1,Closed,2026-05-03T09:00:00Z,Grace",
)
# What a moment at nine o'clock has in common with another one: only the file says which came first.
SAME = ["M1,b,2026-05-02T09:00:00Z,Ada", "M1,a,2026-05-02T09:00:00Z,Ada"]

SESSIONS = """
    SELECT psa_ticket_id, extract(day FROM created_at)::int, extract(day FROM resolved_at)::int FROM ai_sessions
    ORDER BY 1"""
STEPS = "SELECT content->>'activity' FROM ai_session_steps ORDER BY position"
NOTES = "SELECT content->>'note' FROM ai_session_steps ORDER BY position"


def saved(folder: Path, *rows: str, name: str = "log.csv") -> Path:
    file = folder / name
    file.write_text("\n".join(["case,activity,when,who", *rows, ""]))
    return file


def steps(world: World) -> list[str]:
    return [activity for (activity,) in world.ask(STEPS)]


@pytest.mark.parametrize("rows", [(CLOSED, OPEN, NOTE), (NOTE, CLOSED, OPEN), (CLOSED, NOTE, OPEN)])
def test_a_log_that_is_not_sorted_is_read_in_the_order_of_its_times(
    world: World, tmp_path: Path, rows: tuple[str, ...]
) -> None:
    world.load(saved(tmp_path, *rows), LOG)
    assert world.ask(SESSIONS) == [("M1", 1, 3)]
    assert steps(world) == ["Open", "Note", "Closed"]


def test_rows_of_one_time_are_as_in_the_file_or_against_it(world: World, tmp_path: Path) -> None:
    world.load(saved(tmp_path, OPEN, *SAME, CLOSED), LOG)
    assert steps(world) == ["Open", "b", "a", "Closed"]
    newest_first = [one.replace("M1", "M2") for one in (CLOSED, *SAME, OPEN)]
    world.load(saved(tmp_path, *newest_first, name="newest.csv"), LOG)
    query = """
        SELECT content->>'activity' FROM ai_session_steps s JOIN ai_sessions p ON p.id = session_id
        WHERE psa_ticket_id = 'M2' ORDER BY position"""
    assert world.ask(query) == [("Open",), ("a",), ("b",), ("Closed",)]


@pytest.mark.one_server
def test_two_imports_make_what_one_makes(world: World, other_world: World, tmp_path: Path) -> None:
    world.load(saved(tmp_path, CLOSED, OPEN), LOG)
    world.load(saved(tmp_path, CLOSED, OPEN, NOTE, name="more.csv"), LOG)
    other_world.load(saved(tmp_path, CLOSED, OPEN, NOTE, name="more.csv"), LOG)
    assert world.ask(SESSIONS) == other_world.ask(SESSIONS) == [("M1", 1, 3)]
    assert steps(world) == steps(other_world)


@pytest.mark.parametrize("order_as", ["number", "text"])
def test_rows_of_one_number_are_in_the_order_of_their_times(world: World, tmp_path: Path, order_as: str) -> None:
    rows = [
        row("T1", 0, "09:00", "Ada", note="first"),
        row("T1", 1, "09:20", "Ada", note="third"),
        row("T1", 1, "09:10", "Ada", note="second"),
        row("T1", 2, "09:30", "Ada", note="last"),
    ]
    mapping = {**MAPPING, "case": {"id": "ticket", "order": ["seq"], "order_as": order_as}}
    world.load(write_log(tmp_path / "log.csv", rows), Mapping.model_validate(mapping))
    assert world.ask(NOTES) == [("first",), ("second",), ("third",), ("last",)]


def test_a_number_says_the_order_though_times_run_backwards(world: World, tmp_path: Path) -> None:
    rows = [row("T1", 1, "09:20", "Ada", note="first"), row("T1", 2, "09:10", "Ada", note="second")]
    world.load(write_log(tmp_path / "log.csv", rows))
    assert world.ask(NOTES) == [("first",), ("second",)]
