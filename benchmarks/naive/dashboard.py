"""The dashboard's figures."""

from benchmarks.naive.coverage import FLOW_COUNT
from benchmarks.naive.rows import ENTRIES, POSTS, SESSIONS

_MINUTES = "avg(extract(epoch FROM resolved_at - created_at)) / 60"
_TIMED = f"{SESSIONS} AND status = 'resolved' AND resolved_at IS NOT NULL"
_OF_TIER = "SELECT count(*), count(*) FILTER (WHERE status = 'resolved')"
_ENDED = f"{SESSIONS} AND status IN ('resolved', 'escalated', 'requesting_escalation')"
_REVIEWED = """
    FROM flow_proposals
    WHERE account_id = %(account)s AND reviewed_at >= %(start)s AND reviewed_at <= %(end)s
"""

FIGURES = {
    "total_sessions": f"SELECT count(*) {SESSIONS}",
    "resolved_sessions": f"SELECT count(*) {SESSIONS} AND status = 'resolved'",
    "escalated_sessions": f"SELECT count(*) {SESSIONS} AND status IN ('escalated', 'requesting_escalation')",
    "abandoned_sessions": f"SELECT count(*) {SESSIONS} AND status = 'abandoned'",
    "avg_steps_to_resolution": f"SELECT avg(step_count) {SESSIONS} AND status = 'resolved'",
    "avg_session_duration_minutes": f"SELECT {_MINUTES} {SESSIONS} AND resolved_at IS NOT NULL",
    "avg_rating": f"SELECT avg(session_rating) {SESSIONS} AND session_rating IS NOT NULL",
    "mttr_minutes": f"SELECT {_MINUTES} {_TIMED}",
    "mttr_trend": f"""
        SELECT (resolved_at AT TIME ZONE 'UTC')::date AS date, {_MINUTES}, count(*)
        {_TIMED} GROUP BY date ORDER BY date
    """,
    "sessions_by_domain": f"""
        SELECT problem_domain, count(*), count(*) FILTER (WHERE status = 'resolved'),
               count(*) FILTER (WHERE status IN ('escalated', 'requesting_escalation'))
        {SESSIONS} AND problem_domain IS NOT NULL
        GROUP BY problem_domain ORDER BY count(*) DESC, problem_domain
    """,
    "guided": f"{_OF_TIER} {_ENDED} AND confidence_tier = 'guided'",
    "exploring": f"{_OF_TIER} {_ENDED} AND confidence_tier = 'exploring'",
    "discovery": f"{_OF_TIER} {_ENDED} AND confidence_tier = 'discovery'",
    "total_flows": "SELECT count(*) FROM trees WHERE account_id = %(account)s",
    "ai_generated_flows": """
        SELECT count(*) FROM trees WHERE account_id = %(account)s AND origin IN ('ai_generated', 'ai_enhanced')
    """,
    "total_proposals_pending": """
        SELECT count(*) FROM flow_proposals WHERE account_id = %(account)s AND status = 'pending'
    """,
    "proposals_approved_this_period": f"SELECT count(*) {_REVIEWED} AND status IN ('approved', 'modified')",
    "proposals_rejected_this_period": f"SELECT count(*) {_REVIEWED} AND status = 'rejected'",
    "flow_count": FLOW_COUNT,
    "guided_by_domain": f"""
        SELECT problem_domain, count(*), count(*) FILTER (WHERE confidence_tier = 'guided')
        {SESSIONS} AND problem_domain IS NOT NULL
        GROUP BY problem_domain ORDER BY count(*) DESC, problem_domain
    """,
    "linked": f"SELECT count(*) {SESSIONS} AND psa_ticket_id IS NOT NULL",
    "pushes": f"SELECT count(*) {POSTS}",
    "pushed": f"SELECT count(*) {POSTS} AND status = 'success'",
    "pushed_after_retries": f"SELECT count(*) {POSTS} AND status = 'success' AND retry_count > 0",
    "total_time_entries_logged": f"SELECT count(*) {ENTRIES}",
    "total_hours_logged": f"SELECT coalesce(sum(hours_logged), 0) {ENTRIES}",
}
