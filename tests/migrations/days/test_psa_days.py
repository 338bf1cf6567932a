"""Pushes and time entries of two accounts at the revision before: each of their days is marked."""

from datetime import date
from uuid import UUID

from flowpilot.db.base import new_id
from tests.company import at
from tests.migrations.rows import Migrate, ask, found_account


def test_each_account_is_marked(external: str, to_revision: Migrate) -> None:
    to_revision("0073")
    days: dict[UUID, list[tuple[date]]] = {}
    for account_id in (found_account(external), found_account(external)):
        for number, type_ in enumerate(("time_entry_posted", "note_posted"), 1 + len(days)):
            ask(
                *(external, account_id),
                "INSERT INTO psa_activity_logs (account_id, id, activity_type, created_at)"
                " VALUES (%s, %s, %s, %s)",
                *(account_id, new_id(), type_, at(f"2026-06-0{number} 23:59")),
            )
        for moment in (at("2026-06-04 00:00"), None):
            ask(
                *(external, account_id),
                "INSERT INTO psa_post_logs (account_id, id, posted_at) VALUES (%s, %s, %s)",
                *(account_id, new_id(), moment),
            )
        days[account_id] = [(date(2026, 6, 1 + len(days)),), (date(2026, 6, 4),)]
    to_revision("0074")
    for account_id, expected in days.items():
        assert ask(external, account_id, "SELECT day FROM psa_news ORDER BY day") == expected
        assert ask(external, account_id, "SELECT day FROM psa_days") == []
