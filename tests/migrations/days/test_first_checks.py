"""Jobs of two accounts that wait at the revision before: each forgets when to compare days, and nothing else."""

import json
from typing import Any

from flowpilot.sessions.days.jobs import ROLL_JOB
from tests.migrations.rows import Migrate, ask, found_account

_ENQUEUE = """
INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, scheduled_at)
VALUES ('days', %s, %s::jsonb, %s, now() + interval '1 hour')
"""
CHECK = {"check_at": "2026-12-01T12:00:00+00:00"}


def test_jobs_that_wait_forget_their_check(external: str, to_revision: Migrate) -> None:
    to_revision("0085")
    accounts = [found_account(external), found_account(external)]
    kept: dict[str, Any] = {"due_at": "2026-11-30T12:00:00+00:00", "pause_seconds": 3600}
    for account_id in accounts:
        for task, status in ((ROLL_JOB, "todo"), (ROLL_JOB, "succeeded"), ("other", "todo")):
            arguments = {"account_id": str(account_id), **kept, **CHECK}
            ask(external, account_id, _ENQUEUE, task, json.dumps(arguments), status)
    to_revision("0086")
    for account_id in accounts:
        found = ask(
            *(external, account_id),
            "SELECT task_name, status, args - 'account_id' FROM procrastinate_jobs"
            " WHERE args ->> 'account_id' = %s",
            str(account_id),
        )
        assert sorted(found, key=str) == [
            ("other", "todo", {**kept, **CHECK}),
            (ROLL_JOB, "succeeded", {**kept, **CHECK}),
            (ROLL_JOB, "todo", kept),
        ]
