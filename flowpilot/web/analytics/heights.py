"""How high a chart is, where a few values far above the others would flatten those."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flowpilot.web.analytics.figures import minutes
from flowpilot.web.formatting import counted

# Tukey's outer fence: so many times the width of the middle half above it.
_FENCE = 3
# A value that is at most so many times as high as all others flattens nothing.
_HIGHER = 2
_FEW = 8


@dataclass(frozen=True, slots=True)
class Height:
    """Where the axis ends, and what is above it in words; None: the chart shows all."""

    top: float | None = None
    above: str | None = None


def height_of(days: Sequence[date], values: Sequence[float], ends: Sequence[float | None], bucket: str) -> Height:
    """The height of a chart of minutes with these values and the upper ends of their intervals."""
    if len(values) < _FEW:
        return Height()
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    fence = third + _FENCE * (third - first)
    highest = max(value for value in values if value <= fence)
    if not highest or max(values) <= _HIGHER * highest:
        return Height()
    above = [(value, day) for value, day in zip(values, days, strict=True) if value > fence]
    value, day = max(above)
    is_one = len(above) == 1
    said = (
        f"{counted(len(above), f'{bucket}s')} {'is' if is_one else 'are'} above the chart"
        f"{':' if is_one else ', up to'} {minutes(value)} ({day.isoformat()}). The table has all."
    )
    return Height(max([highest, *(end for end in ends if end is not None and end <= fence)]), said)
