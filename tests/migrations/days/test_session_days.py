"""Sessions of two accounts at the revision before: each day is marked, and summed up by a job of its own."""

from datetime import date
from uuid import UUID

import pytest

from flowpilot.db.base import new_id
from flowpilot.sessions.days.jobs import ROLL_JOB
from tests.company import at
from tests.migrations.rows import Migrate, ask, found_account

MOMENTS = [at("2026-06-01 00:00"), at("2026-06-01 23:59"), at("2026-06-02 00:00")]


@pytest.mark.one_machine
def test_each_account_is_marked(external: str, to_revision: Migrate) -> None:
    to_revision("0072")
    days: dict[UUID, list[tuple[date]]] = {}
    for account_id in (found_account(external), found_account(external)):
        for moment in MOMENTS[len(days) :]:
            insert = "INSERT INTO ai_sessions (account_id, id, created_at) VALUES (%s, %s, %s)"
            ask(external, account_id, insert, account_id, new_id(), moment)
        days[account_id] = [(date(2026, 6, 1),), (date(2026, 6, 2),)]
    empty = found_account(external)
    to_revision("0073")
    for account_id, expected in {**days, empty: []}.items():
        assert ask(external, account_id, "SELECT day FROM session_news ORDER BY day") == expected
        assert ask(external, account_id, "SELECT day FROM session_days") == []
        due = ask(external, account_id, "SELECT due_at FROM session_rolls")
        query = (
            "SELECT scheduled_at FROM procrastinate_jobs WHERE args ->> 'account_id' = %s AND task_name = %s"
            " AND queue_name = 'days' AND (args ->> 'due_at')::timestamptz = scheduled_at"
        )
        assert ask(external, account_id, query, str(account_id), ROLL_JOB) == due
        assert len(due) == bool(expected)
