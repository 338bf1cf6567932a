"""Files of imports that nobody needs any more. They are on one machine, so a process on that one removes them."""

import asyncio
from collections.abc import Callable

from flowpilot.clock import now
from flowpilot.imports.psa.spool import remove_old
from flowpilot.imports.uploads.queries import remove_left_behind
from flowpilot.settings import Settings

_A_DAY_SECONDS = 24 * 60 * 60


async def keep_removing(settings: Settings, up: Callable[[], None]) -> None:
    """Remove what is old now, and each day, until cancelled.

    It is no job: whichever machine takes a job has the files of that one alone, and a job can be lost.
    """
    while True:
        moment = now()
        await asyncio.to_thread(remove_old, settings.data_dir, moment)
        await asyncio.to_thread(remove_left_behind, moment)
        up()
        await asyncio.sleep(_A_DAY_SECONDS)
