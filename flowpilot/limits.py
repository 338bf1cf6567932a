"""How often a caller may do something."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string

from flowpilot.errors import FlowPilotError


class TooManyRequestsError(FlowPilotError):
    """The caller has used up the minute's requests."""

    status = 429


class RateLimiter:
    """Counts requests in a moving window of one minute, in memory or in Redis."""

    def __init__(self, storage_url: str) -> None:
        # Redis through the client that is maintained by Redis; memory has but one implementation.
        storage = storage_from_string(f"async+{storage_url}", implementation="redispy")
        assert isinstance(storage, Storage)
        self._window = MovingWindowRateLimiter(storage)

    async def hit(self, per_minute: int, *who: str) -> None:
        """Count one request.

        Raises:
            TooManyRequestsError: this one is over `per_minute`; `Retry-After` says when to ask again.
        """
        limit = RateLimitItemPerMinute(per_minute)
        if await self._window.hit(limit, *who):
            return
        stats = await self._window.get_window_stats(limit, *who)
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        raise TooManyRequestsError(
            f"At most {per_minute} requests a minute are allowed here. Try again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )
