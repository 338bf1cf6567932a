"""Spaces around the number of a ticket, and around a name, are no part of it."""

from pathlib import Path

import pytest

from tests.imports.guess.test_mapping import MINUTES, bring
from tests.imports.helpers import World


@pytest.mark.parametrize("space", [" ", "\u00a0", "  \t"])
def test_a_ticket_and_a_person_are_the_same_with_spaces(world: World, tmp_path: Path, space: str) -> None:
    file = tmp_path / "log.csv"
    file.write_text(
        "ticket,activity,when,who,client\n"
        f"T1,Open,2026-06-01 08:00,Ada,Acme\nT1{space},Work,2026-06-01 09:00,Ada{space},Acme{space}\n"
        f"{space}T1,Closed,2026-06-01 10:00,{space}Ada,Acme\nT2,Open,2026-06-01 08:00,{space},Acme\n"
    )
    bring(world, tmp_path, file)
    assert world.ask(MINUTES) == [("T1", "resolved", 120), ("T2", "active", None)]
    assert world.ask("SELECT external_name FROM memberships ORDER BY 1") == [("Ada",)]
    assert world.ask("SELECT DISTINCT client_name FROM ai_sessions") == [("Acme",)]


def test_a_ticket_whose_rows_differ_only_by_spaces_has_several(world: World, tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text(
        "ticket,activity,when,who\nT1,Open,2026-06-01 08:00,Ada\nT1 ,Closed,2026-06-01 10:00,System \n"
    )
    bring(world, tmp_path, file)
    assert world.ask(MINUTES) == [("T1", "resolved", 120)]
    assert world.ask("SELECT external_name FROM memberships ORDER BY 1") == [("Ada",)]
