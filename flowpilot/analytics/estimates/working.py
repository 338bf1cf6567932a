"""Working time of many durations at once, for those that have not ended: what has ended is stored with its own."""

from datetime import UTC, datetime

import numpy as np

from flowpilot.analytics.estimates.curves import Floats, Numbers
from flowpilot.working_hours import HoursHistory, pieces


class WorkingClock:
    """How an account's working time passes until a moment."""

    def __init__(self, history: HoursHistory, since: Numbers, end: datetime) -> None:
        """Know the working time from the earliest of `since`, in seconds since 1970, until `end`."""
        start = datetime.fromtimestamp(float(np.min(since)), UTC) if len(since) else end
        found = [(opening.timestamp(), closing.timestamp()) for opening, closing in pieces(start, end, history)]
        self._opening = np.array([opening for opening, _ in found], dtype=np.float64)
        # Before the first piece, nothing has passed.
        self._closing = np.array([-np.inf, *(closing for _, closing in found)], dtype=np.float64)
        self._passed = np.cumsum([0.0, *(closing - opening for opening, closing in found)])

    def seconds(self, since: Numbers, until: Numbers) -> Floats:
        """The working time of each stretch between two moments, in seconds since 1970."""
        found: Floats = np.maximum(0, self._until(until) - self._until(since))
        return found

    def _until(self, moments: Numbers) -> Floats:
        at = np.asarray(moments, dtype=np.float64)
        begun = np.searchsorted(self._opening, at, side="right")
        found: Floats = self._passed[begun] - np.maximum(0, self._closing[begun] - at)
        return found
