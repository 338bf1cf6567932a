"""Where flows ended in a handoff: the node at which each session stood, for a report and for its rows."""

from flowpilot.analytics.sql import CREATED_IN_WINDOW

# Snapshots are large, and more handoffs would hardly make a share more certain.
NEWEST_HANDOFFS = 2000

# Of the window's newest handoffs: those whose session stood at a node, with the flow of the node.
PLACED = f"""
    SELECT h.id, h.session_id, h.created_at, h.claimed_at, h.claimed_by, h.closed_at, h.avoidable_reason,
           coalesce(h.snapshot#>>'{{subflows,-1,id}}', h.snapshot#>>'{{flow,id}}',
                    s.matched_flow_id\\:\\:text) AS flow_id,
           h.snapshot#>>'{{node,id}}' AS node, h.snapshot#>>'{{node,text}}' AS text
    FROM (
        SELECT * FROM session_handoffs WHERE {CREATED_IN_WINDOW}
        ORDER BY created_at DESC, id DESC LIMIT {NEWEST_HANDOFFS}
    ) h
    JOIN ai_sessions s ON s.account_id = :account_id AND s.id = h.session_id
    WHERE h.snapshot#>>'{{node,id}}' IS NOT NULL
"""

# The sessions that were handed over at this node of a flow: both ids, with `/` between them.
HANDED_OVER_AT = f"""
id = ANY (ARRAY(SELECT session_id FROM ({PLACED}) placed WHERE flow_id || '/' || node = :handed_over_at))
"""
