"""The fragments of SQL that several reports share."""

from sqlalchemy import TextClause, text

# Contract: "escalated" in a count always means both of these.
ESCALATED = "status IN ('escalated', 'requesting_escalation')"

SESSIONS_IN_WINDOW = "account_id = :account_id AND created_at >= :start AND created_at < :end"

# How many usable flows an account has a category, by the category's name in lower case.
FLOW_COUNTS = """
    SELECT lower(c.name) AS domain, count(*) AS flow_count
    FROM trees t
    JOIN tree_categories c ON c.account_id = t.account_id AND c.id = t.category_id
    WHERE t.account_id = :account_id AND t.is_active AND t.deleted_at IS NULL
    GROUP BY lower(c.name)
"""


def statement(sql: str) -> TextClause:
    """A report's SQL without its indentation: psycopg remembers what it has parsed up to 4,096 characters."""
    return text(" ".join(sql.split()))


def seconds(interval: str) -> str:
    """An interval expression in seconds, to the microsecond."""
    return f"date_part('epoch', {interval})"
