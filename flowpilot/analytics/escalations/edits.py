"""What became of a step, in SQL, as `sessions/edits/record` says it of a session: step `p`, and its edit `e`."""

_IS_REMOVED = "coalesce(CAST({0}.content->'removed'->>'whole' AS boolean), false)"

# The last correction or strike of a step, or its taking back. A partial index has all edits of a session.
# A correction with a `text_name` is about another text of the step.
LAST_EDIT = f"""
LEFT JOIN LATERAL (
    SELECT e.kind, e.content->>'text' AS text
    FROM ai_session_steps e
    WHERE e.account_id = :account_id AND e.session_id = p.session_id
      AND e.kind IN ('correct', 'strike', 'take_back') AND NOT {_IS_REMOVED.format("e")}
      AND e.content->>'text_name' IS NULL
      AND (e.content->>'step' = CAST(p.id AS text) OR e.content->'also' @> to_jsonb(CAST(p.id AS text)))
    ORDER BY e.position DESC
    LIMIT 1
) e ON true
"""

# Whether the text that a person wrote is only the note of an outcome, which says by itself what was done.
IS_NOTED = """(
    p.kind = 'outcome'
    AND (p.content->>'node' IS NOT NULL OR p.content->>'suggestion' IS NOT NULL OR p.content->>'fix' IS NOT NULL)
)"""

# Whether what the step says counts: an outcome stays without its note.
IS_SAID = f"""(
    CASE WHEN e.kind = 'take_back' THEN false
         WHEN {IS_NOTED} THEN true
         ELSE e.kind IS DISTINCT FROM 'strike' AND (e.kind = 'correct' OR NOT {_IS_REMOVED.format("p")}) END
)"""
