"""What is kept of a day's sessions: the one place that says so, for the job and for reports.

A time is in microseconds since 2000, as PostgreSQL sends it; `NEVER` if there is none, and `UNKNOWN` if nobody
knows when it was. A ticket is a hash of 64 bits of its key. For a figure to be wrong by one, two tickets of one
account would have to have the same, and one to begin within days after the other was solved: of accounts with a
million sessions, that is one in some hundred millions.
"""

from collections.abc import Collection, Mapping

from flowpilot.sessions.reading.tickets import ticket_key

# PostgreSQL's -infinity and infinity.
NEVER, UNKNOWN = -(2**63), 2**63 - 1
NO_TICKET, NO_FLOW = 0, -1

_TIME, _SECONDS, _HASH, _PLACE, _FLOW = ">i8", ">f8", ">i8", ">i4", ">i2"

# By the name of a column: the fields of a record, each with its type and its SQL.
Fields = Mapping[str, tuple[str, str]]


def _time(column: str) -> tuple[str, str]:
    return _TIME, f"timestamptz_send(coalesce({column}, '-infinity'))"


_OF_SESSION = _PLACE, "int4send(place)"

TIMES: Fields = {
    "created_at": _time("created_at"),
    # That of a session that is not resolved now is no resolution.
    "resolved_at": _time("CASE WHEN status = 'resolved' THEN coalesce(resolved_at, 'infinity') END"),
}
TICKETS: Fields = {
    "ticket": (_HASH, f"int8send(coalesce(ticket, {NO_TICKET}))"),
    # Its place among the day's flows.
    "flow": (_FLOW, f"int2send((CASE WHEN matched_flow_id IS NULL THEN {NO_FLOW} ELSE flow_place END)::int2)"),
}
# Of those that are resolved and have it; all of the others' time was working time.
WORKED: Fields = {"place": _OF_SESSION, "work_seconds": (_SECONDS, "float8send(work_seconds)")}
# Of those that are resolved, and whose fix had to prove itself before.
FIXES: Fields = {"place": _OF_SESSION, "fix_applied_at": _time("fix_applied_at")}
# When they were reopened first, when they had been resolved last before, and when for the first time.
REOPENED: Fields = {
    "place": _OF_SESSION,
    "reopened_at": _time("reopened_at"),
    "solved_at": _time("solved_at"),
    "first_solved_at": _time("first_solved_at"),
}
# A session's first handoff; and those before it began, which a log may say.
HANDOFFS: Fields = {"place": _OF_SESSION, "created_at": _time("handed_over_at")}

PARTS: Mapping[str, Fields] = {
    "times": TIMES,
    "tickets": TICKETS,
    "worked": WORKED,
    "fixes": FIXES,
    "reopened": REOPENED,
    "handoffs": HANDOFFS,
}
COLUMNS = (*PARTS, "flows", "version")

_TICKET = f"CASE WHEN psa_ticket_id IS NOT NULL THEN hashtextextended({ticket_key('psa_ticket_id')}, 0) END"

_SESSIONS = f"""
sessions AS MATERIALIZED (
    SELECT st.day, s.*, (row_number() OVER (PARTITION BY st.day ORDER BY created_at, id))::int - 1 AS place
    FROM stretches st CROSS JOIN LATERAL (
        SELECT id, status, created_at, resolved_at, work_seconds, fix_applied_at, matched_flow_id,
               {_TICKET} AS ticket
        FROM ai_sessions
        WHERE account_id = %(account_id)s AND created_at >= st.since AND created_at < st.until
        OFFSET 0
    ) s
)"""  # noqa: S608 - all are our own constants

# Few sessions are reopened, so those are found first.
_REOPENED = """
reopenings AS MATERIALIZED (
    SELECT session_id, created_at AS at FROM ai_session_status_changes
    WHERE account_id = %(account_id)s AND from_status = 'resolved'
      AND created_at >= (SELECT min(since) FROM stretches)
),
reopened_rows AS MATERIALIZED (
    SELECT s.day, s.place, s.reopened_at,
           (SELECT max(c.created_at) FROM ai_session_status_changes c
            WHERE c.account_id = %(account_id)s AND c.session_id = s.id AND c.to_status = 'resolved'
              AND c.created_at < s.reopened_at) AS solved_at,
           (SELECT min(c.created_at) FROM ai_session_status_changes c
            WHERE c.account_id = %(account_id)s AND c.session_id = s.id AND c.to_status = 'resolved')
               AS first_solved_at
    FROM (
        SELECT s.day, s.place, s.id, min(r.at) AS reopened_at
        FROM sessions s JOIN reopenings r ON r.session_id = s.id AND r.at >= s.created_at
        GROUP BY 1, 2, 3
    ) s
)"""

