"""The words of all sessions of an account, made again from what the sessions say."""

from itertools import groupby
from operator import attrgetter
from uuid import UUID

import psycopg
from psycopg.rows import class_row

from flowpilot.sessions.models import AISession, AISessionStep
from flowpilot.sessions.search.words import words_of

_PAGE = 1_000
_SESSIONS = """
SELECT account_id, id, user_id, problem_summary, problem_body, psa_ticket_id, client_id FROM ai_sessions
WHERE account_id = %s AND id > %s ORDER BY id LIMIT %s
"""
_STEPS = """
SELECT id, session_id, position, kind, actor_id, is_free_text, content, created_at FROM ai_session_steps
WHERE account_id = %s AND session_id = ANY(%s) ORDER BY session_id, position
"""
_WRITE = """
INSERT INTO session_texts (account_id, id, words)
SELECT %s, id, words::tsvector FROM unnest(%s::uuid[], %s::text[]) AS t (id, words)
ON CONFLICT (account_id, id) DO UPDATE SET words = excluded.words
WHERE session_texts.words IS DISTINCT FROM excluded.words
RETURNING id
"""

# Before every id.
FIRST = UUID(int=0)


def fill(connection: psycopg.Connection, account_id: UUID) -> int:
    """Write the words of every session of the account whose words are others, and return how many had."""
    changed, last = 0, FIRST
    while page := fill_page(connection, account_id, last):
        last, written = page
        changed += written
    return changed


def fill_page(connection: psycopg.Connection, account_id: UUID, after: UUID) -> tuple[UUID, int] | None:
    """The same for the next sessions after an id, with the last id of them; None if there are no more."""
    with connection.cursor(row_factory=class_row(AISession)) as cursor:
        sessions = cursor.execute(_SESSIONS, (account_id, after, _PAGE)).fetchall()
    if not sessions:
        return None
    with connection.cursor(row_factory=class_row(AISessionStep)) as cursor:
        found = cursor.execute(_STEPS, (account_id, [one.id for one in sessions])).fetchall()
    steps = {session_id: list(group) for session_id, group in groupby(found, attrgetter("session_id"))}
    words = [words_of(one, steps.get(one.id, [])) for one in sessions]
    written = connection.execute(_WRITE, (account_id, [one.id for one in sessions], words))
    # With shards, the count of rows that were written is that of all that were sent.
    return sessions[-1].id, len(written.fetchall())
