"""Days of sessions of two accounts at the revision before: each is marked, and read from its rows until then."""

from datetime import date
from uuid import UUID

from flowpilot.sessions.days.sums import columns
from tests.migrations.rows import Migrate, ask, found_account

OLD = [
    f"{part}_{name}"
    for part in ("kind", "cell", "end")
    for name in columns(part)
    if name not in {"answers", "free_texts", "leaving", "uncharted"}
]


def test_each_account_is_marked(external: str, to_revision: Migrate) -> None:
    to_revision("0077")
    days: dict[UUID, list[tuple[date]]] = {}
    for account_id in (found_account(external), found_account(external)):
        days[account_id] = [(date(2026, 6, 1 + len(days)),), (date(2026, 6, 4),)]
        for (day,) in days[account_id]:
            values = ["{1}" if name == "cell_n" else "{}" for name in OLD]
            marks = ", ".join(["%s"] * len(values))
            ask(
                *(external, account_id),
                f"INSERT INTO session_days (account_id, day, {', '.join(OLD)}) VALUES (%s, %s, {marks})",
                *(account_id, day, *values),
            )
    to_revision("0078")
    for account_id, expected in days.items():
        assert ask(external, account_id, "SELECT day FROM session_news ORDER BY day") == expected
        assert ask(external, account_id, "SELECT day FROM session_days WHERE cell_answers <> '{}'") == []
