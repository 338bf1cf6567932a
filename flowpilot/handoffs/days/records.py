"""What is kept of a day's handoffs: the one place that says so, for the job and for reports.

A time is in microseconds since 2000, as PostgreSQL sends it, and `NEVER` if there is none. Working time is in
seconds, and nan if none is stored.
"""

from collections.abc import Mapping

from flowpilot.handoffs.days.repeats import compared
from flowpilot.sessions.days.sums import NEVER as NOT_OVER
from flowpilot.sessions.days.sums import quarter_of

# The least number, which is PostgreSQL's -infinity.
NEVER = -(2**63)

_TIME, _SECONDS, _GROUP, _FLAG, _COUNT = ">i8", ">f8", ">i8", ">i2", ">i4"

# Steps that have not been counted: until a handoff is closed, its claimant goes on.
NOT_COUNTED = -1

# By the name of a column: the fields of a record, each with its type and its SQL.
Fields = Mapping[str, tuple[str, str]]


def _time(column: str) -> tuple[str, str]:
    return _TIME, f"timestamptz_send(coalesce({column}, '-infinity'))"


def _worked(column: str) -> tuple[str, str]:
    return _SECONDS, f"float8send(coalesce({column}, 'nan'))"


def _flag(condition: str) -> tuple[str, str]:
    return _FLAG, f"int2send(CASE WHEN {condition} THEN 1 ELSE 0 END::int2)"


def _count(column: str) -> tuple[str, str]:
    return _COUNT, f"int4send(coalesce({column}, {NOT_COUNTED})::int4)"


_OF_GROUP = _GROUP, "int8send(group_number)"

CREATED: Fields = {
    "created_at": _time("created_at"),
    "claimed_at": _time("claimed_at"),
    "first_action_at": _time("first_action_at"),
    "closed_at": _time("closed_at"),
    "claim_work_seconds": _worked("claim_work_seconds"),
    "group": _OF_GROUP,
    # Claimed at an unknown time.
    "is_unknown": _flag("claimed_by IS NOT NULL AND claimed_at IS NULL"),
}
CLAIMED: Fields = {
    "claimed_at": _time("claimed_at"),
    "first_action_at": _time("first_action_at"),
    "claimant_action_at": _time("claimant_action_at"),
    "closed_at": _time("closed_at"),
    # The session's next handoff after it was closed.
    "again_at": _time("again_at"),
    "action_work_seconds": _worked("action_work_seconds"),
    "claimant_work_seconds": _worked("claimant_work_seconds"),
    "group": _OF_GROUP,
    "is_returned": _flag("outcome IN ('returned', 'sent_back')"),
}
CLAIMS: Fields = {
    "at": _time("at"),
    # The handoff's claim before, and the first release after it.
    "previous_at": _time("previous_at"),
    "released_at": _time("released_at"),
    "group": _OF_GROUP,
}
# Of the same handoffs, in the same order: a release that did not know these reads the others.
CREATED_MORE: Fields = {
    "claimant_action_at": _time("claimant_action_at"),
    # The snapshot's completeness, nan if it has none.
    "share": (_SECONDS, "float8send(coalesce(share, 'nan'))"),
    "is_imported": _flag("is_imported"),
}
CLAIMED_MORE: Fields = {
    "id": ("V16", "uuid_send(id)"),
    "is_imported": _flag("is_imported"),
    "has_claimant": _flag("claimed_by IS NOT NULL"),
    # The steps that its claimant took until it was closed, and how many of them others had taken before.
    "n_taken": _count("n_taken"),
    "n_repeated": _count("n_repeated"),
}
PARTS: Mapping[str, Fields] = {
    "created": CREATED,
    "claimed": CLAIMED,
    "claims": CLAIMS,
    "created_more": CREATED_MORE,
    "claimed_more": CLAIMED_MORE,
}
# Each part is of rows of one of these.
_ROWS = {"created": ("created", "created_more"), "claimed": ("claimed", "claimed_more"), "claims": ("claims",)}
# When the handoffs that were created on a day began and were closed, by the quarter of an hour, and how many.
_QUARTERS = {
    "begun": quarter_of("created_at"),
    "over": f"coalesce({quarter_of('closed_at')}, {NOT_OVER})",
}
_LISTS = tuple(f"{name}_{column}" for name in _QUARTERS for column in ("quarter", "n"))
COLUMNS = (*PARTS, "groups", "group_handoffs", "version", *_LISTS)

