"""The traffic of one flow: which way its sessions went at each node, and at which nodes they ended."""

import uuid
from collections import defaultdict

from pydantic import BaseModel, Field

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.flow_quality import FEW_CASES
from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import WindowOut
from flowpilot.analytics.sql import ESCALATED, statement
from flowpilot.db.session import ReadDb

# A page waits for this, so a flow that is followed more often is shown by its newest sessions.
MOST_SESSIONS = 1000


class EdgeTraffic(BaseModel):
    """The sessions whose path leads from a node by a label to the next node."""

    node: str
    label: str
    next: str
    n: int


class NodeTraffic(BaseModel):
    """The sessions whose path leads to a node, and those that it leads no further.

    `n` is the sum of the edges that leave the node and of the four counts.
    """

    node: str
    n: int
    resolved: int = Field(description="Ended here, resolved.")
    escalated: int = Field(description="Ended here: escalated, or about to be.")
    abandoned: int = Field(description="Ended here, abandoned.")
    open: int = Field(description="Here now: active or paused.")
    too_few_cases: bool = Field(description=f"Fewer than {FEW_CASES} sessions: shares say nothing yet.")

    @property
    def ended(self) -> int:
        """The sessions that ended here."""
        return self.resolved + self.escalated + self.abandoned


class FlowTraffic(BaseModel):
    """The paths of a flow's sessions, without steps that were taken back, and the nodes that they reached.

    Sessions count on the version that they followed; a label or a node of an earlier version may no longer exist.
    """

    flow_id: uuid.UUID
    window: WindowOut
    sessions: int
    is_newest_only: bool = Field(description=f"The flow has more; only its newest {MOST_SESSIONS} are counted.")
    nodes: list[NodeTraffic]
    edges: list[EdgeTraffic]

    def node(self, node_id: str) -> NodeTraffic | None:
        """What is known of a node; None if no session reached it."""
        return next((one for one in self.nodes if one.node == node_id), None)

    def along(self, node_id: str, labels: tuple[str, ...]) -> int:
        """How many sessions left a node by one of these labels."""
        return sum(edge.n for edge in self.edges if edge.node == node_id and edge.label in labels)


# A step of the path is still on it if the path never became shorter than it afterwards: `lowest` is how short it
# became. A step to another flow begins a new path (`sessions/path.position` says the same of one session). Steps
# in a sub-flow name that flow: they are not on this flow's path. A step that was taken back took all of the path
# after it off, and the choice of a flow that was taken back began nothing.
_SQL = statement(f"""
WITH versions AS MATERIALIZED (
    SELECT id, structure->>'root' AS root FROM tree_versions
    WHERE account_id = :account_id AND tree_id = :flow_id
), newest AS MATERIALIZED (
    SELECT s.id, s.created_at, v.root,
           CASE WHEN {ESCALATED} THEN 'escalated'
                WHEN status IN ('resolved', 'abandoned') THEN status ELSE 'open' END AS status
    FROM ai_sessions s JOIN versions v ON v.id = s.flow_version_id
    WHERE s.account_id = :account_id AND s.matched_flow_id = :flow_id
      AND s.created_at >= :start AND s.created_at < :end
    ORDER BY s.created_at DESC LIMIT :most + 1
), followed AS MATERIALIZED (
    SELECT id, root, status FROM newest ORDER BY created_at DESC LIMIT :most
), moves AS (
    SELECT session_id, position, kind IN ('back', 'take_back') AS is_back,
           CASE kind WHEN 'back' THEN -1 WHEN 'take_back' THEN -CAST(content->>'moves' AS int) ELSE 1 END AS leads,
           content->>'node' AS node, content->>'next' AS next,
           coalesce(content->>'choice', content->>'outcome') AS label, content->>'flow' AS inner_flow,
           count(*) FILTER (WHERE kind = 'flow') OVER (PARTITION BY session_id ORDER BY position DESC) AS flows
    FROM ai_session_steps p
    WHERE account_id = :account_id AND session_id IN (SELECT id FROM followed)
      AND (kind IN ('back', 'take_back')
           OR kind = 'flow' AND NOT EXISTS (
               SELECT FROM ai_session_steps e
               WHERE e.account_id = :account_id AND e.session_id = p.session_id AND e.kind = 'take_back'
                 AND e.content->>'step' = CAST(p.id AS text)
           )
           OR kind IN ('answer', 'outcome') AND NOT is_free_text AND content->>'next' <> '')
), deep AS (
    SELECT *, sum(leads) OVER (PARTITION BY session_id ORDER BY position) AS depth
    FROM moves WHERE flows = 0
), trail AS (
    SELECT session_id, node, label, next, depth FROM (
        SELECT *, min(depth) OVER (
            PARTITION BY session_id ORDER BY position ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS lowest FROM deep
    ) later WHERE NOT is_back AND lowest >= depth AND inner_flow IS NULL
), ends AS (
    SELECT DISTINCT ON (session_id) session_id, next FROM trail ORDER BY session_id, depth DESC
)
SELECT node, label, next, NULL AS status, count(*) AS n FROM trail GROUP BY node, label, next
UNION ALL
SELECT coalesce(e.next, f.root), NULL, NULL, f.status, count(*)
FROM followed f LEFT JOIN ends e ON e.session_id = f.id GROUP BY coalesce(e.next, f.root), f.status
UNION ALL
SELECT NULL, NULL, NULL, NULL, count(*) FROM newest
ORDER BY n DESC, node, label, next
""")


async def traffic(db: ReadDb, window: Window, flow_id: uuid.UUID) -> FlowTraffic:
    """The paths of the flow's sessions that were created in the window, in one statement; empty if it has none."""
    rows = (
        await db.execute(
            narrowed(_SQL, window.only), {**window.parameters, "flow_id": flow_id, "most": MOST_SESSIONS}
        )
    ).all()
    # One row has no node: how many sessions there are, one more than are shown if there are more.
    found = sum(row.n for row in rows if row.node is None)
    rows = [row for row in rows if row.node is not None]
    edges = [
        EdgeTraffic(node=row.node, label=row.label or "", next=row.next, n=row.n) for row in rows if not row.status
    ]
    ends: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row.status:
            ends[row.node][row.status] = row.n
    sessions = sum(row.n for row in rows if row.status)
    return FlowTraffic(
        flow_id=flow_id,
        window=WindowOut(from_=window.start, to=window.to, timezone=window.timezone, as_of=window.as_of),
        sessions=sessions,
        is_newest_only=found > sessions,
        nodes=_nodes(edges, ends),
        edges=edges,
    )


def _nodes(edges: list[EdgeTraffic], ends: dict[str, dict[str, int]]) -> list[NodeTraffic]:
    left: defaultdict[str, int] = defaultdict(int)
    for edge in edges:
        left[edge.node] += edge.n
    return [
        _node(node_id, left.get(node_id, 0), ends.get(node_id, {}))
        for node_id in sorted(left.keys() | ends.keys())
    ]


def _node(node_id: str, left: int, ended: dict[str, int]) -> NodeTraffic:
    counts = {status: ended.get(status, 0) for status in ("resolved", "escalated", "abandoned", "open")}
    n = left + sum(counts.values())
    return NodeTraffic(node=node_id, n=n, too_few_cases=n < FEW_CASES, **counts)
