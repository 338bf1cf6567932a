"""The rows that figures are about."""

SESSIONS = """
    FROM ai_sessions
    WHERE account_id = %(account)s AND created_at >= %(start)s AND created_at <= %(end)s
"""
POSTS = """
    FROM psa_post_logs
    WHERE account_id = %(account)s AND posted_at >= %(start)s AND posted_at <= %(end)s
"""
ENTRIES = """
    FROM psa_activity_logs
    WHERE account_id = %(account)s AND activity_type = 'time_entry_posted'
      AND created_at >= %(start)s AND created_at <= %(end)s
"""
