"""Durations in words: the one place that says how long something took, or takes."""

from datetime import timedelta

_SHORT = (("d", 86_400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1))


def in_short(seconds: float, *, space: str = " ") -> str:
    """To the second, in the two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`.

    `app.js` says the same while it counts.
    """
    sign, whole = ("−" if seconds < 0 else ""), round(abs(seconds))
    for unit, size, smaller, smaller_size in _SHORT:
        if whole >= size:
            rest = whole % size // smaller_size
            tail = f"{space}{rest}{space}{smaller}" if rest else ""
            return f"{sign}{whole // size}{space}{unit}{tail}"
    return f"{sign}{whole}{space}s"


def in_full(duration: timedelta) -> str:
    """In whole words, down to the minute: `2 days 3 hours`, `less than a minute`."""
    minutes = int(duration / timedelta(minutes=1))
    if minutes < 1:
        return "less than a minute"
    parts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    return " ".join(f"{count} {unit}{'s' if count > 1 else ''}" for count, unit in parts if count)


def of_work(spent: timedelta) -> str:
    """Time to bill: up to the minute, and never in days, which are no unit of work: `1 h 5 min`, `25 h`."""
    hours, minutes = divmod(-(-spent // timedelta(minutes=1)), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
