"""The worked example of docs/how-to/import-a-log.md does what the page says."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowpilot.imports.loader import ImportSummary
from flowpilot.imports.mapping import load_mapping
from tests.imports.helpers import World

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "import-a-log.md"


def block(kind: str) -> str:
    (found,) = re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(found)


@pytest.fixture
def imported(world: World, tmp_path: Path) -> ImportSummary:
    log, mapping = tmp_path / "log.csv", tmp_path / "changelog.toml"
    log.write_text(block("csv"))
    mapping.write_text(block("toml"))
    return world.load(log, load_mapping(str(mapping)))


def test_the_example_makes_what_the_page_says(imported: ImportSummary) -> None:
    assert imported == ImportSummary(rows=6, sessions=2, steps=6, handoffs=1, claimed=1, people_created=2)


def test_the_example_hands_over_as_the_page_says(world: World, imported: ImportSummary) -> None:
    query = """
        SELECT psa_ticket_id, giver.external_name, h.created_at, reason, taker.external_name, claimed_at,
            first_action_at, closed_at
        FROM session_handoffs h JOIN ai_sessions s ON s.id = session_id
        JOIN memberships giver ON giver.user_id = created_by
        JOIN memberships taker ON taker.user_id = claimed_by"""
    # Berlin is an hour ahead of UTC on that day.
    given, claimed, acted = (datetime(2026, 3, 2, *clock, tzinfo=UTC) for clock in ((8, 40), (9, 10), (10, 30)))
    reason = "Needs firewall access"
    assert world.ask(query) == [("HELP-1", "Ada", given, reason, "Grace", claimed, acted, acted)]


def test_the_example_reads_the_status_from_a_column(world: World, imported: ImportSummary) -> None:
    query = "SELECT psa_ticket_id, status, problem_domain, problem_summary FROM ai_sessions ORDER BY 1"
    assert world.ask(query) == [
        ("HELP-1", "resolved", "Network", "VPN drops hourly"),
        ("HELP-2", "abandoned", "Printing", "Printer offline"),
    ]
