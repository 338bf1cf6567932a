"""The figures of the coverage report, those of domains as rows of `domain` and figure, most sessions first."""

from benchmarks.naive.rows import SESSIONS

_BY_DOMAIN = (
    f"{SESSIONS} AND problem_domain IS NOT NULL GROUP BY problem_domain ORDER BY count(*) DESC, problem_domain"
)

FLOW_COUNT = """
    SELECT lower(c.name), count(*)
    FROM trees t JOIN tree_categories c ON c.account_id = t.account_id AND c.id = t.category_id
    WHERE t.account_id = %(account)s AND t.is_active AND t.deleted_at IS NULL
    GROUP BY lower(c.name)
"""


def _share(condition: str) -> str:
    return f"SELECT problem_domain, avg(CASE WHEN {condition} THEN 1.0 ELSE 0 END) {_BY_DOMAIN}"


FIGURES = {
    "session_count": f"SELECT problem_domain, count(*) {_BY_DOMAIN}",
    "flow_count": FLOW_COUNT,
    "resolution_rate": _share("status = 'resolved'"),
    "escalation_rate": _share("status IN ('escalated', 'requesting_escalation')"),
    "guided_rate": _share("confidence_tier = 'guided'"),
    "avg_resolution_minutes": f"""
        SELECT problem_domain,
               avg(extract(epoch FROM resolved_at - created_at)) FILTER (WHERE status = 'resolved') / 60
        {_BY_DOMAIN}
    """,
    "unmapped_session_count": f"SELECT count(*) {SESSIONS} AND problem_domain IS NULL",
}
