"""Handoffs of two accounts at the revision before: each day of their creation and claim is marked."""

from datetime import date
from uuid import UUID

from flowpilot.db.base import new_id
from tests.company import at
from tests.migrations.rows import Migrate, ask, found_account


def test_each_account_is_marked(external: str, to_revision: Migrate) -> None:
    to_revision("0074")
    days: dict[UUID, list[tuple[date]]] = {}
    for account_id in (found_account(external), found_account(external)):
        session_id, day = new_id(), 1 + len(days)
        ask(
            *(external, account_id),
            "INSERT INTO ai_sessions (account_id, id) VALUES (%s, %s)",
            *(account_id, session_id),
        )
        ask(
            *(external, account_id),
            "INSERT INTO session_handoffs (account_id, id, session_id, created_at, claimed_at)"
            " VALUES (%s, %s, %s, %s, %s)",
            *(account_id, new_id(), session_id, at(f"2026-06-0{day} 23:59"), at("2026-06-04 00:00")),
        )
        days[account_id] = [(date(2026, 6, day),), (date(2026, 6, 4),)]
    to_revision("0075")
    for account_id, expected in days.items():
        assert ask(external, account_id, "SELECT day FROM handoff_news ORDER BY day") == expected
        assert ask(external, account_id, "SELECT day FROM handoff_days") == []
