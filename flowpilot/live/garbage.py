"""When Python looks through all objects for some that refer to each other in circles, which nothing else frees.

The process does nothing else meanwhile, and thousands of open streams are many objects. Left to itself, Python
looks whenever a quarter more are there than last time, which may be just when events have to be sent. New objects
are looked through as always, in which most circles are found.
"""

import asyncio
import gc
import time
from collections.abc import Callable

# Looking takes at most a hundredth of the time.
_PART = 100
_PAUSE_SECONDS = 60.0
_NEVER = 1_000_000
_USUAL = gc.get_threshold()[2]


async def collect_seldom(up: Callable[[], None], pause_seconds: float = _PAUSE_SECONDS) -> None:
    """Look through everything at such pauses, or longer ones if it takes long, until cancelled."""
    gc.set_threshold(*gc.get_threshold()[:2], _NEVER)
    up()
    try:
        pause = pause_seconds
        while True:
            await asyncio.sleep(pause)
            started = time.perf_counter()
            gc.collect()
            pause = max(pause_seconds, _PART * (time.perf_counter() - started))
    finally:
        gc.set_threshold(*gc.get_threshold()[:2], _USUAL)
