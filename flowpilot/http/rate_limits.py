"""How often a caller may do something."""

import math
import time
from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from flowpilot.errors import FlowPilotError

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


class RateLimiter:
    """Counts requests in a moving window of one minute, in memory or in Redis."""

    def __init__(self, storage_url: str) -> None:
        self._redis: ConnectionPool | None = None
        storage: Storage = MemoryStorage()
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
        limit = RateLimitItemPerMinute(per_minute)
        try:
            if await self._window.hit(limit, *who):
                return
            stats = await self._window.get_window_stats(limit, *who)
        except RedisError as error:
            raise LimitsUnavailableError(
                "Requests cannot be counted at present, so this one is refused. Try again soon."
            ) from error
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        raise TooManyRequestsError(
            f"At most {per_minute} requests a minute are allowed here. Try again in {seconds} s.",
            headers={"Retry-After": str(seconds)},
        )
