"""Statistics, pure: numbers in, numbers out. All estimators are SciPy's or checked against it."""

import math
import statistics
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Z95 = statistics.NormalDist().inv_cdf(0.975)

# A survival probability is a product of ratios; what differs from a quantile by less than this is equal to it.
_TOLERANCE = 1e-12


def percent(part: int, whole: int) -> float:
    """`part` of `whole` in percent, 1 decimal; 0.0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0.0


def rate(part: int, whole: int) -> float:
    """`part` of `whole`, 0..1, 4 decimals; 0.0 of nothing."""
    return round(part / whole, 4) if whole else 0.0


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """The 95 % Wilson score interval of a proportion, 0..1; None when there are no cases.

    Source: Wilson (1927), JASA 22, 209-212. SciPy's `binomtest(...).proportion_ci("wilson")` gives the same
    figures, but spends over a millisecond on an exact test that nobody asked for.
    """
    if whole == 0:
        return None
    share, z2 = part / whole, _Z95**2
    center = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    half = _Z95 * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole**2)) / (1 + z2 / whole)
    return max(0.0, center - half), min(1.0, center + half)


def percent_ci95(part: int, whole: int) -> tuple[float, float] | None:
    """The Wilson interval of `percent`, 1 decimal."""
    interval = wilson(part, whole)
    return None if interval is None else (round(100 * interval[0], 1), round(100 * interval[1], 1))


def rate_ci95(part: int, whole: int) -> tuple[float, float] | None:
    """The Wilson interval of `rate`, 4 decimals."""
    interval = wilson(part, whole)
    return None if interval is None else (round(interval[0], 4), round(interval[1], 4))


@dataclass(frozen=True, slots=True)
class Survival:
    """What a Kaplan-Meier curve says of a waiting time, in the unit of its input.

    A figure is None where the curve does not get there; so is the mean unless the curve reaches zero.
    """

    n: int
    n_censored: int
    mean: float | None
    median: float | None
    p90: float | None
    p95: float | None
    median_ci95: tuple[float | None, float | None] | None


def kaplan_meier(waits: Sequence[float], censored: Sequence[float]) -> Survival:
    """Estimate a waiting time when some are still waiting.

    Args:
        waits: how long those waited for whom it ended.
        censored: how long the others have waited so far.

    The quantile q is the smallest wait at which the curve is at or below 1 - q; the median's interval is where
    the 95 % log-log band crosses one half. Sources: Kaplan and Meier (1958), JASA 53, 457-481; Brookmeyer and
    Crowley (1982), Biometrics 38, 29-41.
    """
    n, n_censored = len(waits) + len(censored), len(censored)
    if not waits:
        return Survival(n, n_censored, None, None, None, None, (None, None) if n else None)
    # Importing SciPy takes a second, which no command should wait for that does not use it.
    from scipy import stats  # noqa: PLC0415

    curve = stats.ecdf(stats.CensoredData(uncensored=waits, right=censored)).sf
    times, alive = curve.quantiles, curve.probabilities
    band = _log_log_band(curve)
    # At its ends the curve has no variance to speak of: at one nobody has left, at zero the lower bound is zero.
    low = np.where(alive <= _TOLERANCE, 0.0, np.nan_to_num(band.low.probabilities, nan=1.0))
    high = np.nan_to_num(band.high.probabilities, nan=1.0)
    return Survival(
        n=n,
        n_censored=n_censored,
        mean=_mean(times, alive),
        median=_first(times, alive, 0.5),
        p90=_first(times, alive, 0.1),
        p95=_first(times, alive, 0.05),
        median_ci95=(_first(times, low, 0.5), _first(times, high, 0.5)),
    )


def _log_log_band(curve: Any) -> Any:
    """The 95 % band of a curve, nan where the formula is undefined: a nan that we expect and handle."""
    with warnings.catch_warnings(), np.errstate(divide="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        return curve.confidence_interval(0.95, method="log-log")


def _first(times: NDArray[np.float64], curve: NDArray[np.float64], level: float) -> float | None:
    reached = np.flatnonzero(curve <= level + _TOLERANCE)
    return float(times[reached[0]]) if reached.size else None


def _mean(times: NDArray[np.float64], alive: NDArray[np.float64]) -> float | None:
    """The area under the curve, known only when the curve ends at zero."""
    if alive[-1] > _TOLERANCE:
        return None
    widths = np.diff(times, prepend=0.0)
    before = np.concatenate(([1.0], alive[:-1]))
    return float(np.sum(widths * before))
