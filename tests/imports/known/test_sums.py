"""What an import writes, writes again and takes back is news for the sums of its days."""

from datetime import date
from pathlib import Path

import pytest

from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.imports.runs import list_runs
from flowpilot.imports.undo import undo_import
from flowpilot.sessions.days import rolling
from flowpilot.sessions.days.jobs import ROLL_JOB
from tests.imports.helpers import NOW, World, row, write_log

FIRST = [row("T1", 1, "09:00", "Ada"), row("T2", 1, "09:00", "Ada", opened="2026-05-03 23:00")]
# One ended, one began on another day.
LATER = [
    row("T1", 1, "09:00", "Ada", solved="2026-05-04 10:00"),
    row("T2", 1, "09:00", "Ada", opened="2026-05-02 23:00"),
]
THIRD, FOURTH, SECOND = date(2026, 5, 3), date(2026, 5, 4), date(2026, 5, 2)


def _news(world: World) -> list[date]:
    """The days that are marked; all others have the right sums. Then these are summed up."""
    found = [day for (day,) in world.ask("SELECT DISTINCT day FROM session_news ORDER BY day")]
    with account_transaction(world.url, world.account_id) as connection:
        assert rolling.reconcile(connection, world.account_id) == 0
    rolling.roll(world.url, world.account_id)
    return found


@pytest.mark.one_server
def test_an_import_and_its_end_mark_their_days(world: World, urls: DatabaseUrls, tmp_path: Path) -> None:
    world.load(write_log(tmp_path / "first.csv", FIRST))
    assert _news(world) == [THIRD, FOURTH]
    jobs = f"SELECT count(*) FROM procrastinate_jobs WHERE task_name = '{ROLL_JOB}'"
    assert world.ask(f"{jobs} AND args ->> 'account_id' = '{world.account_id}'") == [(1,)]
    world.load(write_log(tmp_path / "later.csv", LATER))
    assert set(_news(world)) >= {FOURTH}
    for run in list_runs(world.url, world.account_id):
        undo_import(urls.owner, world.account_id, run.id, now=NOW)
        assert _news(world)
    assert world.ask("SELECT sum(n) FROM session_days, unnest(kind_n) AS n") == [(None,)]
    assert SECOND not in _news(world)
