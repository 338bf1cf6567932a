"""Figures as they are answered."""

from flowpilot.analytics.statistics import Bounds


def rounded(value: float | None, digits: int = 2) -> float | None:
    """The value as it is answered: 2 decimals for seconds and hours."""
    return None if value is None else round(value, digits)


def rounded_bounds(bounds: Bounds | None, digits: int = 2) -> Bounds | None:
    """Both ends as they are answered."""
    return None if bounds is None else (rounded(bounds[0], digits), rounded(bounds[1], digits))
