"""A suggestion names the shipped mapping that fits, and otherwise says how the file may be read."""

import tomllib
from pathlib import Path

import pytest

from flowpilot.imports.guess.suggest import suggest, suggest_mapping
from flowpilot.imports.mapping.loading import draft_of, load_mapping, mapping_of, shipped_mappings
from flowpilot.imports.mapping.toml import as_toml
from tests.imports.test_vendors import SESSIONS, file_of


@pytest.mark.parametrize("system", SESSIONS)
def test_a_vendors_export_has_its_shipped_mapping(system: str, tmp_path: Path) -> None:
    assert suggest(file_of(system, tmp_path), "log", "UTC").shipped == system


def test_the_command_names_the_shipped_mapping_and_the_zone_that_was_asked_for(tmp_path: Path) -> None:
    text = suggest_mapping(file_of("jira", tmp_path), "Europe/Vienna")
    assert "the mapping that FlowPilot ships as jira" in text
    assert str(mapping_of(tomllib.loads(text)).times.zone) == "Europe/Vienna"


def test_a_shipped_mapping_takes_the_times_as_they_are_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "jira.csv"
    file.write_text(
        "Summary,Issue key,Assignee,Created,Resolved,Resolution\n"
        "VPN,H-1,Ada,2026-06-01 09:00,2026-06-01 10:00,Done\n"
    )
    draft = suggest(file, "log", "UTC").draft
    assert draft["times"] == {"format": "iso", "zone": "UTC"}


@pytest.mark.parametrize("name", shipped_mappings())
def test_a_mapping_is_the_same_after_it_was_written_as_toml(name: str) -> None:
    mapping = load_mapping(name)
    assert mapping_of(tomllib.loads(as_toml(draft_of(mapping)))) == mapping


def test_an_odd_name_is_written_as_toml_reads_it() -> None:
    odd = {"name": 'a "b"\\\x7f\n', "times": {"columns": {"Née.at": {"format": "iso"}}}}
    assert tomllib.loads(as_toml(odd)) == odd
