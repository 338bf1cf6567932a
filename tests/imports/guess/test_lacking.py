"""A shipped mapping fits an export that lacks some of its columns, as far as they are there."""

from pathlib import Path

import pytest

from flowpilot.imports.guess.suggest import suggest, suggest_mapping
from flowpilot.imports.mapping.loading import mapping_of


def _file(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "export.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_a_list_as_it_is_shown_at_first_has_its_system(tmp_path: Path) -> None:
    file = _file(
        tmp_path,
        "Number,Opened,Short description,Caller,Priority,State,Category,Assignment group,Assigned to,Updated",
        "INC0010001,2026-06-01 09:00:00,VPN,Joe,3 - Moderate,Resolved,Network,Desk,Ada,2026-06-01 10:00:00",
    )
    found = suggest(file, "log", "UTC")
    assert (found.shipped, found.draft["system"], found.lacking) == (
        "servicenow-labels",
        "servicenow",
        ["Resolved"],
    )
    session = mapping_of(found.draft).session
    assert session.resolved_at is None
    assert [rule.column for rule in session.status] == ["State", "State", None]
    assert "Not in the file: Resolved." in suggest_mapping(file, "UTC")


def test_what_names_a_column_that_is_lacking_is_left_out(tmp_path: Path) -> None:
    file = _file(tmp_path, "Issue key,Created,Resolved,Assignee", "H-1,01/Jun/26 9:00 AM,01/Jun/26 10:00 AM,Ada")
    found = suggest(file, "log", "UTC")
    assert found.shipped == "jira"
    session = mapping_of(found.draft).session
    assert (session.summary, [(rule.status, rule.column) for rule in session.status]) == (
        (),
        [("resolved", "Resolved"), ("open", None)],
    )


@pytest.mark.parametrize(
    "header",
    [
        "Issue key,Resolved,Assignee,Summary,Resolution",  # Nothing says when it began.
        "Issue key,Created,Assignee,Summary,Resolution",  # Nothing says that it is resolved.
        "Issue key,Created,Resolved",  # Too little.
    ],
)
def test_a_file_that_lacks_too_much_is_looked_at_instead(header: str, tmp_path: Path) -> None:
    values = ",".join("01/Jun/26 9:00 AM" for _ in header.split(","))
    assert suggest(_file(tmp_path, header, values), "log", "UTC").shipped is None


def test_a_mapping_that_finds_all_its_columns_comes_first(tmp_path: Path) -> None:
    """Jira's is smaller than that of its service desk, of which the file has nearly as many."""
    file = _file(
        tmp_path,
        "Summary,Issue key,Assignee,Created,Resolved,Resolution",
        "VPN,H-1,Ada,01/Jun/26 9:00 AM,01/Jun/26 10:00 AM,Done",
    )
    found = suggest(file, "log", "UTC")
    assert (found.shipped, [*found.lacking]) == ("jira", [])
