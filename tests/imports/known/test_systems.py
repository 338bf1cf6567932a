"""Tickets of two systems may have the same number: they are two, as far as the mappings say which system it is."""

from pathlib import Path
from typing import Any

import pytest

from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import preview_log
from tests.imports.helpers import MAPPING, NOW, SMALL, World, row, write_log

NORTH, SOUTH = (Mapping.model_validate({**MAPPING, "system": system}) for system in ("zendesk", "freshdesk"))


def _files(tmp_path: Path, opened: str = "08:00") -> tuple[Path, Path, Path]:
    """An export of one system, a later one of it, and one of another system with the same numbers."""
    rows = [row("7", 1, "09:00", "Ada", note="The printer")]
    return (
        write_log(tmp_path / "north.csv", rows),
        write_log(tmp_path / "later.csv", [*rows, row("7", 2, "10:00", "Grace", note="Replaced")]),
        write_log(
            tmp_path / "south.csv", [row("7", 1, "11:00", "Linus", note="The VPN", opened=f"2026-05-04 {opened}")]
        ),
    )


def _steps(world: World) -> list[tuple[Any, ...]]:
    return world.ask(
        "SELECT s.psa_ticket_id, count(*) FROM ai_sessions s JOIN ai_session_steps p ON p.session_id = s.id"
        " GROUP BY s.id, s.psa_ticket_id ORDER BY 2"
    )


@pytest.mark.one_server
def test_tickets_of_two_systems_are_two_and_a_later_export_finds_its_own(world: World, tmp_path: Path) -> None:
    north, later, south = _files(tmp_path, opened="10:30")
    world.load(north, NORTH)
    found = preview_log(world.url, world.account_id, south, SOUTH, now=NOW)
    assert (found.figures.cases, found.cases_already_here) == (1, 0)
    assert (world.load(south, SOUTH).sessions, _steps(world)) == (1, [("7", 1), ("7", 1)])
    done = world.load(later, NORTH)
    assert (done.sessions, done.changes.updated, done.cases_already_here) == (0, 1, 0)
    assert _steps(world) == [("7", 1), ("7", 2)]


@pytest.mark.one_server
def test_as_long_as_one_mapping_does_not_say_its_system_it_is_one_ticket(world: World, tmp_path: Path) -> None:
    """So every import of before, whose mapping said nothing, is still known."""
    north, later, south = _files(tmp_path)
    world.load(north, SMALL)
    assert (world.load(later, NORTH).changes.updated, _steps(world)) == (1, [("7", 2)])
    assert world.load(south, SOUTH).sessions == 0


@pytest.mark.parametrize("spelled", [("#4711", "4711"), ("inc1", "INC1"), ("INC1", " #inc1")])
@pytest.mark.one_server
def test_a_number_that_is_written_in_another_way_is_the_same_ticket(
    world: World, tmp_path: Path, spelled: tuple[str, str]
) -> None:
    first, second = spelled
    world.load(write_log(tmp_path / "first.csv", [row(first, 1, "09:00", "Ada")]), NORTH)
    both = [row(second, 1, "09:00", "Ada"), row(second, 2, "10:00", "Grace")]
    done = world.load(write_log(tmp_path / "second.csv", both), NORTH)
    assert (done.sessions, done.changes.updated, done.cases_already_here) == (0, 1, 0)
    assert _steps(world) == [(second.strip(), 2)]


@pytest.mark.one_server
def test_of_two_ways_to_write_a_number_the_one_that_is_here_counts(world: World, tmp_path: Path) -> None:
    world.load(write_log(tmp_path / "first.csv", [row("#7", 1, "09:00", "Ada")]), NORTH)
    log = write_log(tmp_path / "both.csv", [row("7", 1, "09:00", "Ada"), row("#7", 2, "10:00", "Grace")])
    done = world.load(log, NORTH)
    assert (done.sessions, done.changes.updated, done.cases_already_here) == (0, 1, 1)
    assert _steps(world) == [("#7", 2)]
