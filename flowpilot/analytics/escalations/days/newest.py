"""What is asked of a window's newest handoffs: how complete their snapshots were, and which steps were repeated.

Both are kept of days, the steps of those that were closed. Of the others, they are read.
"""

from decimal import Decimal
from typing import Any

import numpy as np

from flowpilot.analytics.escalations.days.columns import Columns
from flowpilot.analytics.escalations.days.reading import moment
from flowpilot.analytics.escalations.days.windows import HandoffsOfWindow
from flowpilot.analytics.sql import statement
from flowpilot.analytics.summed.planned import planned_once
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.days.records import NEVER, NOT_COUNTED
from flowpilot.handoffs.days.repeats import compared

_SQL = statement(f"""
WITH claimed AS MATERIALIZED (
    SELECT h.id, h.session_id, h.created_at, h.claimed_at, h.claimed_by, g.place > :first AS is_before,
           least(h.closed_at, CASE WHEN g.place > :first THEN CAST(:before AS timestamptz)
                              ELSE CAST(:as_of AS timestamptz) END) AS until
    FROM unnest(CAST(:handoffs AS uuid[])) WITH ORDINALITY AS g (id, place)
    JOIN session_handoffs h ON h.account_id = :account_id AND h.id = g.id
),
{compared("claimed", "c.until", account=":account_id")},
taken AS (
    SELECT DISTINCT ON (c.is_before, p.id) c.is_before, is_repeated
    FROM compared p JOIN claimed c ON c.id = p.handoff_id
    WHERE is_taken ORDER BY c.is_before, p.id, p.claimed_at DESC, p.handoff_id
)
SELECT is_before, count(*) AS n_taken, count(*) FILTER (WHERE is_repeated) AS n_repeated FROM taken GROUP BY 1
""")


async def newest(
    db: ReadDb, this: HandoffsOfWindow, before: HandoffsOfWindow
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns of `quality.OF_NEWEST` for a window and the one before."""
    (figures, open_), (old_figures, old_open) = _kept(this), _kept(before)
    if open_ or old_open:
        asked = {
            "account_id": this.window.account_id,
            "handoffs": f"{{{','.join(one.hex() for one in (*open_, *old_open))}}}",
            "first": len(open_),
            "as_of": this.window.as_of,
            "before": before.window.as_of,
        }
        for row in await planned_once(db, _SQL, asked):
            counts = old_figures if row.is_before else figures
            counts["n_taken"] += row.n_taken
            counts["n_repeated"] += row.n_repeated
    return figures, old_figures


def _kept(handoffs: HandoffsOfWindow) -> tuple[dict[str, Any], list[bytes]]:
    """What is kept of them, and the handoffs whose steps have to be read."""
    claims = handoffs.newest_claims()
    closed = claims["closed_at"]
    is_kept = (closed != NEVER) & (closed <= moment(handoffs.window.as_of)) & (claims["n_taken"] != NOT_COUNTED)
    counts = {name: int(claims[name][is_kept].sum()) for name in ("n_taken", "n_repeated")}
    handoff_ids: list[bytes] = claims["id"][~is_kept].tolist()
    return {**counts, **_of_shares(handoffs.newest_shares())}, handoff_ids


def _of_shares(found: Columns) -> dict[str, Any]:
    """The sums of the powers of shares, which are decimals; none without any."""
    shares = found["share"]
    values, counts = np.unique(shares[~np.isnan(shares)], return_counts=True)
    numbers = [(Decimal(repr(value)), n) for value, n in zip(values.tolist(), counts.tolist(), strict=True)]
    sums = {
        name: sum((n * value**power for value, n in numbers), Decimal(0)) if numbers else None
        for power, name in enumerate(("sum_shares", "sum_squares", "sum_cubes"), 1)
    }
    return {"n_snapshots": int(counts.sum()), **sums}
