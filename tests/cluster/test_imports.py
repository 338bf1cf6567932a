"""Imports on a real cluster: they bring new tickets and are undone; what would be changed is refused."""

from pathlib import Path

import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.imports.loader import SpreadAccountsError
from flowpilot.imports.preview import preview_log
from flowpilot.imports.runs import list_runs
from flowpilot.imports.undo import undo_import
from tests.company import Company
from tests.imports.helpers import NOW, SMALL, World, row, write_log

pytestmark = pytest.mark.cluster


@pytest.fixture
def world(company: Company) -> World:
    return World(company.urls.runtime, company.id)


def test_imports_bring_new_tickets_and_are_undone(world: World, urls: DatabaseUrls, tmp_path: Path) -> None:
    first = write_log(tmp_path / "first.csv", [row("T1", 1, "09:00", "Ada"), row("T2", 1, "09:00", "Ada")])
    assert preview_log(world.url, world.account_id, first, SMALL, now=NOW).figures.cases == 2
    assert world.load(first).sessions == 2
    more = write_log(tmp_path / "more.csv", [row("T2", 1, "09:00", "Ada"), row("T3", 1, "09:00", "Ada")])
    assert world.load(more).sessions == 1
    for run in list_runs(world.url, world.account_id):
        undo_import(urls.owner, world.account_id, run.id, now=NOW)
    assert world.ask("SELECT count(*) FROM ai_sessions") == [(0,)]


def test_what_would_change_an_earlier_import_is_refused(world: World, tmp_path: Path) -> None:
    world.load(write_log(tmp_path / "first.csv", [row("T1", 1, "09:00", "Ada")]))
    later = write_log(tmp_path / "later.csv", [row("T1", 1, "09:00", "Ada", solved="2026-05-04 10:00")])
    with pytest.raises(SpreadAccountsError, match=r"ticket T1\. Nothing was imported"):
        world.load(later)
    assert world.ask("SELECT count(*) FROM ai_sessions WHERE status = 'resolved'") == [(0,)]