# Handoffs with the same reason, without the blanks around it, and the same domain have the same number.
_NUMBER = r"""
    hashtextextended(btrim(h.reason, E' \t\n\r'), 0)
    # hashtextextended(coalesce('=' || s.problem_domain, ''), 1)
"""

_IS_IMPORTED = """
    EXISTS (SELECT FROM import_items i WHERE i.account_id = %(account_id)s AND i.id = h.session_id
            AND i.kind = 'session')
"""
# Which share of a senior's first questions it answers, if that is known.
_SHARE = """
    CASE WHEN jsonb_typeof(snapshot->'completeness') = 'number' THEN
        CASE WHEN (snapshot->>'completeness')::numeric BETWEEN 0 AND 1
             THEN (snapshot->>'completeness')::float8 END
    END
"""

_READ = {
    "created": f"""
    SELECT st.day, h.*, created_at AS at FROM stretches st CROSS JOIN LATERAL (
        SELECT h.id, h.created_at, claimed_at, first_action_at, claimant_action_at, closed_at, claimed_by,
               claim_work_seconds, {_SHARE} AS share, {_IS_IMPORTED} AS is_imported, {_NUMBER} AS group_number
        FROM session_handoffs h
        JOIN ai_sessions s ON s.account_id = %(account_id)s AND s.id = h.session_id
        WHERE h.account_id = %(account_id)s AND h.created_at >= st.since AND h.created_at < st.until
        OFFSET 0
    ) h""",  # noqa: S608 - all are our own constants
    "claimed": f"""
    SELECT st.day, h.*, claimed_at AS at FROM stretches st CROSS JOIN LATERAL (
        SELECT h.id, h.session_id, h.created_at, claimed_by, claimed_at, first_action_at, claimant_action_at,
               closed_at, outcome, action_work_seconds, claimant_work_seconds, {_IS_IMPORTED} AS is_imported,
               {_NUMBER} AS group_number,
               (SELECT min(again.created_at) FROM session_handoffs again
                WHERE again.account_id = %(account_id)s AND again.session_id = h.session_id
                  AND again.created_at > h.closed_at) AS again_at
        FROM session_handoffs h
        JOIN ai_sessions s ON s.account_id = %(account_id)s AND s.id = h.session_id
        WHERE h.account_id = %(account_id)s AND claimed_at >= st.since AND claimed_at < st.until
        OFFSET 0
    ) h""",  # noqa: S608 - all are our own constants
    "claims": f"""
    SELECT st.day, e.* FROM stretches st CROSS JOIN LATERAL (
        SELECT e.id, h.id AS handoff_id, e.created_at AS at, {_NUMBER} AS group_number,
               (SELECT max(o.created_at) FROM handoff_events o
                WHERE o.account_id = %(account_id)s AND o.handoff_id = e.handoff_id AND o.kind = 'claimed'
                  AND (o.created_at, o.id) < (e.created_at, e.id)) AS previous_at,
               (SELECT min(o.created_at) FROM handoff_events o
                WHERE o.account_id = %(account_id)s AND o.handoff_id = e.handoff_id
                  AND o.kind IN ('released', 'expired') AND o.created_at > e.created_at) AS released_at
        FROM handoff_events e
        JOIN session_handoffs h ON h.account_id = %(account_id)s AND h.id = e.handoff_id
        JOIN ai_sessions s ON s.account_id = %(account_id)s AND s.id = h.session_id
        WHERE e.account_id = %(account_id)s AND e.kind = 'claimed'
          AND e.created_at >= st.since AND e.created_at < st.until
        OFFSET 0
    ) e""",  # noqa: S608 - all are our own constants
}


def _part(name: str, more: str = "", join: str = "") -> str:
    """The rows of each day, and for each day its records of them."""
    lists = ", ".join(
        f"string_agg({' || '.join(sql for _, sql in PARTS[part].values())}, '' ORDER BY at, id) AS {part}"
        for part in _ROWS[name]
    )
    return f"""
{name}_rows AS MATERIALIZED ({_READ[name]}){more},
{name}_days AS (SELECT day, {lists} FROM {name}_rows {join} GROUP BY day)"""  # noqa: S608 - all are our own constants


