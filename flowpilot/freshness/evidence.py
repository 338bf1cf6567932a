"""What an account's sessions say about its flows: lately, and in the same time before."""

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flowpilot.analytics.sql import statement
from flowpilot.db.session import ReadDb

# Long enough for a flow that is used every other day, and short enough to notice what has changed.
WINDOW = timedelta(days=60)

# Each session is watched for so long, so that the older ones had no more time to be solved.
FOLLOW_UP = timedelta(days=7)

# The sessions of each flow on both sides of `since`: when it was last published or confirmed, or the window began.
_WATCHED = """
WITH offered AS MATERIALIZED (
    SELECT t.id, t.published_version_id, greatest(t.verified_at, :now - :window) AS since
    FROM trees t
    WHERE t.account_id = :account_id AND t.is_active AND t.deleted_at IS NULL
      AND t.published_version_id IS NOT NULL AND (CAST(:flow_id AS uuid) IS NULL OR t.id = :flow_id)
),
watched AS MATERIALIZED (
    SELECT f.id AS flow_id, f.published_version_id, s.id, s.flow_version_id, s.resolved_at,
           s.created_at >= f.since AS is_after, s.created_at + :follow_up AS watched_until,
           (SELECT min(h.created_at) FROM session_handoffs h
            WHERE h.account_id = :account_id AND h.session_id = s.id
              AND h.created_at <= s.created_at + :follow_up) AS handed_over_at
    FROM offered f
    JOIN ai_sessions s ON s.account_id = :account_id AND s.matched_flow_id = f.id
     AND s.created_at >= f.since - :window AND s.created_at < :now - :follow_up
    WHERE s.status <> 'resolved' OR s.resolved_at IS NOT NULL
)
"""

_COUNTS = statement(f"""{_WATCHED}
SELECT flow_id, is_after, count(*) AS n,
       count(*) FILTER (WHERE resolved_at <= watched_until AND handed_over_at IS NULL) AS solved,
       count(*) FILTER (WHERE EXISTS (
           SELECT FROM ai_session_steps p
           WHERE p.account_id = :account_id AND p.session_id = watched.id
             AND p.is_free_text AND p.kind = 'answer' AND p.created_at <= watched_until
       )) AS free_text
FROM watched
GROUP BY flow_id, is_after
""")

# Where a session was when it was handed over; at an end, the node that led there, and in a sub-flow the
# node that leads into it. Nodes are those of one version. Going back from the first node of a sub-flow leads out
# of it.
_NODES = statement(f"""{_WATCHED}
SELECT w.flow_id, w.is_after, stuck.node, v.structure -> 'nodes' -> stuck.node ->> 'text' AS text, count(*) AS n
FROM watched w
JOIN tree_versions v ON v.account_id = :account_id AND v.id = w.published_version_id
LEFT JOIN LATERAL (
    SELECT p.content ->> 'node' AS node, p.content ->> CASE p.kind WHEN 'enter' THEN 'node' ELSE 'next' END AS next
    FROM ai_session_steps p
    WHERE p.account_id = :account_id AND p.session_id = w.id AND p.created_at <= w.handed_over_at
      AND p.content ->> 'next' IS NOT NULL
      AND (p.content ->> 'flow' IS NULL OR p.kind = 'back' AND EXISTS (
          SELECT FROM ai_session_steps e
          WHERE e.account_id = :account_id AND e.session_id = w.id AND e.kind = 'enter'
            AND e.content ->> 'flow' IS NULL AND e.content ->> 'flow_id' = p.content ->> 'flow'
            AND e.content ->> 'next' = p.content ->> 'node'
      ))
    ORDER BY p.position DESC
    LIMIT 1
) last ON w.handed_over_at IS NOT NULL
LEFT JOIN LATERAL (
    SELECT CASE WHEN v.structure -> 'nodes' -> last.next ->> 'kind' = 'escalation' THEN last.node
                ELSE coalesce(last.next, v.structure ->> 'root') END AS node
) stuck ON w.handed_over_at IS NOT NULL
WHERE w.flow_version_id = w.published_version_id
GROUP BY w.flow_id, w.is_after, stuck.node, text
""")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sessions there were, and how many of them each is about."""

    n: int = 0
    solved: int = 0
    free_text: int = 0


@dataclass(frozen=True, slots=True)
class AtNode:
    """How many sessions of a version were handed over at one of its nodes, and how many there were."""

    node: str
    text: str
    before: int
    n_before: int
    after: int
    n_after: int


@dataclass(slots=True)
class Evidence:
    """What the sessions say about one flow; `at_node` is about the node with the most handoffs lately."""

    before: Counts = field(default_factory=Counts)
    after: Counts = field(default_factory=Counts)
    at_node: AtNode | None = None


async def evidence(
    db: ReadDb, account_id: uuid.UUID, now: datetime, flow_id: uuid.UUID | None = None
) -> dict[uuid.UUID, Evidence]:
    """What the sessions say about each flow that is offered and was used, or about one."""
    values = {
        "account_id": account_id,
        "now": now,
        "window": WINDOW,
        "follow_up": FOLLOW_UP,
        "flow_id": flow_id,
    }
    found = defaultdict[uuid.UUID, Evidence](Evidence)
    for row in await db.execute(_COUNTS, values):
        counts = Counts(row.n, row.solved, row.free_text)
        if row.is_after:
            found[row.flow_id].after = counts
        else:
            found[row.flow_id].before = counts
    of_nodes = defaultdict[uuid.UUID, list[Any]](list)
    for row in await db.execute(_NODES, values):
        of_nodes[row.flow_id].append(row)
    for of_flow, rows in of_nodes.items():
        found[of_flow].at_node = _at_node(rows)
    return dict(found)


def _at_node(rows: list[Any]) -> AtNode | None:
    """Only the node with the most handoffs is compared: of many, one would be found by chance."""
    lately = [row for row in rows if row.is_after and row.text is not None]
    if not lately:
        return None
    most = min(lately, key=lambda row: (-row.n, row.node))
    return AtNode(
        node=most.node,
        text=most.text,
        before=sum(row.n for row in rows if not row.is_after and row.node == most.node),
        n_before=sum(row.n for row in rows if not row.is_after),
        after=most.n,
        n_after=sum(row.n for row in rows if row.is_after),
    )
