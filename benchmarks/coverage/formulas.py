"""What each formula says of fixed cases. It is kept with the table, so a changed formula makes the table stale."""

import math

from benchmarks.coverage import kinds
from benchmarks.coverage.populations import COMPLETE, INVENTED, RATINGS, generator
from flowpilot.analytics.estimates.bootstrap import difference_of_medians_ci95
from flowpilot.analytics.estimates.comparison import compare
from flowpilot.analytics.estimates.means import cases_needed, mean
from flowpilot.analytics.estimates.started import faster_share, restricted_mean_difference
from flowpilot.analytics.savings.comparisons import needed
from flowpilot.analytics.statistics import (
    Z999,
    Bounds,
    Estimate,
    Waits,
    difference_ci95,
    kaplan_meier,
    proportion,
    wilson,
)

Values = list[float | None]

# The kind of what is no interval: the rules, and what is drawn.
RULES, DRAWN = "rules", "drawn"


def formulas() -> dict[str, Values]:
    """Under each kind, the ends of some intervals; and the numbers of the rules."""
    survivals = [kaplan_meier(*waits) for waits in (_waits(12), _waits(120), Waits(_times(80), []))]
    medians = [Estimate(one.median, one.n, one.median_ci95, ends=one.median_ends) for one in survivals]
    means = [_mean(_times(200)), _mean([time * 2 for time in _times(300)])]
    ratings = _mean([1.0, 3.0, 4.0, 5.0, 5.0] * 12, lowest=1, highest=5)
    sides = Waits(_times(60), []), _waits(70)
    curves = [one.curve for one in survivals if one.curve is not None]
    return {
        kinds.RATE: _ends(*(proportion(*counts).ci95 for counts in ((0, 7), (3, 10), (95, 100)))),
        kinds.DIFFERENCE_OF_RATES: _ends(_compared("resolution_rate", proportion(3, 10), proportion(16, 20))),
        kinds.DIFFERENCE_999: _ends(
            difference_ci95(0.3, wilson(3, 10, Z999) or (0, 1), 0.8, wilson(16, 20, Z999) or (0, 1))
        ),
        kinds.MEDIAN: _ends(*(one.median_ci95 for one in survivals)),
        kinds.P95: _ends(*(one.p95_ci95 for one in survivals)),
        kinds.CURVE: [float(end) for curve in curves for end in (curve.low[3], curve.high[3], curve.low[7])],
        kinds.DIFFERENCE_OF_MEDIANS: _ends(*(_compared("time_to_resolution", one, medians[0]) for one in medians)),
        kinds.RESAMPLED: _ends(difference_of_medians_ci95(sides[0].ended, sides[1])),
        kinds.MEAN: _ends(*(one.ci95 for one in means), ratings.ci95),
        kinds.DIFFERENCE_OF_MEANS: _ends(_compared("mttr", *means), _compared("mttr", means[0], ratings)),
        kinds.FASTER_SHARE: _ends(*(faster_share(*sides, horizon).ci95 for horizon in (0.5, 2, 9))),
        kinds.RESTRICTED: _ends(*(restricted_mean_difference(*sides, horizon).ci95 for horizon in (0.5, 2, 9))),
        RULES: [cases_needed(is_bounded=False), cases_needed(is_bounded=True), needed()],
        DRAWN: [float(one.draw(generator(one.name), (1, 1))[0, 0]) for one in (*INVENTED, RATINGS, COMPLETE)],
    }


def _times(n: int) -> list[float]:
    """The quantiles of exponential times."""
    return [-math.log((place + 0.5) / n) for place in range(n)]


def _waits(n: int) -> Waits:
    """The same, but every third one still waits."""
    times = _times(n)
    return Waits([time for place, time in enumerate(times) if place % 3], times[::3])


def _mean(values: list[float], lowest: float = 0, highest: float = math.inf) -> Estimate:
    sums = (math.fsum(value**power for value in values) for power in (1, 2, 3))
    return mean(len(values), *sums, lowest=lowest, highest=highest)


def _compared(metric: str, new: Estimate, old: Estimate) -> Bounds | None:
    return compare(metric, new, old, 12).difference_ci95


def _ends(*intervals: Bounds | None) -> Values:
    return [end for interval in intervals for end in interval or (None, None)]
