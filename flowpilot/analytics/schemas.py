"""What every report has. The fields of the contract come first; ours are added, and never replace them.

Percent fields are 0 to 100 with 1 decimal, rates 0 to 1 with 4; minutes have 1 decimal, seconds and hours 2. A
field named `..._ci95` is the 95 % interval of the field it is named after, in the same unit; null without cases.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from flowpilot.analytics.metrics import definitions
from flowpilot.analytics.period import Period, Window

Interval = tuple[float, float] | None


class WindowOut(BaseModel):
    """The period, and `as_of`: the report shows how things were then."""

    from_: datetime = Field(serialization_alias="from")
    to: datetime
    timezone: str
    as_of: datetime


class Report(BaseModel):
    """What every report says about itself."""

    period: Period | None
    window: WindowOut
    filters: dict[str, str] = Field(description="What the figures are narrowed to, by the names of parameters.")
    definitions: list[str] = Field(description="Slugs in the metric catalogue.")


def header(window: Window, report: str) -> dict[str, Any]:
    """The fields of `Report` for a window."""
    return {
        "period": window.period,
        "window": WindowOut(from_=window.start, to=window.to, timezone=window.timezone, as_of=window.as_of),
        "filters": window.only.asked,
        "definitions": definitions(report),
    }
