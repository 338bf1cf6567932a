"""The figures of the flow quality report, as rows of flow and figure; the score is made of them."""

from benchmarks.naive.rows import SESSIONS

_BY_FLOW = f"{SESSIONS} AND matched_flow_id IS NOT NULL GROUP BY matched_flow_id"

FIGURES = {
    "flows": """
        SELECT id, name, tree_type FROM trees
        WHERE account_id = %(account)s AND is_active AND deleted_at IS NULL ORDER BY name
    """,
    "usage_count": f"SELECT matched_flow_id, count(*) {_BY_FLOW}",
    "success_rate": f"SELECT matched_flow_id, avg(CASE WHEN status = 'resolved' THEN 1.0 ELSE 0 END) {_BY_FLOW}",
    "avg_confidence": f"""
        SELECT matched_flow_id, avg(CASE WHEN confidence_tier = 'guided' THEN 1.0 ELSE 0 END) {_BY_FLOW}
    """,
    "last_matched_in_window": f"SELECT matched_flow_id, max(created_at) {_BY_FLOW}",
    "last_matched_ever": """
        SELECT matched_flow_id, max(created_at) FROM ai_sessions
        WHERE account_id = %(account)s AND matched_flow_id IS NOT NULL GROUP BY matched_flow_id
    """,
}
