"""Where flows end in a handoff, and what the seniors then did most: what the flow could have said itself."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from pydantic import BaseModel, Field

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.escalations.edits import IS_NOTED, IS_SAID, LAST_EDIT
from flowpilot.analytics.period import Window
from flowpilot.analytics.places import PLACED
from flowpilot.analytics.schemas import Interval, Report, header
from flowpilot.analytics.sql import IS_CLAIMED, statement
from flowpilot.analytics.statistics import rate_ci95
from flowpilot.db.session import ReadDb
from flowpilot.sessions.similar.grouping import TokenizedText, same_steps
from flowpilot.sessions.similar.words import words_of, worth_in

MOST_NODES = 20
_MOST_DEEDS = 3
# The newest at a node. With more, what is done most is hardly another.
_MOST_STEPS = 200

_ROWS = "/api/v1/analytics/flowpilot/rows/sessions"

_NODES_SQL = statement(f"""
WITH placed AS MATERIALIZED ({PLACED}),
flows AS (SELECT flow_id, count(*) AS n FROM placed GROUP BY flow_id),
nodes AS (
    SELECT flow_id, node, (array_agg(text ORDER BY created_at DESC, id DESC))[1] AS text,
           count(*) AS n, count(DISTINCT session_id) AS sessions, count(*) FILTER (WHERE {IS_CLAIMED}) AS claimed
    FROM placed
    WHERE flow_id IS NOT NULL
    GROUP BY flow_id, node
)
SELECT n.*, f.n AS n_of_flow, t.name AS flow, totals.n_placed,
       v.structure -> 'nodes' -> n.node ->> 'text' AS flow_text
FROM (SELECT count(*) AS n_placed FROM placed) totals
LEFT JOIN nodes n ON true
LEFT JOIN flows f ON f.flow_id = n.flow_id
LEFT JOIN trees t ON t.account_id = :account_id AND t.id = CAST(n.flow_id AS uuid)
LEFT JOIN tree_versions v ON v.account_id = :account_id AND v.id = t.published_version_id
ORDER BY n.n DESC, t.name COLLATE "C", n.node
LIMIT {MOST_NODES}
""")

# A fix that did not help counts as the fix itself, as it reads now, and not as its outcome.
_STEPS_SQL = statement(f"""
SELECT * FROM (
    SELECT h.flow_id || '/' || h.node AS place, h.id AS handoff_id,
           btrim(CASE WHEN {IS_NOTED} THEN p.content->>'instruction'
                      ELSE coalesce(e.text, p.content->>'choice', p.content->>'instruction', p.content->>'note',
                                    p.content->>'text') END) AS text,
           row_number() OVER (PARTITION BY h.flow_id, h.node ORDER BY p.created_at DESC, p.id DESC) AS place_number
    FROM ({PLACED}) h
    JOIN ai_session_steps p ON p.account_id = :account_id AND p.session_id = h.session_id
    {LAST_EDIT}
    WHERE h.flow_id || '/' || h.node = ANY (CAST(:places AS text[]))
      AND p.actor_id = h.claimed_by AND p.created_at > h.claimed_at AND p.created_at <= least(h.closed_at, :as_of)
      AND (p.kind IN ('note', 'outcome', 'fix', 'resolution') OR p.kind = 'answer' AND p.is_free_text)
      AND {IS_SAID} AND NOT (p.kind = 'outcome' AND p.content ? 'fix')
) said
WHERE text <> '' AND place_number <= {_MOST_STEPS}
ORDER BY place, place_number
""")


class SeniorDeed(BaseModel):
    """What claimants did after they claimed handoffs of a node, in the words of the newest."""

    text: str
    n: int = Field(description="In how many of the node's handoffs.")


class FlowEnding(BaseModel):
    """A node at which sessions were handed over. `n_of_flow` counts the handoffs at all nodes of the flow."""

    flow_id: UUID
    flow: str | None
    node: str
    text: str
    n: int
    n_claimed: int
    n_sessions: int
    n_of_flow: int
    share_of_flow: float
    share_of_flow_ci95: Interval
    seniors_did: list[SeniorDeed] = Field(description=f"What was done in most of them, at most {_MOST_DEEDS}.")
    path: str = Field(description="Exactly its sessions, as rows.")


class FlowEndings(Report):
    """The nodes at which most of the window's handoffs began, of its newest 2,000 handoffs."""

    n_placed: int = Field(description="How many of them were at a node of a flow.")
    nodes: list[FlowEnding] = Field(description=f"The most first, at most {MOST_NODES}.")


async def flow_endings(db: ReadDb, window: Window) -> FlowEndings:
    """Where flows end in a handoff: one statement for the nodes, and three for what the seniors did."""
    rows = (await db.execute(narrowed(_NODES_SQL, window.only), window.parameters)).all()
    nodes = [row for row in rows if row.flow_id is not None]
    did = await _seniors_did(db, window, [_place(row) for row in nodes])
    return FlowEndings(
        **header(window, "flow-endings"),
        n_placed=rows[0].n_placed,
        nodes=[_ending(window, row, did.get(_place(row), [])) for row in nodes],
    )


def _place(row: Any) -> str:
    return f"{row.flow_id}/{row.node}"


def _ending(window: Window, row: Any, did: list[SeniorDeed]) -> FlowEnding:
    asked = {"by": "handed_over", "handed_over_at": _place(row)}
    return FlowEnding(
        flow_id=row.flow_id,
        flow=row.flow,
        node=row.node,
        # A snapshot has one session's values, and the words of its client.
        text=row.flow_text or row.text or row.node,
        n=row.n,
        n_claimed=row.claimed,
        n_sessions=row.sessions,
        n_of_flow=row.n_of_flow,
        share_of_flow=round(row.n / row.n_of_flow, 4),
        share_of_flow_ci95=rate_ci95(row.n, row.n_of_flow),
        seniors_did=did,
        path=f"{_ROWS}?{urlencode(asked | window.asked)}",
    )


async def _seniors_did(db: ReadDb, window: Window, places: Sequence[str]) -> Mapping[str, list[SeniorDeed]]:
    asked = {**window.parameters, "places": list(places)}
    rows = (await db.execute(narrowed(_STEPS_SQL, window.only), asked)).all() if places else []
    if not rows:
        return {}
    worth = await worth_in(db, window.account_id)
    words = await words_of(db, [row.text for row in rows])
    by_place: dict[str, list[tuple[UUID, TokenizedText]]] = defaultdict(list)
    for row, telling in zip(rows, words, strict=True):
        by_place[row.place].append((row.handoff_id, TokenizedText(row.text, telling)))
    return {
        place: _most_done(steps, same_steps([said for _, said in steps], worth))
        for place, steps in by_place.items()
    }


def _most_done(steps: Sequence[tuple[UUID, TokenizedText]], groups: Sequence[Sequence[int]]) -> list[SeniorDeed]:
    """What was done in most handoffs; of equals, what was done last."""
    counted = Counter({number: len({steps[each][0] for each in group}) for number, group in enumerate(groups)})
    return [
        SeniorDeed(text=steps[groups[number][0]][1].text, n=n) for number, n in counted.most_common(_MOST_DEEDS)
    ]
