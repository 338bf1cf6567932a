"""How figures and moments read in a page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

_NBSP = "\u00a0"


def duration(seconds: float | None) -> str:
    """A stretch of time in its two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`."""
    if seconds is None:
        return "–"
    sign, whole = ("−" if seconds < 0 else ""), round(abs(seconds))
    for unit, size, smaller, smaller_size in (
        ("d", 86_400, "h", 3600),
        ("h", 3600, "min", 60),
        ("min", 60, "s", 1),
    ):
        if whole >= size:
            rest = whole % size // smaller_size
            tail = f"{_NBSP}{rest}{_NBSP}{smaller}" if rest else ""
            return f"{sign}{whole // size}{_NBSP}{unit}{tail}"
    return f"{sign}{whole}{_NBSP}s"


def moment(at: datetime | None, zone: str) -> Markup | str:
    """A moment as a date and time in a zone; the machine's form goes along."""
    if at is None:
        return "–"
    local = at.astimezone(ZoneInfo(zone))
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), f"{local:%A %-d %B %Y, %H:%M:%S %Z}", f"{local:%-d %b %Y, %H:%M}"
    )


def since(at: datetime | None, now: datetime) -> Markup | str:
    """How long ago a moment was. The page's script keeps it ticking."""
    if at is None:
        return "–"
    gone = max(0.0, (now - at).total_seconds())
    return Markup('<time datetime="{}" data-since="{}">{}</time>').format(
        at.isoformat(), at.isoformat(), duration(gone)
    )


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands apart, or a dash for what is not known."""
    return "–" if value is None else f"{value:,.{digits}f}".replace(",", "\u202f")


def share(value: float | None) -> str:
    """A share of 0..1 in percent."""
    return "–" if value is None else f"{100 * value:.0f}{_NBSP}%"


def bounds(interval: Any, show: Callable[[Any], str]) -> str:
    """A 95 % interval, `4 min to 9 min`; an end that is not known is open."""
    if interval is None:
        return "no interval yet"
    low, high = interval
    if low is None and high is None:
        return "no interval yet"
    if high is None:
        return f"{show(low)} or more"
    return f"up to {show(high)}" if low is None else f"{show(low)} to {show(high)}"


def plain(name: str) -> str:
    """A name of the code as words: `requesting_escalation` is `Requesting escalation`."""
    return str(name).replace("_", " ").capitalize()


FILTERS: dict[str, Callable[..., Any]] = {
    "duration": duration,
    "moment": moment,
    "since": since,
    "number": number,
    "share": share,
    "bounds": bounds,
    "plain": plain,
}
