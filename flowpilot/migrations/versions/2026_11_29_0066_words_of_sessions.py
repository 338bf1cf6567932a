"""Sessions that are there can be found by their words.

What the previous release writes meanwhile is added by the next text in its session, or by
`flowpilot db reconcile`.
"""

import uuid
from itertools import groupby

from alembic import op
from sqlalchemy import Connection

from flowpilot.db.rls import each_account
from flowpilot.migrations.apart import FIRST, apart
from flowpilot.migrations.frozen.words.steps import Step
from flowpilot.migrations.frozen.words.words import Session, words_of

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

_PAGE = 1_000

SESSIONS = """
SELECT id, user_id, problem_summary, problem_body, psa_ticket_id, client_id FROM ai_sessions
WHERE account_id = %(account_id)s AND id > %(after)s ORDER BY id LIMIT %(page)s
"""
STEPS = """
SELECT id, session_id, kind, actor_id, is_free_text, content FROM ai_session_steps
WHERE account_id = %(account_id)s AND session_id = ANY(%(sessions)s) ORDER BY session_id, position
"""
KEEP = """
INSERT INTO session_texts (account_id, id, words)
SELECT %(account_id)s, id, words::tsvector FROM unnest(%(sessions)s::uuid[], %(words)s::text[]) AS t (id, words)
ON CONFLICT (account_id, id) DO UPDATE SET words = excluded.words
"""


def upgrade() -> None:
    for account_id in each_account(op.get_bind()):
        last: uuid.UUID | None = FIRST
        while last is not None:
            with apart(account_id) as connection:
                last = _keep_page(connection, account_id, last)


def _keep_page(connection: Connection, account_id: uuid.UUID, after: uuid.UUID) -> uuid.UUID | None:
    """Keep the words of the sessions after one, and say which was the last; None if there are no more."""
    page = {"account_id": account_id, "after": after, "page": _PAGE}
    sessions = [Session(*row) for row in connection.exec_driver_sql(SESSIONS, page)]
    if not sessions:
        return None
    mine = {"account_id": account_id, "sessions": [one.id for one in sessions]}
    found = [Step(*row) for row in connection.exec_driver_sql(STEPS, mine)]
    steps = {session_id: list(group) for session_id, group in groupby(found, lambda step: step.session_id)}
    words = [words_of(one, steps.get(one.id, [])) for one in sessions]
    connection.exec_driver_sql(KEEP, {**mine, "words": words})
    return sessions[-1].id


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
