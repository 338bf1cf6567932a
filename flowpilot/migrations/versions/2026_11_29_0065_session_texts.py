"""The words by which sessions are found, in a table of their own.

A transaction that has set `app.search` sees only the texts that it finds. A policy of row security stands before
what a statement asks for, so that its condition can use the index (docs/decisions/0078). Without a search it asks
for texts without `#`, which no word has, so that all are seen.
"""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None

SEARCH = """
CREATE POLICY search ON session_texts AS RESTRICTIVE FOR SELECT
USING (words @@ COALESCE(NULLIF(current_setting('app.search', true), ''), '!#')::tsquery)
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    op.execute(
        "CREATE TABLE session_texts ("
        " account_id UUID NOT NULL REFERENCES accounts (id),"
        " id UUID NOT NULL,"
        " words TSVECTOR DEFAULT '' NOT NULL,"
        " PRIMARY KEY (account_id, id),"
        " FOREIGN KEY (account_id, id) REFERENCES ai_sessions (account_id, id))"
    )
    op.execute("CREATE INDEX session_texts_words_idx ON session_texts USING gin (account_id, words)")
    op.execute(tenant_policy("session_texts"))
    op.execute(SEARCH)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
