"""Problems that are longer than a title get one, as a new session did then; their text is kept as their body."""

import uuid

from alembic import op
from sqlalchemy import Connection

from flowpilot.db.rls import each_account
from flowpilot.migrations.apart import FIRST, apart
from flowpilot.migrations.frozen.problem.titles import MAX_LINE, problem_of

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

_PAGE = 1000

# From the database's view: longer than one line of a title. The rule itself says what becomes of it.
LONG = """
SELECT id, problem_summary FROM ai_sessions
WHERE account_id = %(account_id)s AND id > %(after)s AND problem_body = ''
  AND (length(problem_summary) > %(longest)s OR problem_summary ~ '[\\n\\r]')
ORDER BY id LIMIT %(page)s
"""
SPLIT = """
UPDATE ai_sessions SET problem_summary = %(title)s, problem_body = %(body)s
WHERE account_id = %(account_id)s AND id = %(id)s
"""


def upgrade() -> None:
    for account_id in each_account(op.get_bind()):
        last: uuid.UUID | None = FIRST
        while last is not None:
            with apart(account_id) as connection:
                last = _split_page(connection, account_id, last)


def _split_page(connection: Connection, account_id: uuid.UUID, after: uuid.UUID) -> uuid.UUID | None:
    """Split the problems of the sessions after one, and say which was the last; None if there are no more."""
    page = {"account_id": account_id, "after": after, "longest": MAX_LINE, "page": _PAGE}
    rows = connection.exec_driver_sql(LONG, page).fetchall()
    for session_id, text in rows:
        values = {"account_id": account_id, "id": session_id, **problem_of(text)._asdict()}
        connection.exec_driver_sql(SPLIT, values)
    return rows[-1][0] if rows else None


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
