"""When objects that refer to each other in circles are looked for, and that they are found."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from flowpilot.live.garbage import collect_seldom

pytestmark = pytest.mark.anyio


class _Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def usual() -> Iterator[tuple[int, int, int]]:
    """As often as Python looks when nothing is set, whatever servers run in this process."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield gc.get_threshold()
    gc.set_threshold(*before)


async def test_circles_are_found_at_pauses_and_by_new_objects_not_at_all(usual: tuple[int, int, int]) -> None:
    up, found = asyncio.Event(), asyncio.Event()
    circle = _Circle()
    weakref.finalize(circle, found.set)
    # However many are made meanwhile, it is not among the newest any more.
    gc.collect()
    del circle
    looking = asyncio.create_task(collect_seldom(up.set, pause_seconds=0.01))
    await up.wait()
    assert gc.get_threshold()[:2] == usual[:2]
    assert gc.get_threshold()[2] > usual[2]
    await asyncio.wait_for(found.wait(), 60)
    looking.cancel()
    await asyncio.wait([looking])
    assert gc.get_threshold() == usual
