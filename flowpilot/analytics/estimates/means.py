"""The mean of skewed values from sums alone, with an interval where one is honest."""

import math
from decimal import Decimal
from typing import NamedTuple, TypeVar

from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.statistics import Estimate

# A spread below this part of the mean is what is left of rounding when sums are subtracted.
_NO_SPREAD = 1e-7

Sum = TypeVar("Sum", Decimal, float)


class Moments(NamedTuple):
    """What an interval of a mean needs to know of `n` values: their mean, standard deviation and skewness."""

    n: int
    mean: float
    spread: float
    skewness: float


def moments(n: int, total: float, squares: float, cubes: float) -> Moments:
    """The moments of `n` values from the sums of their first three powers; so days can be added.

    The skewness is the adjusted one, G1; 0 below three values. Source: Joanes and Gill (1998), The Statistician
    47, 183-189.
    """
    value = total / n
    if n < 3:
        return Moments(n, value, math.sqrt(max(0.0, squares - total * value) / max(1, n - 1)), 0.0)
    variance = squares / n - value**2
    if variance <= (_NO_SPREAD * value) ** 2:
        return Moments(n, value, 0.0, 0.0)
    third = cubes / n - 3 * value * squares / n + 2 * value**3
    skewness = third / variance**1.5 * math.sqrt(n * (n - 1)) / (n - 2)
    return Moments(n, value, math.sqrt(variance * n / (n - 1)), skewness)


def cases_needed(*, is_bounded: bool) -> int:
    """How many cases an interval of a mean takes: the rule of the catalogue, `mean_interval`.

    It does not look at the cases. A rule that asks how skewed they are passes the samples that have missed the
    tail, and their intervals are wrong: docs/decisions/0067-intervals-of-means.md.
    """
    rule = METRICS["mean_interval"]
    needed = rule.min_cases_bounded if is_bounded else rule.min_cases
    assert needed is not None
    return needed


def why_no_interval(found: Moments, *, is_bounded: bool) -> str | None:
    """Why no interval of this mean is honest, in a sentence; None if one is."""
    needed = cases_needed(is_bounded=is_bounded)
    if found.n < needed:
        return f"An interval takes {needed} cases or more, and there are {found.n}."
    if not found.spread:
        return f"All {found.n:,} cases have the same value, which says nothing about the spread of others."
    return None


def hall(found: Moments) -> tuple[float, float]:
    """Hall's interval of a mean, at 95 %: Student's statistic with its skewness removed by a cubic transformation.

    Of symmetric values it is Student's. Each unit of squared skewness counts as a case that is missing, because
    the skewness of a sample is that of its largest cases, and larger ones exist. Source: Hall (1992), Journal of
    the Royal Statistical Society B 54, 221-228, with the quantiles of Student's t instead of the bootstrap's.
    """
    # Importing SciPy takes a second, and a command that does not use it should not wait.
    from scipy import special  # noqa: PLC0415

    missing = METRICS["mean_interval"].per_squared_skewness
    assert missing is not None
    root = math.sqrt(max(1.0, found.n - missing * found.skewness**2))
    quantile = float(special.stdtrit(found.n - 1, 0.975))
    low, high = (
        found.mean - found.spread * _untransformed(end / root - found.skewness / (6 * found.n), found.skewness)
        for end in (quantile, -quantile)
    )
    return low, high


def _untransformed(y: float, skewness: float) -> float:
    """The x for which x + g x²/3 + g² x³/27 is `y`, where g is the skewness."""
    if abs(skewness) < 1e-6:
        return y
    return 3 / skewness * (math.cbrt(1 + skewness * y) - 1)


def mean(
    n: int,
    total: Sum | None,
    squares: Sum | None,
    cubes: Sum | None,
    *,
    unit: int = 1,
    lowest: float = 0.0,
    highest: float = math.inf,
) -> Estimate:
    """The mean of `n` values from the sums of their first three powers (None for no values), with Hall's interval.

    Without an interval, `no_interval` says why.

    Args:
        unit: how many units of the sums make one of the answer, such as 60 from seconds to minutes.
        lowest, highest: the limits of the values, so of the interval. With both, it takes fewer cases.
    """
    if not n or total is None or squares is None or cubes is None:
        return Estimate(None, 0, None)
    value = float(total / (unit * n))
    found = moments(n, float(total), float(squares), float(cubes))
    why = why_no_interval(found, is_bounded=math.isfinite(highest))
    if why is not None:
        return Estimate(value, n, None, why)
    low, high = (min(highest, max(lowest, end / unit)) for end in hall(found))
    return Estimate(value, n, (low, high))
