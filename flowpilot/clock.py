"""The only source of "now"."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends


def now() -> datetime:
    """The present moment, in UTC, to the microsecond."""
    return datetime.now(UTC)


async def request_time() -> datetime:
    """The moment a request speaks for: one value however often it is asked for in that request.

    Like every dependency of ours it is async, since FastAPI sends the others through a thread each.
    """
    return now()


Now = Annotated[datetime, Depends(request_time)]
