"""Days of two accounts at the revision before: each is marked, and its version is made of the new lists, too."""

from datetime import date
from uuid import UUID

import pytest
from psycopg.errors import NotNullViolation

from flowpilot.sessions.days.sums import columns
from tests.migrations.rows import Migrate, ask, found_account

OLD = [f"{part}_{name}" for part in ("kind", "cell", "end") for name in columns(part)]
_SESSIONS = f"""
INSERT INTO session_days (account_id, day, {", ".join(OLD)}) VALUES (%s, %s, {", ".join(["'{}'"] * len(OLD))})
ON CONFLICT (account_id, day) DO UPDATE SET kind_n = '{{1}}'
"""
_HANDOFFS = """
INSERT INTO handoff_days
    (account_id, day, created, claimed, claims, groups, group_handoffs, created_more, claimed_more, version)
VALUES (%s, %s, '', '', '', '{}', '{}', '', '', gen_random_uuid())
ON CONFLICT (account_id, day) DO UPDATE SET created = excluded.created
"""


def test_each_account_is_marked(external: str, to_revision: Migrate) -> None:
    to_revision("0082")
    days: dict[UUID, date] = {}
    for account_id in (found_account(external), found_account(external)):
        days[account_id] = date(2026, 6, 1 + len(days))
        for keep in (_SESSIONS, _HANDOFFS):
            ask(external, account_id, keep, account_id, days[account_id])
    to_revision("0083")
    for account_id, day in days.items():
        for kept in ("session", "handoff"):
            assert ask(external, account_id, f"SELECT day FROM {kept}_news") == [(day,)]
            assert ask(external, account_id, f"SELECT begun_n, over_n FROM {kept}_days") == [([], [])]
        # A server of the release before writes a day of sessions, whose rows are read, and none of handoffs.
        ask(external, account_id, _SESSIONS, account_id, day)
        with pytest.raises(NotNullViolation):
            ask(external, account_id, _HANDOFFS, account_id, day)


def test_a_version_is_made_of_the_new_lists(external: str, to_revision: Migrate) -> None:
    to_revision("0083")
    account_id, day = found_account(external), date(2026, 6, 1)
    ask(external, account_id, _SESSIONS, account_id, day)
    versions = ask(external, account_id, "SELECT version FROM session_days")
    for name in ("begun_quarter", "begun_n", "begun_end_unknown", "over_quarter", "over_n"):
        ask(external, account_id, f"UPDATE session_days SET {name} = '{{7}}'")
        versions += ask(external, account_id, "SELECT version FROM session_days")
    assert len(set(versions)) == 6
