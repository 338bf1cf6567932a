"""Sessions are closed while the server is killed and answers are lost, and everything arrives exactly once."""

import pytest

from benchmarks.reliability.desks import TARGETS
from benchmarks.reliability.run import Plan, run
from benchmarks.server import temporary_settings
from flowpilot.migrations.opening import migrated_database


@pytest.mark.long
def test_what_ten_sessions_post_arrives_once_though_the_server_is_killed_twice() -> None:
    with (
        TARGETS["connectwise"]() as target,
        temporary_settings() as settings,
        migrated_database(settings) as urls,
    ):
        counts = run(target, Plan(sessions=10, kills=2), settings, urls)
    assert (counts.notes_stored, counts.notes_doubled, counts.notes_missing) == (10, 0, 0)
    assert (counts.times_stored, counts.is_exact) == (10, True)
