"""What some handoffs of a window say at a moment: counts, waits and groups, by the names of the SQL over rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.escalations.days.reading import TYPES
from flowpilot.analytics.estimates.curves import Floats
from flowpilot.analytics.summed.moments import DAY
from flowpilot.handoffs.days.records import NEVER

Times = NDArray[np.int64]
Mask = NDArray[np.bool_]
Columns = Mapping[str, Any]

# Of 1970, in seconds before 2000.
_SINCE_1970 = 946_684_800_000_000

# Which parts are of the same handoffs, and the time by which they are in a window.
_TOGETHER = {"created": "created_at", "claimed": "claimed_at", "claims": "at"}

# The times between which handoffs wait: of which handoffs, from when, and until when.
_WAITS = {
    "to_claim": ("created", "created_at", "claimed_at"),
    "to_action": ("created", "created_at", "first_action_at"),
    "action": ("claimed", "claimed_at", "first_action_at"),
    "claimant": ("claimed", "claimed_at", "claimant_action_at"),
    # Of those that were not imported, for savings.
    "own_wait": ("created", "created_at", "claimant_action_at"),
    "own_action": ("claimed", "claimed_at", "claimant_action_at"),
}
_WORKING = {"claim": "to_claim", "action": "action", "claimant": "claimant"}


@dataclass(frozen=True, slots=True)
class Rows:
    """Handoffs in columns: those that were created, those that were claimed, and their claims."""

    created: Columns
    claimed: Columns
    claims: Columns


@dataclass(frozen=True, slots=True)
class Records:
    """The same as they are kept."""

    parts: Mapping[str, Any]

    def taken(self, masks: Mapping[str, Mask]) -> "Records":
        """Those that each mask says."""
        return Records({name: part[masks[name.removesuffix("_more")]] for name, part in self.parts.items()})

    def within(self, start: int, end: int) -> "Records":
        """Those of a window."""
        times = {name: self.parts[name][at] for name, at in _TOGETHER.items()}
        masks = {name: (at >= start) & (at < end) for name, at in times.items()}
        # A handoff counts at its first claim in the window.
        masks["claims"] &= self.parts["claims"]["previous_at"] < start
        return self.taken(masks)

    def columns(self) -> Rows:
        """Each field as numbers of this machine."""
        found: dict[str, dict[str, Any]] = {name: {} for name in _TOGETHER}
        for name, part in self.parts.items():
            for field in part.dtype.names:
                kept = part.dtype[field]
                found[name.removesuffix("_more")][field] = part[field].astype(kept.newbyteorder("="))
        return Rows(**found)

    @property
    def n_bytes(self) -> int:
        """How much memory they take."""
        found: int = sum(part.nbytes for part in self.parts.values())
        return found


def together(days: Iterable[Mapping[str, Any]]) -> Records:
    """The records of several days."""
    every = list(days)
    # As bytes, because NumPy compares the fields of all arrays that it joins.
    return Records(
        {
            name: np.frombuffer(b"".join([day[name].tobytes() for day in every]), type_)
            for name, type_ in TYPES.items()
        }
    )


class Figures:
    """What these handoffs say at a moment, in microseconds since 2000."""

    def __init__(self, rows: Rows, as_of: int) -> None:
        """Find out what had happened to each by then."""
        self._as_of = as_of
        self.created, self.claimed, self.claims = rows.created, rows.claimed, rows.claims
        self._of = {"created": self.created, "claimed": self.claimed}
        self.is_claimed = self._known(self.created["claimed_at"])
        self.is_acted = self._known(self.created["first_action_at"])
        self.is_unknown = self.created["is_unknown"] != 0
        closed = self.claimed["closed_at"]
        self.is_bounced = self._known(closed) & (
            (self.claimed["is_returned"] != 0)
            | self._known(self.claimed["again_at"]) & (self.claimed["again_at"] <= closed + 7 * DAY)
        )
        self.is_released = self._known(self.claims["released_at"])

    def _known(self, times: Times) -> Mask:
        """Whether this had happened by then."""
        found: Mask = (times != NEVER) & (times <= self._as_of)
        return found

    def counts(self) -> dict[str, int]:
        """Numbers of the handoffs that were created in the window, and of those that were claimed in it."""
        is_closed = self._known(self.created["closed_at"])
        return {
            "n_created": self.is_acted.size,
            "n_unclaimed": _n(~self.is_claimed & ~self.is_unknown),
            "n_waiting": _n(~self.is_claimed & ~self.is_unknown & ~is_closed),
            "n_claimed": _n(self.is_claimed),
            "n_unknown": _n(self.is_unknown),
            "n_acted": _n(self.is_acted),
            "n_pending": _n(~self.is_acted & ~is_closed),
            "n_handoffs_claimed": self.is_bounced.size,
            "n_bounced": _n(self.is_bounced),
            "n_claims": self.is_released.size,
            "n_released": _n(self.is_released),
        }

    def oldest_pending_seconds(self) -> float | None:
        """How long the one has waited that has waited longest, and was neither acted on nor closed."""
        is_pending = ~self.is_acted & ~self._known(self.created["closed_at"])
        pending = self.created["created_at"][is_pending]
        return float(_seconds(self._as_of - pending.min())) if pending.size else None

    def waits(self, name: str) -> tuple[Floats, Floats]:
        """The waits of this name that have ended, and how long the others have lasted."""
        of, start, end = _WAITS[name]
        rows, (is_ended, is_censored) = self._of[of], self._split(name)
        stops = self._stops(rows, start)
        return (
            _between(rows[start][is_ended], rows[end][is_ended]),
            _between(rows[start][is_censored], stops[is_censored]),
        )

    def all_actions(self) -> Floats:
        """The times to first action of handoffs that were ever acted on."""
        is_acted = self.claimed["first_action_at"] != NEVER
        return _between(self.claimed["claimed_at"][is_acted], self.claimed["first_action_at"][is_acted])

    def working_waits(self, name: str) -> dict[str, Floats]:
        """The columns of `working_waits`."""
        of, start, end = _WAITS[_WORKING[name]]
        rows, (is_ended, is_censored) = self._of[of], self._split(_WORKING[name])
        stored, stops = rows[f"{name}_work_seconds"][is_ended], self._stops(rows, start)
        whole = _between(rows[start][is_ended], rows[end][is_ended])
        return {
            "worked": np.where(np.isnan(stored), whole, stored),
            "since": (rows[start][is_censored] + _SINCE_1970) / 1e6,
            "until": (stops[is_censored] + _SINCE_1970) / 1e6,
        }

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        """The figures of each group that has handoffs here, with its number."""
        parts = self.created, self.claimed, self.claims
        numbers = np.unique(np.concatenate([part["group"] for part in parts]))
        if not numbers.size:
            return []
        places: Iterable[Any] = (np.searchsorted(numbers, part["group"]) for part in parts)
        created, claimed, claims = places

        def counted(places: NDArray[np.intp], among: Mask | None = None) -> list[int]:
            kept = places if among is None else places[among]
            found: list[int] = np.bincount(kept, minlength=numbers.size).tolist()
            return found

        is_ended, is_censored = self._split("to_action")
        ended, censored = self.waits("to_action")
        columns: dict[str, Sequence[Any]] = {
            "group": numbers.tolist(),
            "n": counted(created),
            "n_acted": counted(created, self.is_acted),
            "n_unknown": counted(created, self.is_unknown),
            "n_claimed": counted(claimed),
            "n_bounced": counted(claimed, self.is_bounced),
            "n_claims": counted(claims),
            "n_released": counted(claims, self.is_released),
            "to_action_ended": _by_place(ended, created[is_ended], numbers.size),
            "to_action_censored": _by_place(censored, created[is_censored], numbers.size),
        }
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _split(self, name: str) -> tuple[Mask, Mask]:
        of, _, end = _WAITS[name]
        rows = self._of[of]
        is_ended = self._known(rows[end])
        is_counted = ~self.is_unknown if of == "created" else np.ones(is_ended.size, dtype=bool)
        if name.startswith("own"):
            is_counted &= rows["is_imported"] == 0
        return is_ended & is_counted, ~is_ended & is_counted

    def _stops(self, rows: Columns, start: str) -> Times:
        """Where a wait that has not ended is censored."""
        closed = np.where(rows["closed_at"] == NEVER, self._as_of, rows["closed_at"])
        found: Times = np.maximum(np.minimum(closed, self._as_of), rows[start])
        return found


def _between(starts: Times, ends: Times) -> Floats:
    found: Floats = _seconds(ends - starts)
    return found


def _seconds(microseconds: Any) -> Any:
    """As PostgreSQL has the seconds of a difference of times: to the last digit."""
    days, rest = np.divmod(microseconds, DAY)
    return rest / 1e6 + 86400.0 * days


def _by_place(values: Floats, places: NDArray[np.intp], n: int) -> list[Floats]:
    """The values of each of so many places."""
    order = np.argsort(places, kind="stable")
    return np.split(values[order], np.searchsorted(places[order], np.arange(1, n)))


def _n(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
