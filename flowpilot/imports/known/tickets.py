"""Which cases of a staged log the account has, and which of those the log may add to."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from psycopg import Connection

from flowpilot.imports.known.untouched import keep_untouched
from flowpilot.sessions.reading.tickets import ticket_key

_DROP = f"""
WITH gone AS (
    DELETE FROM staged
    WHERE {ticket_key("case_id")} IN (
        SELECT {ticket_key("psa_ticket_id")} FROM ai_sessions WHERE account_id = %s AND psa_ticket_id IS NOT NULL
    ) AND NOT EXISTS (SELECT FROM known WHERE ticket = case_id)
    RETURNING case_id
)
SELECT count(*), count(DISTINCT case_id) FROM gone
"""  # noqa: S608 - It is made of our own constants.


@dataclass(frozen=True, slots=True)
class KnownTickets:
    """The sessions that a log adds to, by ticket; and how many rows and cases were dropped."""

    sessions: Mapping[str, UUID]
    rows_dropped: int
    cases_dropped: int


def find_known(connection: Connection, account_id: UUID, *, lock: bool = True) -> KnownTickets:
    """Find the tickets in `staged` that the account has. Those stay which imports alone have brought and written.

    A ticket with a session of our own, or with one that somebody has worked on, is dropped from `staged`, also if
    its number is written in another way there.
    Those that stay are locked, unless the log is only looked at.
    """
    found = connection.execute(
        "CREATE TEMP TABLE known ON COMMIT DROP AS SELECT i.id, s.psa_ticket_id AS ticket"
        " FROM ai_sessions s JOIN import_items i ON i.account_id = s.account_id AND i.id = s.id"
        " WHERE s.account_id = %(account)s AND s.psa_ticket_id IN (SELECT case_id FROM staged)"
        " AND EXISTS (SELECT FROM import_cases c WHERE c.account_id = %(account)s AND c.session_id = s.id)"
        " AND NOT EXISTS (SELECT FROM ai_sessions o WHERE o.account_id = %(account)s"
        " AND o.psa_ticket_id = s.psa_ticket_id AND o.id <> s.id)",
        {"account": account_id},
    )
    if found.rowcount:
        connection.execute("ANALYZE known")
        keep_untouched(connection, account_id, "known", lock=lock)
    dropped = connection.execute(_DROP.encode(), (account_id,)).fetchone()
    assert dropped is not None
    sessions = connection.execute("SELECT ticket, id FROM known").fetchall()
    return KnownTickets(dict(sessions), *dropped)
