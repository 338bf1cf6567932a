"""Which steps somebody had taken before, in SQL: for what is kept of days, and for reports over rows."""


def compared(handoffs: str, until: str, limit: str = "", account: str = "%(account_id)s") -> str:
    """Two CTEs of claimed handoffs, which have a `claimed_by`: `compared` has their steps that say what was done.

    `is_taken`: by the claimant, from the claim until a moment, which is an expression over a handoff `c`.
    `is_repeated`: the same question, or at the same node where there are no words, was there before the handoff.
    """
    return f"""
steps AS (
    SELECT p.id, p.position, p.created_at, c.id AS handoff_id, c.claimed_at, p.content->>'node' AS node,
           nullif(lower(btrim(coalesce(p.content->>'question', p.content->>'instruction'))), '') AS words,
           p.created_at < c.created_at AS is_before,
           p.actor_id = c.claimed_by AND p.created_at > c.claimed_at AND p.created_at <= {until} AS is_taken
    FROM {limit or handoffs} c
    JOIN ai_session_steps p ON p.account_id = {account} AND p.session_id = c.session_id
    WHERE p.kind IN ('answer', 'outcome')
),
compared AS (
    SELECT id, position, created_at, handoff_id, claimed_at, is_taken,
           words IS NOT NULL AND bool_or(is_before) OVER (PARTITION BY handoff_id, words)
           OR node IS NOT NULL AND CASE
               WHEN words IS NULL THEN bool_or(is_before) OVER (PARTITION BY handoff_id, node)
               ELSE bool_or(is_before AND words IS NULL) OVER (PARTITION BY handoff_id, node)
           END AS is_repeated
    FROM steps
    WHERE node IS NOT NULL OR words IS NOT NULL
)"""  # noqa: S608 - all are our own constants
