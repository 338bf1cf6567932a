"""Tickets that are here under another system's name, or by another number: are they those of a staged log?"""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from psycopg import Connection

from flowpilot.imports.case.equal import Elsewhere, Facts, likely
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.staging import built_cases
from flowpilot.sessions.reading.tickets import ticket_key

# Of some runs, the rows have a second number, by which a file may call the ticket.
_HAS_NUMBERS = """
SELECT EXISTS (SELECT 1 FROM elsewhere) OR EXISTS (
    SELECT 1 FROM import_runs r
    WHERE r.account_id = %(account)s AND r.rules->'mapping'->'case'->>'number' IS NOT NULL
)
"""
# Sessions that imports brought and that have a number of a ticket of the log, whichever of them knows two. The log
# does not add to them, as far as is known yet. `is_told`: an import of the log's system has said something of it.
_NUMBERED = f"""
WITH numbered AS (
    SELECT r.id, (e.place - 1)::int AS place FROM import_runs r
    CROSS JOIN LATERAL jsonb_array_elements_text(r.rules->'columns') WITH ORDINALITY AS e (name, place)
    WHERE r.account_id = %(account)s AND e.name = r.rules->'mapping'->'case'->>'number'
), called AS MATERIALIZED (
    SELECT case_id, number, {ticket_key("number")} AS key FROM (
        SELECT DISTINCT case_id, case_id AS number FROM staged
        UNION SELECT DISTINCT case_id, cells->>%(place)s::int FROM staged
    ) c WHERE NOT EXISTS (SELECT FROM same WHERE same.case_id = c.case_id)
), alike AS (
    SELECT called.case_id, s.id FROM called
    JOIN ai_sessions s ON s.ticket_key = called.key AND s.psa_ticket_id = called.number
    WHERE s.account_id = %(account)s
    UNION SELECT called.case_id, c.session_id FROM numbered
    JOIN import_cases c ON c.run_id = numbered.id JOIN called ON called.number = c.rows->-1->>numbered.place
    WHERE c.account_id = %(account)s
), told AS (
    SELECT c.session_id AS id, min(r.rules->'mapping'->>'system') AS system,
        bool_or(r.rules->'mapping'->>'system' IS NOT DISTINCT FROM %(system)s::text) AS is_told
    FROM import_cases c JOIN import_runs r ON r.account_id = c.account_id AND r.id = c.run_id
    WHERE c.account_id = %(account)s AND c.session_id IN (SELECT id FROM alike) GROUP BY 1
)
SELECT alike.case_id, s.id, left(s.problem_summary, 200), s.created_at, s.resolved_at, told.system, told.is_told
FROM alike JOIN ai_sessions s ON s.id = alike.id JOIN told ON told.id = s.id
LEFT JOIN same ON same.id = s.id
WHERE s.account_id = %(account)s AND same.id IS NULL
ORDER BY 1, 2
"""  # noqa: S608 - It is made of our own constants.
_JOIN = """
INSERT INTO same SELECT %(ticket)s, %(session)s WHERE NOT EXISTS (SELECT FROM same WHERE same.id = %(session)s)
"""


def find_elsewhere(connection: Connection, account_id: UUID, mapping: Mapping) -> dict[str, Sequence[Elsewhere]]:
    """What is here under another system's name, or by another number, by the tickets of the staged log.

    What is the same, because a person says so now or an import of this system has told of it before, is added to
    the temporary table `same` instead.
    """
    found: dict[str, list[Elsewhere]] = defaultdict(list)
    asked = connection.execute(_HAS_NUMBERS, {"account": account_id}).fetchone()
    if mapping.case.number is None and asked == (False,):
        return {}
    connection.execute("ANALYZE elsewhere")
    number = mapping.case.number
    place = None if number is None else list(mapping.uses).index(number)
    named = {"account": account_id, "place": place, "system": mapping.system}
    for ticket, session_id, title, opened, resolved, system, is_told in connection.execute(_NUMBERED, named):
        found[ticket].append(Elsewhere(session_id, Facts(title or "", opened, resolved), system, is_told=is_told))
    is_same = mapping.equal_numbers == "same"
    likely_ones = [ticket for ticket, ones in found.items() if is_same or any(one.is_told for one in ones)]
    for ticket, case in built_cases(connection, mapping, likely_ones) if likely_ones else ():
        one = likely([one for one in found[ticket] if is_same or one.is_told], case)
        if one is not None:
            connection.execute(_JOIN, {"ticket": ticket, "session": one.session_id})
            del found[ticket]
    return dict(found)
