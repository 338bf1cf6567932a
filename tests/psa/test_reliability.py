"""Sessions are closed while the server is killed and answers are lost, and everything arrives exactly once."""

from pathlib import Path

import pytest

from benchmarks.reliability.desks import TARGETS
from benchmarks.reliability.run import Plan, run
from benchmarks.server import temporary_settings
from flowpilot.db.connect import database
from tests.databases import copy_migrated


@pytest.mark.long
def test_what_ten_sessions_post_arrives_once_though_the_server_is_killed_twice(run_directory: Path) -> None:
    with TARGETS["connectwise"]() as target, temporary_settings() as settings:
        copy_migrated(run_directory, settings.data_dir)
        with database(settings) as urls:
            counts = run(target, Plan(sessions=10, kills=2), settings, urls)
    assert (counts.notes_stored, counts.notes_doubled, counts.notes_missing) == (10, 0, 0)
    assert (counts.times_stored, counts.is_exact) == (10, True)
