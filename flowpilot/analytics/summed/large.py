"""What takes so long that other requests should not wait for it is done beside the event loop."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

# More sessions or handoffs than this do.
MANY = 10_000

T = TypeVar("T")


async def in_thread(is_large: bool, work: Callable[[], T]) -> T:
    """Do it, beside the event loop if it is large."""
    return await asyncio.to_thread(work) if is_large else work()