_HANDOFFS = """
handoff_rows AS MATERIALIZED (
    SELECT s.day, s.place, min(h.created_at) AS handed_over_at
    FROM sessions s CROSS JOIN LATERAL (
        SELECT created_at FROM session_handoffs
        WHERE account_id = %(account_id)s AND session_id = s.id
        OFFSET 0
    ) h
    GROUP BY s.day, s.place, CASE WHEN h.created_at < s.created_at THEN h.created_at END
)"""


def _part(name: str, rows: str, order: str = "place", condition: str = "true") -> str:
    record = " || ".join(sql for _, sql in PARTS[name].values())
    return f"""
{name}_days AS (
    SELECT day, string_agg({record}, '' ORDER BY {order}) AS {name} FROM {rows} WHERE {condition} GROUP BY day
)"""  # noqa: S608 - all are our own constants


# Sessions without a flow come last, so they move no other one's place in `flows_days`.
_WITH_FLOWS = """(
    SELECT day, place, ticket, matched_flow_id,
           dense_rank() OVER (PARTITION BY day ORDER BY matched_flow_id) - 1 AS flow_place
    FROM sessions
) placed"""

# After `stretches`, which has days (or anything else that names a stretch) with their `since` and `until`.
RECORDS = ",".join(
    (
        _SESSIONS,
        _REOPENED,
        _HANDOFFS,
        """
flows_days AS (
    SELECT day, array_agg(matched_flow_id ORDER BY matched_flow_id) AS flows
    FROM (SELECT DISTINCT day, matched_flow_id FROM sessions WHERE matched_flow_id IS NOT NULL) found
    GROUP BY day
)""",
        _part("times", "sessions"),
        _part("tickets", _WITH_FLOWS),
        _part("worked", "sessions", condition="status = 'resolved' AND work_seconds IS NOT NULL"),
        _part("fixes", "sessions", condition="status = 'resolved' AND fix_applied_at IS NOT NULL"),
        _part("reopened", "reopened_rows"),
        _part("handoffs", "handoff_rows", "place, handed_over_at"),
    )
)


def selected(parts: Collection[str]) -> str:
    """These parts as columns, after `joined`; and the flows, which only tickets name."""
    flows = "coalesce(flows, '{}')" if "tickets" in parts else "CAST('{}' AS uuid[])"
    return ", ".join((*(f"coalesce({part}, '') AS {part}" for part in parts), f"{flows} AS flows"))


def joined(parts: Collection[str]) -> str:
    """What `stretches` has to be joined to for these parts; the others are then not made."""
    names = (*parts, "flows") if "tickets" in parts else parts
    return " ".join(f"LEFT JOIN {name}_days USING (day)" for name in names)


_BYTES = " || ".join(f"int4send(octet_length({part})) || {part}" for part in PARTS)

# Of the days given, what is kept of them, as it is now. What has the same version is the same.
FRESH = f"""
WITH days AS (SELECT unnest(%(days)s::date[]) AS day),
stretches AS (
    SELECT day, day::timestamp AT TIME ZONE 'UTC' AS since, (day + 1)::timestamp AT TIME ZONE 'UTC' AS until
    FROM days
),
{RECORDS}
SELECT %(account_id)s::uuid AS account_id, kept.*,
       md5({_BYTES} || convert_to(flows::text, 'UTF8'))::uuid AS version
FROM (SELECT days.day, {selected(PARTS)} FROM days {joined(PARTS)}) kept
"""  # noqa: S608

# Every day that has any.
DAYS = "SELECT (created_at AT TIME ZONE 'UTC')::date AS day FROM ai_sessions WHERE account_id = %(account_id)s"
