"""The figures of the PSA report."""

from benchmarks.naive.rows import ENTRIES, POSTS, SESSIONS

FIGURES = {
    "total_time_entries": f"SELECT count(*) {ENTRIES}",
    "total_hours_logged": f"SELECT coalesce(sum(hours_logged), 0) {ENTRIES}",
    "total_sessions": f"SELECT count(*) {SESSIONS}",
    "linked_to_ticket": f"SELECT count(*) {SESSIONS} AND psa_ticket_id IS NOT NULL",
    "doc_pushed": f"SELECT count(DISTINCT ai_session_id) {POSTS} AND status = 'success'",
    "time_entry_logged": f"SELECT count(DISTINCT session_id) {ENTRIES}",
    "daily_trend": f"""
        SELECT (created_at AT TIME ZONE 'UTC')::date AS date, count(*), sum(hours_logged)
        {ENTRIES} GROUP BY date ORDER BY date
    """,
}