# The steps of each closed handoff's claimant. Where somebody has claimed two handoffs of a session at the same
# time, a step is one of them only, and which depends on what is read together.
_COUNTED = f""",
ended AS (
    SELECT * FROM claimed_rows c WHERE closed_at IS NOT NULL AND claimed_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM session_handoffs o
        WHERE o.account_id = %(account_id)s AND o.session_id = c.session_id AND o.id <> c.id
          AND o.claimed_by = c.claimed_by AND o.claimed_at < c.closed_at
          AND (o.closed_at IS NULL OR o.closed_at > c.claimed_at)
    )
),
{compared("ended", "c.closed_at")},
counted AS (
    SELECT e.id, count(*) FILTER (WHERE is_taken) AS n_taken,
           count(*) FILTER (WHERE is_taken AND is_repeated) AS n_repeated
    FROM ended e LEFT JOIN compared p ON p.handoff_id = e.id
    GROUP BY e.id
)"""  # noqa: S608 - all are our own constants

_NOT_COUNTED = "CROSS JOIN (SELECT NULL::int AS n_taken, NULL::int AS n_repeated) counted"


def _records(claimed: str) -> str:
    return f"""
{_part("created")},
{claimed},
{_part("claims")},
numbered AS (
    SELECT day, group_number, (array_agg(handoff_id ORDER BY handoff_id))[1] AS handoff_id FROM (
        SELECT day, group_number, id AS handoff_id FROM created_rows
        UNION ALL SELECT day, group_number, id FROM claimed_rows
        UNION ALL SELECT day, group_number, handoff_id FROM claims_rows
    ) found
    GROUP BY 1, 2
),
group_days AS (
    SELECT day, array_agg(group_number ORDER BY group_number) AS groups,
           array_agg(handoff_id ORDER BY group_number) AS group_handoffs
    FROM numbered GROUP BY day
)
"""  # noqa: S608 - all are our own constants


# After `stretches`, which has days (or anything else that names a stretch) with their `since` and `until`. The
# steps of claimants are not counted: a report reads those that it needs.
RECORDS = _records(_part("claimed", join=_NOT_COUNTED))
SELECTED = ", ".join(
    (
        *(f"coalesce({part}, '') AS {part}" for part in PARTS),
        "coalesce(groups, '{}') AS groups, coalesce(group_handoffs, '{}') AS group_handoffs",
    )
)
JOINED = " ".join(f"LEFT JOIN {name}_days USING (day)" for name in (*_ROWS, "group"))

_BYTES = " || ".join(f"int4send(octet_length({part})) || {part}" for part in PARTS)


def _quarters(name: str, quarter: str) -> str:
    return f"""
{name}_days AS (
    SELECT day, array_agg(quarter ORDER BY quarter) AS {name}_quarter, array_agg(n ORDER BY quarter) AS {name}_n
    FROM (
        SELECT day, {quarter} AS quarter, count(*)::int AS n FROM created_rows GROUP BY 1, 2
    ) quarters
    GROUP BY day
)"""  # noqa: S608 - all are our own constants


# Of the days given, what is kept of them, as it is now. What has the same version is the same.
FRESH = f"""
WITH days AS (SELECT unnest(%(days)s::date[]) AS day),
stretches AS (
    SELECT day, day::timestamp AT TIME ZONE 'UTC' AS since, (day + 1)::timestamp AT TIME ZONE 'UTC' AS until
    FROM days
),
{_records(_part("claimed", _COUNTED, "LEFT JOIN counted USING (id)"))},
{", ".join(_quarters(*one) for one in _QUARTERS.items())}
SELECT %(account_id)s::uuid AS account_id, kept.*,
       md5({_BYTES} || convert_to(groups::text || group_handoffs::text, 'UTF8'))::uuid AS version,
       {", ".join(f"coalesce({name}, '{{}}') AS {name}" for name in _LISTS)}
FROM (SELECT days.day, {SELECTED} FROM days {JOINED}) kept
{" ".join(f"LEFT JOIN {name}_days USING (day)" for name in _QUARTERS)}
"""  # noqa: S608 - all are our own constants

# Every day that has any.
DAYS = """
SELECT (created_at AT TIME ZONE 'UTC')::date AS day FROM session_handoffs WHERE account_id = %(account_id)s
UNION SELECT (claimed_at AT TIME ZONE 'UTC')::date FROM session_handoffs
WHERE account_id = %(account_id)s AND claimed_at IS NOT NULL
UNION SELECT (created_at AT TIME ZONE 'UTC')::date FROM handoff_events
WHERE account_id = %(account_id)s AND kind = 'claimed'
"""
