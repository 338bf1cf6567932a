"""Days of sessions of two accounts at the revision before: each is marked, so records are made of it."""

from datetime import date
from uuid import UUID

from tests.migrations.rows import Migrate, ask, found_account

_BEGIN = "INSERT INTO ai_sessions (account_id, id, created_at) VALUES (%s, gen_random_uuid(), %s)"


def test_each_account_is_marked(external: str, to_revision: Migrate) -> None:
    to_revision("0081")
    days: dict[UUID, date] = {}
    for account_id in (found_account(external), found_account(external)):
        days[account_id] = date(2026, 6, 1 + len(days))
        ask(external, account_id, _BEGIN, account_id, f"{days[account_id]}T23:59:59Z")
        ask(external, account_id, _BEGIN, account_id, f"{days[account_id]}T00:00:00Z")
    to_revision("0082")
    for account_id, day in days.items():
        assert ask(external, account_id, "SELECT day FROM session_news") == [(day,)]
        assert ask(external, account_id, "SELECT day FROM session_records") == []
