"""How often Python looks for objects that refer to each other in circles, while millions are made that do not."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# So many objects may be made before the newest are looked through, more than a batch of rows needs at a time, and
# so many times the newest before those that stayed. When all are looked through is the server's (live/garbage).
_SELDOM = (20_000, 50)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let this process look seldom, which is a tenth of its time. Of two imports, the first to begin ends it."""
    usual = gc.get_threshold()[:2]
    seldom = (max(usual[0], _SELDOM[0]), max(usual[1], _SELDOM[1]))
    gc.set_threshold(*seldom, gc.get_threshold()[2])
    try:
        yield
    finally:
        if usual != seldom:
            gc.set_threshold(*usual, gc.get_threshold()[2])
