"""Who has written so lately that a replica may not show it yet."""

import logging
import time
import uuid
from collections.abc import Callable

from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

_PREFIX = "flowpilot:wrote:"
_MOST_KEPT = 10_000

_log = logging.getLogger(__name__)


class LateWriters:
    """Remembers for some seconds who has written: in this process, and in a Redis that all servers share."""

    def __init__(self, storage_url: str, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until = dict[uuid.UUID, float]()
        self._is_down = False
        self._redis: Redis | None = None
        if storage_url != "memory://":
            pool = ConnectionPool.from_url(storage_url, socket_timeout=1, socket_connect_timeout=1)
            self._redis = Redis(connection_pool=pool)

    async def note(self, user_id: uuid.UUID) -> None:
        """This person has written, just now."""
        if len(self._until) >= _MOST_KEPT:
            self._until = {who: until for who, until in self._until.items() if until > self._clock()}
        self._until[user_id] = self._clock() + self._seconds
        if self._redis is not None:
            try:
                await self._redis.set(f"{_PREFIX}{user_id}", 1, px=int(self._seconds * 1000))
                self._is_down = False
            except RedisError as error:
                self._note_failure(error)

    async def includes(self, user_id: uuid.UUID) -> bool:
        """Whether this person has; also if it cannot be known."""
        if self._until.get(user_id, 0) > self._clock():
            return True
        if self._redis is None:
            return False
        try:
            return bool(await self._redis.exists(f"{_PREFIX}{user_id}"))
        except RedisError as error:
            self._note_failure(error)
            return True

    def _note_failure(self, error: RedisError) -> None:
        if not self._is_down:
            self._is_down = True
            _log.warning("replica: who has written cannot be kept in Redis, so the primary answers: %s", error)

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.aclose()
            await self._redis.connection_pool.disconnect()
