"""How often a caller may do something."""

import math
import time
from collections import deque
from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from flowpilot.errors import FlowPilotError

_MINUTE = 60.0

# The network of one subscriber, who can choose any address in it.
_IPV6_PREFIX = 64


def caller_network(request: Request) -> str:
    """What counts as one address: an IPv4 address, even if it is mapped into IPv6, or an IPv6 network."""
    host = request.client.host if request.client else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), _IPV6_PREFIX), strict=False))


class TooManyRequestsError(FlowPilotError):
    """The caller has used up the minute's requests."""

    status = 429


class LimitsUnavailableError(FlowPilotError):
    """Redis does not answer. To go on without limits would allow password guessing."""

    status = 503


class Hits:
    """Counts requests in this process.

    Not by the library's storage in memory, which looks through every caller's requests at each request of anybody.
    """

    def __init__(self) -> None:
        """Begin when nobody has asked for anything."""
        # The last requests of each, the oldest first: as many as are allowed in a minute.
        self._of: dict[tuple[int, tuple[str, ...]], deque[float]] = {}
        self._looked_at = 0.0

    def wait(self, per_minute: int, who: tuple[str, ...], now: float) -> float | None:
        """Count a request, or say in how many seconds one is allowed again."""
        if now >= self._looked_at + _MINUTE:
            self._of = {key: last for key, last in self._of.items() if last[-1] > now - _MINUTE}
            self._looked_at = now
        key = per_minute, who
        if key not in self._of:
            self._of[key] = deque(maxlen=per_minute)
        last = self._of[key]
        if len(last) == per_minute and last[0] >= now - _MINUTE:
            return last[0] + _MINUTE - now
        last.append(now)
        return None


class RateLimiter:
    """Counts requests in a moving window of one minute, in memory or in Redis."""

    def __init__(self, storage_url: str) -> None:
        self._redis: ConnectionPool | None = None
        self._hits = Hits()
        if storage_url != "memory://":
            # Our own pool, because the library's cannot be closed.
            self._redis = ConnectionPool.from_url(storage_url)
            storage = RedisStorage(
                f"async+{storage_url}",
                implementation="redispy",
                connection_pool=self._redis,  # type: ignore[arg-type] # The library's hint forgets its own use.
            )
            self._window = MovingWindowRateLimiter(storage)

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.aclose()

    async def hit(self, per_minute: int, *who: str) -> None:
        """Count one request.

        Raises:
            LimitsUnavailableError: Redis does not answer.
            TooManyRequestsError: this request is over `per_minute`; `Retry-After` says when to try again.
        """
        try:
            if self._redis is None:
                wait = self._hits.wait(per_minute, who, time.monotonic())
            else:
                wait = await self._shared(per_minute, who)
        except RedisError as error:
            raise LimitsUnavailableError(
                "Requests cannot be counted at present, so this one is refused. Try again soon."
            ) from error
        if wait is None:
            return
        seconds = max(1, math.ceil(wait))
        raise TooManyRequestsError(
            f"At most {per_minute} requests a minute are allowed here. Try again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )

    async def _shared(self, per_minute: int, who: tuple[str, ...]) -> float | None:
        """As `Hits.wait`, for all servers that share a Redis."""
        limit = RateLimitItemPerMinute(per_minute)
        if await self._window.hit(limit, *who):
            return None
        stats = await self._window.get_window_stats(limit, *who)
        return stats.reset_time - time.time()
