"""What a server process remembers of whole days of sessions: sums that it has been sent before, without any words.

A day has a version, which PostgreSQL makes of all that is kept of it. A report says which versions it knows, and
is sent the sums of the others, in the statement that reads everything else: so what is added up is what its
snapshot has, and a day that was summed up again is another one.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flowpilot.analytics.period import Window
from flowpilot.analytics.summed.memory import Key, memory
from flowpilot.sessions.days.news import day_of

Sums = TypeVar("Sums")
# By day, as JSON writes it: its version, and the sums.
Known = Mapping[str, tuple[int, Sums]]

# A part that has the clean days which are not known. Two days of which the same is kept have the same version.
UNKNOWN = """
unknown AS MATERIALIZED (
    SELECT * FROM clean WHERE (day, version) NOT IN (
        SELECT unnest(CAST(:known_days AS date[])), unnest(CAST(:known_versions AS bigint[]))
    )
)"""


def recall(report: str, window: Window) -> Known[Any]:
    """The days that are known of what a report asks for in the window's zone, also of other windows."""
    return memory.get(_key(report, window)) or {}


def remember(
    report: str, window: Window, known: Known[Sums], found: Known[Sums], n_bytes: Callable[[Sums], int]
) -> None:
    """Know these days beside those that were known, if there is room: so many bytes for the sums of each."""
    memory.keep_days(_key(report, window), known, found, lambda one: n_bytes(one[1]))


def _key(report: str, window: Window) -> Key:
    return window.account_id, report, window.timezone.encode()


def said(known: Known[Any], window: Window) -> dict[str, str]:
    """The window's days that are known, and their versions, as texts: of the same type however many there are."""
    first, last = day_of(window.start).isoformat(), day_of(window.end).isoformat()
    days = {day: version for day, (version, _) in known.items() if first <= day <= last}
    return {
        "known_days": f"{{{','.join(days)}}}",
        "known_versions": f"{{{','.join(map(str, days.values()))}}}",
    }
