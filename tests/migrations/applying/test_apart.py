"""Migrations that change a busy table in transactions of their own may be stopped between these, and run again."""

import psycopg

from tests.migrations.rows import Migrate


def test_what_was_done_apart_is_done_again_without_harm(external: str, to_revision: Migrate) -> None:
    for before, after in (("0048", "0049"), ("0051", "0052")):
        to_revision(before)
        to_revision(after)
        # What is in the migration's own transaction is undone.
        with psycopg.connect(external) as owner:
            owner.execute("DROP INDEX IF EXISTS idempotency_keys_subject_idx")
            owner.execute("ALTER TABLE idempotency_keys DROP COLUMN IF EXISTS subject_id")
            owner.execute("UPDATE alembic_version SET version_num = %s", [before])
        to_revision(after)
