"""What is asked of a window's newest handoffs: how complete their snapshots were, and which steps were repeated.

Both are kept of days, the steps of those that were closed. Those of the others are remembered by this process.
"""

from decimal import Decimal
from typing import Any

import numpy as np

from flowpilot.analytics.escalations.days.columns import Columns
from flowpilot.analytics.escalations.days.steps import read_steps
from flowpilot.analytics.escalations.days.windows import HandoffsOfWindow
from flowpilot.analytics.summed.moments import moment
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.days.records import NEVER, NOT_COUNTED


async def newest(
    db: ReadDb, this: HandoffsOfWindow, before: HandoffsOfWindow
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns of `quality.OF_NEWEST` for a window and the one before."""
    both = _kept(this), _kept(before)
    if any(rest["id"].size for _, rest in both):
        # A window that ends now has another beginning each time.
        which = repr((this.window.period, this.window.end - this.window.start))
        steps = await read_steps(db, this.window.account_id, which, [rest for _, rest in both])
        for one, (figures, _), found in zip((this, before), both, steps, strict=True):
            for name, n in found.counts(moment(one.window.as_of)).items():
                figures[name] += n
    return both[0][0], both[1][0]


def _kept(handoffs: HandoffsOfWindow) -> tuple[dict[str, Any], Columns]:
    """What is kept of them, and the claims whose steps days have not counted."""
    claims = handoffs.newest_claims()
    closed = claims["closed_at"]
    is_kept = (closed != NEVER) & (closed <= moment(handoffs.window.as_of)) & (claims["n_taken"] != NOT_COUNTED)
    figures = {name: int(claims[name][is_kept].sum()) for name in ("n_taken", "n_repeated")}
    rest = {name: values[~is_kept] for name, values in claims.items()}
    return {**figures, **_of_shares(handoffs.newest_shares())}, rest


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
