"""How well escalations went, not only how fast: whether they came back, and what the senior had to repeat."""

from collections.abc import Callable
from typing import Any

from flowpilot.analytics.escalations.schemas import EscalationQuality, PreviousPeriod, Share
from flowpilot.analytics.estimates.comparison import compare
from flowpilot.analytics.estimates.means import mean
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.sql import CREATED_IN_WINDOW
from flowpilot.analytics.statistics import Estimate, Survival, proportion
from flowpilot.analytics.waits import waiting_time
from flowpilot.handoffs.days.repeats import compared

# Snapshots and steps are large, and more handoffs would hardly make a share more certain.
NEWEST = 2000

# A CTE: the handoffs of `claimed` that came back, in any later handoff, whatever the report is narrowed to.
BOUNCED = """
    SELECT id FROM claimed WHERE outcome IN ('returned', 'sent_back') AND closed_at <= :as_of
    UNION
    SELECT c.id
    FROM claimed c
    JOIN public.session_handoffs again
      ON again.account_id = :account_id AND again.session_id = c.session_id
     AND again.created_at > c.closed_at
     AND again.created_at <= least(c.closed_at + interval '7 days', :as_of)
"""

# A CTE: the handoffs with a claim in the window, found in their events, because a release clears the claim itself.
CLAIMS = """
    SELECT handoff_id, released_at IS NOT NULL AND released_at > claimed_at AS is_released
    FROM (
        SELECT handoff_id, min(created_at) FILTER (WHERE kind = 'claimed' AND created_at < :end) AS claimed_at,
               max(created_at) FILTER (WHERE kind <> 'claimed' AND created_at <= :as_of) AS released_at
        FROM handoff_events
        WHERE account_id = :account_id AND kind IN ('claimed', 'released', 'expired') AND created_at >= :start
        GROUP BY handoff_id
    ) e
    WHERE claimed_at IS NOT NULL
"""


_NEWEST_CLAIMED = f"""(
    SELECT * FROM claimed WHERE claimed_by IS NOT NULL ORDER BY claimed_at DESC, id DESC LIMIT {NEWEST}
)"""

# CTEs of the window's newest handoffs. `claimed` has those claimed in the window.
_OF_NEWEST = f"""
snapshots AS (
    SELECT CASE jsonb_typeof(snapshot->'completeness') WHEN 'number' THEN (snapshot->>'completeness')::numeric END
               AS share
    FROM session_handoffs
    WHERE {CREATED_IN_WINDOW}
    ORDER BY created_at DESC, id DESC
    LIMIT {NEWEST}
),
{compared("claimed", "least(c.closed_at, :as_of)", _NEWEST_CLAIMED, ":account_id")},
taken AS (
    SELECT DISTINCT ON (id) is_repeated FROM compared WHERE is_taken ORDER BY id, claimed_at DESC, handoff_id
),
newest AS (
    SELECT (SELECT count(*) FROM taken) AS n_taken,
           (SELECT count(*) FROM taken WHERE is_repeated) AS n_repeated,
           count(share) AS n_snapshots, sum(share) AS sum_shares, sum(share * share) AS sum_squares,
           sum(share * share * share) AS sum_cubes
    FROM snapshots
    WHERE share BETWEEN 0 AND 1
)
"""

# The CTEs whose columns are in a window's row.
QUALITY = f"""
bounced AS ({BOUNCED}),
claims AS ({CLAIMS}),
{_OF_NEWEST},
quality AS (
    SELECT (SELECT count(*) FROM bounced) AS n_bounced,
           (SELECT count(*) FROM claims) AS n_claims,
           (SELECT count(*) FROM claims WHERE is_released) AS n_released,
           newest.*
    FROM newest
)
"""


# The waits of a report, by their names in the statement over rows.
WAITS = ("to_claim", "to_action", "action", "claimant")


class Figures:
    """The figures of one window, unrounded, each with its n and its 95 % interval."""

    def __init__(self, row: Any, waits: Callable[[str], Survival]) -> None:
        """Know the counts of a window, and its waits by their names in the statement over rows."""
        self.n_unknown: int = row.n_unknown
        self.created_to_claim = waits("to_claim")
        self.created_to_first_action = waits("to_action")
        self.time_to_first_action = waits("action")
        self.time_to_claimant_action = waits("claimant")
        self.shares: dict[str, Estimate] = {
            "bounce_back_rate": proportion(row.n_bounced, row.n_handoffs_claimed),
            "release_rate": proportion(row.n_released, row.n_claims),
            "snapshot_completeness": mean(
                row.n_snapshots, row.sum_shares, row.sum_squares, row.sum_cubes, highest=1
            ),
            "steps_repeated": proportion(row.n_repeated, row.n_taken),
        }
        self.medians: dict[str, Estimate] = {
            "created_to_claim": _median(self.created_to_claim),
            "created_to_first_action": _median(self.created_to_first_action),
            "time_to_first_action": _median(self.time_to_first_action),
            "time_to_claimant_action": _median(self.time_to_claimant_action),
        }


# The metrics whose name in the catalogue differs from the field's.
_METRIC = {"created_to_claim": "time_to_claim"}


def quality(figures: Figures) -> EscalationQuality:
    """The window's figures as they are answered."""
    return EscalationQuality(
        **{
            name: share(estimate, is_of_cases=name != "snapshot_completeness")
            for name, estimate in figures.shares.items()
        },
        created_to_claim=waiting_time(figures.created_to_claim, figures.n_unknown),
        created_to_first_action=waiting_time(figures.created_to_first_action, figures.n_unknown),
    )


def previous(window: Window, before: Figures, figures: Figures) -> PreviousPeriod:
    """The figures of the window before, and what has changed."""
    changes = {
        name: compare(_METRIC.get(name, name), estimate, old, digits)
        for estimates, olds, digits in (
            (figures.shares, before.shares, 4),
            (figures.medians, before.medians, 2),
        )
        for (name, estimate), old in zip(estimates.items(), olds.values(), strict=True)
    }
    return PreviousPeriod(from_=window.start, to=window.to, **changes)


def share(found: Estimate, *, is_of_cases: bool = True) -> Share:
    """An estimated share as it is answered. Of a mean, or of a share of pairs, there are no cases to count."""
    return Share(
        value=rounded(found.value, 4),
        n=found.n,
        count=round((found.value or 0) * found.n) if is_of_cases else None,
        ci95=rounded_bounds(found.ci95, 4),
        no_interval=found.no_interval,
    )


def _median(found: Survival) -> Estimate:
    return Estimate(found.median, found.n, found.median_ci95, ends=found.median_ends)
