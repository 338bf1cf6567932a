"""What a log brings is counted in working hours, too, as if it had happened here."""

from datetime import date
from pathlib import Path

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.handoffs import derived as handoffs
from flowpilot.sessions import derived as sessions
from flowpilot.sessions.search.filling import fill
from tests.imports.helpers import World, row, write_log

SPANS = '[{"weekday": 1, "start": "08:00", "end": "09:00"}]'


def test_working_times_are_written_with_the_cases(world: World, tmp_path: Path) -> None:
    with account_transaction(world.url, world.account_id) as connection:
        hours = (
            "INSERT INTO account_hours (account_id, id, valid_from, timezone, spans) VALUES (%s, %s, %s, %s, %s)"
        )
        connection.execute(hours, (world.account_id, new_id(), date(2026, 1, 1), "UTC", SPANS))
    # On a Monday: opened at 8:00, handed over at 8:30, claimed at 8:50, and solved at 10:00.
    times = (("08:10", "Ada", 0), ("08:30", "Ada", 1), ("08:50", "Bo", 1), ("09:30", "Bo", 1))
    rows = [
        row("A", seq, clock, who, moves, solved="2026-05-04 10:00")
        for seq, (clock, who, moves) in enumerate(times)
    ]
    world.load(write_log(tmp_path / "log.csv", rows))
    assert world.ask("SELECT work_seconds FROM ai_sessions") == [(3600.0,)]
    with account_transaction(world.url, world.account_id) as connection:
        assert sessions.reconcile(connection, world.account_id) == 0
        assert handoffs.reconcile(connection, world.account_id) == 0
        assert fill(connection, world.account_id) == 0
