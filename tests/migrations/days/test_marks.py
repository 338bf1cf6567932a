"""Each account's days are marked in a transaction of its own, and none waits for all to be done."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from tests.migrations.rows import Migrate, ask, found_account

DAY = date(2026, 6, 1)
_EMPTY = {"ARRAY": "'{}'", "bytea": "''", "uuid": "gen_random_uuid()"}


def _keep(url: str, account_id: UUID, table: str) -> None:
    columns = ask(
        *(url, account_id),
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
        " AND is_generated = 'NEVER' AND column_name NOT IN ('account_id', 'day')",
        table,
    )
    names = ", ".join(name for name, _ in columns)
    values = ", ".join(_EMPTY[type_] for _, type_ in columns)
    ask(
        *(url, account_id),
        f"INSERT INTO {table} (account_id, day, {names}) VALUES (%s, %s, {values})",
        *(account_id, DAY),
    )


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("0077", "0078", "session"),
        ("0080", "0081", "handoff"),
        ("0082", "0083", "session"),
        ("0082", "0083", "handoff"),
    ],
)
def test_accounts_before_one_that_fails_are_marked(
    external: str, to_revision: Migrate, before: str, after: str, what: str
) -> None:
    to_revision(before)
    first, second = found_account(external), found_account(external)
    for account_id in (first, second):
        _keep(external, account_id, f"{what}_days")
    ask(
        *(external, second),
        f"ALTER TABLE {what}_news ADD CONSTRAINT fails CHECK (account_id <> '{second}')",
    )
    with pytest.raises(IntegrityError):
        to_revision(after)
    marked = f"SELECT DISTINCT day FROM {what}_news"
    assert [ask(external, account_id, marked) for account_id in (first, second)] == [[(DAY,)], []]
    ask(external, second, f"ALTER TABLE {what}_news DROP CONSTRAINT fails")
    to_revision(after)
    assert [ask(external, account_id, marked) for account_id in (first, second)] == [[(DAY,)], [(DAY,)]]
