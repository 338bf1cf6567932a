"""A report compared with the window before: which window that is, and what has changed since."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.statistics import Bounds, Estimate, difference_ci95


class Comparison(BaseModel):
    """A figure of the window before, and what has changed since, in the unit and decimals of that figure."""

    value: float | None = Field(description="In the window before.")
    n: int
    ci95: Bounds | None
    this_value: float | None = Field(
        description="In this window, by the same rule as `value`: at the same age where that is compared, which is"
        " not the report's own figure."
    )
    this_n: int
    this_ci95: Bounds | None
    difference: float | None = Field(description="`this_value` minus `value`.")
    difference_ci95: Bounds | None
    direction: Literal["better", "worse"] | None = Field(
        description="Null unless the interval of the difference excludes zero, and both had the same follow-up."
    )


_NO_TIME = datetime.min.replace(tzinfo=UTC)


def window_before(asked: Window) -> Window:
    """The window of equal length that ends where this one begins, as it was at that moment."""
    length = min(asked.to - asked.start, asked.start - _NO_TIME)
    as_of = min(asked.as_of, asked.start)
    return replace(asked, start=asked.start - length, end=asked.start, to=asked.start, as_of=as_of, period=None)


def compare(
    metric: str, new: Estimate, old: Estimate, digits: int, *, has_equal_follow_up: bool = True
) -> Comparison:
    """A figure of the window before, with what has changed and whether it is better or worse now.

    There is no verdict where the sessions of the window before had longer to get there.

    `metric` is its slug in the catalogue, which says what is good.
    """
    this_value, value = rounded(new.value, digits), rounded(old.value, digits)
    difference, interval = None, None
    if new.value is not None and old.value is not None and this_value is not None and value is not None:
        # Of the numbers as they are answered, so that a reader who subtracts them finds it.
        difference = rounded(this_value - value, digits)
        interval = difference_ci95(new.value, _ends(new), old.value, _ends(old))
    return Comparison(
        value=value,
        n=old.n,
        ci95=rounded_bounds(old.ci95, digits),
        this_value=this_value,
        this_n=new.n,
        this_ci95=rounded_bounds(new.ci95, digits),
        difference=difference,
        difference_ci95=rounded_bounds(interval, digits),
        direction=_direction(METRICS[metric].good, interval) if has_equal_follow_up else None,
    )


def _ends(found: Estimate) -> Bounds:
    return found.ends or found.ci95 or (None, None)


def _direction(good: str, interval: Bounds | None) -> Any:
    low, high = interval or (None, None)
    if low is not None and low > 0:
        return "better" if good == "up" else "worse"
    if high is not None and high < 0:
        return "better" if good == "down" else "worse"
    return None
