"""The figures of the escalations report."""

_CLAIMED = """
    FROM session_handoffs h
    WHERE h.account_id = %(account)s AND h.claimed_at >= %(start)s AND h.claimed_at <= %(end)s
"""
_FIRST = """
    (SELECT min(p.created_at) FROM ai_session_steps p
     WHERE p.account_id = h.account_id AND p.session_id = h.session_id AND p.created_at > h.claimed_at)
"""
_WAITS = f"SELECT extract(epoch FROM {_FIRST} - h.claimed_at) AS wait {_CLAIMED}"

FIGURES = {
    "n_handoffs_claimed": f"SELECT count(*) {_CLAIMED}",
    "n_handoffs_with_action": f"SELECT count(wait) FROM ({_WAITS}) waits",
    "avg_seconds_to_first_action": f"SELECT avg(wait) FROM ({_WAITS}) waits",
    "median_seconds_to_first_action": f"""
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY wait) FROM ({_WAITS}) waits
    """,
    "p95_seconds_to_first_action": f"""
        SELECT wait FROM ({_WAITS}) waits WHERE wait IS NOT NULL ORDER BY wait
        OFFSET (SELECT greatest(round(0.95 * (count(wait) - 1)::float8), 0)::int FROM ({_WAITS}) all_waits) LIMIT 1
    """,
}
