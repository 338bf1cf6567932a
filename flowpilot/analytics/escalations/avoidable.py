"""Escalations that said too little, or need not have been: what came of them, and what would have spared them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.escalations.quality import NEWEST, share
from flowpilot.analytics.escalations.schemas import Share
from flowpilot.analytics.period import Window
from flowpilot.analytics.places import PLACED
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.schemas import Interval, Report, header
from flowpilot.analytics.sql import CLAIMED_IN_WINDOW, CREATED_IN_WINDOW, IS_CLAIMANT_ACTED, IS_CLOSED, statement
from flowpilot.analytics.statistics import Bounds, Survival, proportion, rate_ci95
from flowpilot.analytics.waits import survival, waits
from flowpilot.db.session import ReadDb

# A completeness is so many of seven questions: up to three, four or five, six, and all.
_EDGES = (0.0, 0.5, 0.75, 1.0)
MOST_PLACES = 20

_SQL = statement(f"""
WITH known AS MATERIALIZED (
    SELECT claimed_at, claimant_action_at, closed_at,
           CASE jsonb_typeof(snapshot->'completeness')
               WHEN 'number' THEN CAST(snapshot->>'completeness' AS float) END AS share
    FROM session_handoffs
    WHERE {CLAIMED_IN_WINDOW}
    ORDER BY claimed_at DESC, id DESC
    LIMIT {NEWEST}
),
groups AS (
    SELECT width_bucket(share, CAST(:edges AS float[])) AS place,
           {waits("claimant", "claimed_at", "claimant_action_at", IS_CLAIMANT_ACTED)}
    FROM known
    WHERE share BETWEEN 0 AND 1
    GROUP BY 1
),
reasons AS (
    SELECT avoidable_reason AS reason, count(*) AS n,
           count(*) FILTER (WHERE outcome = 'sent_back' AND {IS_CLOSED}) AS sent_back
    FROM session_handoffs
    WHERE {CREATED_IN_WINDOW}
    GROUP BY 1
),
placed AS MATERIALIZED ({PLACED}),
nodes AS (SELECT flow_id, node, count(*) AS n FROM placed GROUP BY 1, 2),
judged AS (
    SELECT flow_id, node, avoidable_reason AS reason, count(*) AS n,
           (array_agg(text ORDER BY created_at DESC, id DESC))[1] AS text
    FROM placed
    WHERE avoidable_reason IS NOT NULL AND flow_id IS NOT NULL
    GROUP BY 1, 2, 3
),
places AS (
    SELECT j.*, n.n AS n_of_node, t.name AS flow, v.structure -> 'nodes' -> j.node ->> 'text' AS flow_text,
           row_number() OVER (ORDER BY j.n DESC, t.name COLLATE "C", j.node, j.reason COLLATE "C") AS number
    FROM judged j
    JOIN nodes n ON n.flow_id = j.flow_id AND n.node = j.node
    LEFT JOIN trees t ON t.account_id = :account_id AND t.id = CAST(j.flow_id AS uuid)
    LEFT JOIN tree_versions v ON v.account_id = :account_id AND v.id = t.published_version_id
)
SELECT (SELECT json_agg(g) FROM groups g) AS groups,
       (SELECT json_agg(r ORDER BY r.n DESC, r.reason COLLATE "C") FROM reasons r) AS reasons,
       (SELECT json_agg(p ORDER BY p.number) FROM places p WHERE p.number <= {MOST_PLACES}) AS places
""")


class CompletenessGroup(BaseModel):
    """Claimed handoffs whose snapshot is this complete, `from_share` included and `to_share` not, except for 1."""

    from_share: float
    to_share: float
    n: int
    n_censored: int = Field(description="Those whose claimant has not acted.")
    median_seconds_to_claimant_action: float | None = Field(description="Kaplan-Meier; null if not reached.")
    median_seconds_to_claimant_action_ci95: Bounds | None


class AvoidableReason(BaseModel):
    """What would have spared so many escalations, in the account's words."""

    reason: str
    n: int
    share: float = Field(description="Of `n_judged`.")
    share_ci95: Interval


class AvoidablePlace(BaseModel):
    """Escalations from one step of a flow that one thing would have spared."""

    flow_id: UUID
    flow: str | None
    node: str
    text: str
    reason: str
    n: int
    n_of_node: int = Field(description="All handoffs of the step.")
    share_of_node: float
    share_of_node_ci95: Interval


class AvoidableEscalations(Report):
    """The window's escalations that said too little, or that a right or some knowledge would have spared."""

    sent_back_rate: Share
    by_completeness: list[CompletenessGroup] = Field(
        description="Claimed in the window; groups without cases too."
    )
    n_judged: int = Field(description="Handoffs created in the window for which a senior has chosen a reason.")
    reasons: list[AvoidableReason] = Field(description="The most frequent first.")
    places: list[AvoidablePlace] = Field(description=f"The most frequent first, at most {MOST_PLACES}.")


async def avoidable_escalations(db: ReadDb, window: Window) -> AvoidableEscalations:
    """The report, in one statement."""
    row = (await db.execute(narrowed(_SQL, window.only), {**window.parameters, "edges": list(_EDGES)})).one()
    reasons = row.reasons or []
    judged = [one for one in reasons if one["reason"] is not None]
    n_judged = sum(one["n"] for one in judged)
    sent_back = proportion(sum(one["sent_back"] for one in reasons), sum(one["n"] for one in reasons))
    return AvoidableEscalations(
        **header(window, "avoidable-escalations"),
        sent_back_rate=share(sent_back),
        by_completeness=_by_completeness(row.groups or []),
        n_judged=n_judged,
        reasons=[_reason(one["reason"], one["n"], n_judged) for one in judged],
        places=[_place(one) for one in row.places or []],
    )


def _by_completeness(rows: Sequence[Mapping[str, Any]]) -> list[CompletenessGroup]:
    waits_of = {row["place"]: survival(row["claimant_ended"], row["claimant_censored"]) for row in rows}
    ends = (*_EDGES[1:], 1.0)
    return [
        _group(start, end, waits_of.get(place) or survival(None, None))
        for place, (start, end) in enumerate(zip(_EDGES, ends, strict=True), 1)
    ]


def _group(start: float, end: float, found: Survival) -> CompletenessGroup:
    return CompletenessGroup(
        from_share=start,
        to_share=end,
        n=found.n,
        n_censored=found.n_censored,
        median_seconds_to_claimant_action=rounded(found.median),
        median_seconds_to_claimant_action_ci95=rounded_bounds(found.median_ci95),
    )


def _reason(reason: str, n: int, n_judged: int) -> AvoidableReason:
    return AvoidableReason(reason=reason, n=n, share=round(n / n_judged, 4), share_ci95=rate_ci95(n, n_judged))


def _place(row: Mapping[str, Any]) -> AvoidablePlace:
    n, n_of_node = row["n"], row["n_of_node"]
    return AvoidablePlace(
        flow_id=row["flow_id"],
        flow=row["flow"],
        node=row["node"],
        # A snapshot has one session's values, and the words of its client.
        text=row["flow_text"] or row["text"] or row["node"],
        reason=row["reason"],
        n=n,
        n_of_node=n_of_node,
        share_of_node=round(n / n_of_node, 4),
        share_of_node_ci95=rate_ci95(n, n_of_node),
    )
