"""The only source of "now", and of time zones."""

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends

from flowpilot.errors import InvalidError


def now() -> datetime:
    """The present moment, in UTC, to the microsecond."""
    return datetime.now(UTC)


async def request_time() -> datetime:
    """The moment a request speaks for: one value however often it is asked for in that request.

    Like every dependency of ours it is async, since FastAPI sends the others through a thread each.
    """
    return now()


Now = Annotated[datetime, Depends(request_time)]


@cache
def zone_names() -> frozenset[str]:
    """The names of IANA's zones, and not of whatever else lies among the system's files."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split()) - {"Factory"}


def zone(name: str) -> ZoneInfo:
    """An IANA time zone by its name.

    Raises:
        InvalidError: there is no such zone.
    """
    if name not in zone_names():
        raise InvalidError(f"{name[:64]!r} is not an IANA time zone. Use a name such as Europe/Vienna or UTC.")
    return ZoneInfo(name)
