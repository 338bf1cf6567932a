"""The only place that reads the clock, and the source of time zones."""

from datetime import UTC, datetime
from difflib import get_close_matches
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
    """The time of a request: every part of the request gets the same value.

    Like all our dependencies it is async, because FastAPI runs each of the others in a thread.
    """
    return now()


Now = Annotated[datetime, Depends(request_time)]


def in_words(moment: datetime, zone_name: str) -> str:
    """A time in a zone as messages say it: `28 Nov 2026, 23:18 CET`. Pages say the same without the zone."""
    return f"{moment.astimezone(ZoneInfo(zone_name)):%-d %b %Y, %H:%M %Z}"


@cache
def zone_names() -> frozenset[str]:
    """The names of IANA's zones, without the other files that systems keep beside them."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split()) - {"Factory"}


def zone(name: str) -> ZoneInfo:
    """An IANA time zone by its name.

    Raises:
        InvalidError: there is no such zone.
    """
    if name not in zone_names():
        like = _like(name) or "a name such as Europe/Vienna or UTC"
        raise InvalidError(f"{name[:64]!r} is not an IANA time zone. Use {like}.")
    return ZoneInfo(name)


def _like(name: str) -> str | None:
    """The zone whose city was meant, if one is written nearly like that."""
    cities = {zone.rpartition("/")[2].replace("_", " ").casefold(): zone for zone in sorted(zone_names())}
    typed = name.strip()[:64].rpartition("/")[2].replace("_", " ").casefold()
    return next((cities[city] for city in get_close_matches(typed, cities, n=1, cutoff=0.8)), None)
