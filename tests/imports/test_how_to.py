"""The worked examples of docs/how-to/import-a-log.md do what the page says."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowpilot.imports.loader import ImportSummary
from flowpilot.imports.mapping.loading import load_mapping
from tests.imports.helpers import World

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "import-a-log.md"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(), re.DOTALL)


def bring(world: World, folder: Path, example: int) -> ImportSummary:
    log, mapping = folder / "log.csv", folder / "changelog.toml"
    log.write_text(blocks("csv")[example])
    mapping.write_text(blocks("toml")[example])
    return world.load(log, load_mapping(str(mapping)))


@pytest.fixture
def imported(world: World, tmp_path: Path) -> ImportSummary:
    return bring(world, tmp_path, 0)


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


def test_a_log_that_only_says_what_happened_has_its_times(world: World, tmp_path: Path) -> None:
    assert bring(world, tmp_path, 1) == ImportSummary(rows=2, sessions=1, steps=2, people_created=2)
    query = "SELECT status, resolved_at - created_at FROM ai_sessions"
    assert world.ask(query) == [("resolved", timedelta(days=2))]


def test_one_row_a_ticket_keeps_its_claim(world: World, tmp_path: Path) -> None:
    assert bring(world, tmp_path, 2) == ImportSummary(
        rows=1, sessions=1, steps=1, handoffs=1, claimed=1, people_created=1
    )
    assert world.ask("SELECT claimed_at - created_at FROM session_handoffs") == [(timedelta(minutes=30),)]
