"""Days of handoffs of two accounts at the revision before: each is marked, and without a version it stays so."""

from datetime import date
from uuid import UUID

import pytest
from psycopg.errors import NotNullViolation

from tests.migrations.rows import Migrate, ask, found_account

_KEEP = """
INSERT INTO handoff_days (account_id, day, created, claimed, claims, groups, group_handoffs)
VALUES (%s, %s, '', '', '', '{}', '{}')
ON CONFLICT (account_id, day) DO UPDATE SET created = excluded.created
"""


def test_each_account_is_marked(external: str, to_revision: Migrate) -> None:
    to_revision("0080")
    days: dict[UUID, date] = {}
    for account_id in (found_account(external), found_account(external)):
        days[account_id] = date(2026, 6, 1 + len(days))
        ask(external, account_id, _KEEP, account_id, days[account_id])
    to_revision("0081")
    for account_id, day in days.items():
        assert ask(external, account_id, "SELECT day FROM handoff_news") == [(day,)]
        assert ask(external, account_id, "SELECT day, created_more FROM handoff_days") == [(day, b"")]
        with pytest.raises(NotNullViolation):
            ask(external, account_id, _KEEP, account_id, day)
