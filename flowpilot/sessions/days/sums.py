"""What is summed of sessions, by the names of the columns of `session_days`: the one place that says so.

A list for each column; the first ones of each name the group. A session's open statuses are one, so that nothing
has to be summed up again when it is paused or goes on, and neither when an escalation is claimed. An open session
takes answers all the time, so only those of others are summed; who needs them all reads open sessions as well.
"""

from collections.abc import Mapping

STATUS = """
    CASE WHEN status IN ('escalated', 'requesting_escalation') THEN 'escalated'
         WHEN status IN ('resolved', 'abandoned') THEN status ELSE 'open' END
"""
IS_OPEN = "status IN ('active', 'paused')"
_SECONDS = "date_part('epoch', resolved_at - created_at)"
# The time to a session's resolution that was working time; null beside a known end means that all of it was.
WORKED_SECONDS = f"coalesce(work_seconds, {_SECONDS})"
# Solved without any flow.
UNCHARTED = "status = 'resolved' AND confidence_tier = 'discovery' AND matched_flow_id IS NULL"
_IS_RESOLVED = "FILTER (WHERE status = 'resolved')"
# Abandoning is the last that happens to a session. Null: it is open, or its end has no known time.
ENDED_AT = "CASE status WHEN 'resolved' THEN resolved_at WHEN 'abandoned' THEN last_activity_at END"
# An imported session that a log ended without saying when.
IS_END_UNKNOWN = f"status IN ('resolved', 'abandoned') AND ({ENDED_AT}) IS NULL"

Columns = Mapping[str, str]


def quarter_of(moment: str) -> str:
    """The quarter of an hour of a moment, counted from 1970."""
    return f"floor(date_part('epoch', {moment}) / 900)::int"


KIND_GROUP: Columns = {"status": STATUS, "tier": "confidence_tier"}
KIND_SUMS: Columns = {
    "n": "count(*)::int",
    # A session that is not resolved takes steps all the time, and nobody counts those.
    "steps": f"coalesce(sum(step_count) {_IS_RESOLVED}, 0)",
    "step_squares": f"coalesce(sum(power(step_count, 2)) {_IS_RESOLVED}, 0)",
    "step_cubes": f"coalesce(sum(power(step_count, 3)) {_IS_RESOLVED}, 0)",
    "rated": "count(session_rating)::int",
    "rating": "coalesce(sum(session_rating), 0)::int",
    "rating_squares": "coalesce(sum(session_rating * session_rating), 0)::int",
    "rating_cubes": "coalesce(sum(session_rating * session_rating * session_rating), 0)::int",
    "tickets": "count(psa_ticket_id)::int",
    "timed": "count(resolved_at)::int",
    "duration": "sum(resolved_at - created_at)",
    "duration_squares": f"sum(power({_SECONDS}, 2))",
    "duration_cubes": f"sum(power({_SECONDS}, 3))",
}
CELL_GROUP: Columns = {"domain": "problem_domain", "flow_id": "matched_flow_id"}
CELL_SUMS: Columns = {
    "n": "count(*)::int",
    "resolved": f"(count(*) {_IS_RESOLVED})::int",
    "escalated": "(count(*) FILTER (WHERE status IN ('escalated', 'requesting_escalation')))::int",
    "guided": "(count(*) FILTER (WHERE confidence_tier = 'guided'))::int",
    "timed": f"(count(resolved_at) {_IS_RESOLVED})::int",
    "duration": f"sum(resolved_at - created_at) {_IS_RESOLVED}",
    "worked": f"sum({WORKED_SECONDS}) {_IS_RESOLVED}",
    "answers": f"coalesce(sum(answer_count) FILTER (WHERE NOT {IS_OPEN}), 0)::int",
    "free_texts": f"coalesce(sum(free_text_count) FILTER (WHERE NOT {IS_OPEN}), 0)::int",
    # Sessions in which an answer left the options.
    "leaving": f"(count(*) FILTER (WHERE NOT {IS_OPEN} AND free_text_count > 0))::int",
    "uncharted": f"(count(*) FILTER (WHERE {UNCHARTED}))::int",
}
END_GROUP: Columns = {"quarter": quarter_of("resolved_at")}
END_SUMS: Columns = {
    "n": "count(*)::int",
    "duration": "sum(resolved_at - created_at)",
    "squares": f"sum(power({_SECONDS}, 2))",
    "cubes": f"sum(power({_SECONDS}, 3))",
    "worked": f"sum({WORKED_SECONDS})",
    "worked_squares": f"sum(power({WORKED_SECONDS}, 2))",
    "worked_cubes": f"sum(power({WORKED_SECONDS}, 3))",
}
BEGUN_GROUP: Columns = {"quarter": quarter_of("created_at")}
BEGUN_SUMS: Columns = {
    "n": "count(*)::int",
    "end_unknown": f"(count(*) FILTER (WHERE {IS_END_UNKNOWN}))::int",
}
# A session that is open ends after all quarters, and one of which nobody knows when it ended before them.
NEVER, UNKNOWN = 2**31 - 1, -(2**31)
OVER_GROUP: Columns = {
    "quarter": f"CASE WHEN {IS_END_UNKNOWN} THEN {UNKNOWN} ELSE coalesce({quarter_of(ENDED_AT)}, {NEVER}) END"
}
OVER_SUMS: Columns = {"n": "count(*)::int"}

# By the prefix of its columns: the group, the sums, and which sessions it is about.
PARTS: Mapping[str, tuple[Columns, Columns, str]] = {
    "kind": (KIND_GROUP, KIND_SUMS, "true"),
    "cell": (CELL_GROUP, CELL_SUMS, "true"),
    "end": (END_GROUP, END_SUMS, "status = 'resolved' AND resolved_at IS NOT NULL"),
    "begun": (BEGUN_GROUP, BEGUN_SUMS, "true"),
    "over": (OVER_GROUP, OVER_SUMS, "true"),
}


def columns(part: str) -> list[str]:
    """The names of a part's lists, without its prefix."""
    group, sums, _ = PARTS[part]
    return [*group, *sums]


def listed(found: Columns) -> str:
    """Expressions with their names, for a SELECT."""
    return ", ".join(f"{sql} AS {name}" for name, sql in found.items())
