"""What some handoffs of a window say at a moment: counts, waits and groups, by the names of the SQL over rows."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.escalations.days.reading import TYPES
from flowpilot.analytics.estimates.curves import Floats, Ordered
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
WAITS = {
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
    """Handoffs in columns: those that were created, those that were claimed, and their claims.

    The number of a group is in `numbers`, and its place there in the columns.
    """

    created: Columns
    claimed: Columns
    claims: Columns
    numbers: Times

    def with_more(self, others: "Rows") -> "Rows":
        """These handoffs, and then the others."""
        found: dict[str, dict[str, Any]] = {}
        for name in _TOGETHER:
            these, more = getattr(self, name), getattr(others, name)
            # A group that both have is there twice.
            moved = {**more, "group": more["group"] + np.int32(self.numbers.size)}
            found[name] = {field: np.concatenate((values, moved[field])) for field, values in these.items()}
        return Rows(**found, numbers=np.concatenate((self.numbers, others.numbers)))

    def first_claims(self, start: int) -> "Rows":
        """Without the claims of which this moment has an earlier one after it."""
        mask = self.claims["previous_at"] < start
        return replace(self, claims={name: values[mask] for name, values in self.claims.items()})

    @property
    def n_bytes(self) -> int:
        """How much memory they take."""
        parts = (self.created, self.claimed, self.claims)
        found: int = sum(array.nbytes for part in parts for array in part.values()) + self.numbers.nbytes
        return found


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
        groups = [part["group"] for part in found.values()]
        numbers, places = np.unique(np.concatenate(groups), return_inverse=True)
        ends = np.cumsum([each.size for each in groups])
        for part, theirs in zip(found.values(), np.split(places.astype(np.int32), ends[:-1]), strict=True):
            part["group"] = theirs
        return Rows(**found, numbers=numbers)


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

    def __init__(self, rows: Rows, as_of: int, is_open: Mapping[str, Mask] | None = None) -> None:
        """Find out what had happened to each by then.

        Args:
            is_open: by the name of waits, those that are asked for here. All of them, if it is left out.
        """
        self._as_of, self._rows, self._is_open = as_of, rows, is_open
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

    @property
    def numbers(self) -> Times:
        """The numbers of the groups."""
        return self._rows.numbers

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

    def waits(self, name: str) -> tuple[Ordered, NDArray[np.int32]]:
        """The waits of this name in their order, and the place of each one's group among the numbers."""
        of, start, end = WAITS[name]
        rows, is_counted = self._of[of], self._counted(name)
        if self._is_open is not None:
            is_counted = is_counted & self._is_open[name]
        starts, ends = rows[start][is_counted], rows[end][is_counted]
        is_ended = self._known(ends)
        waited = _seconds(np.where(is_ended, ends, self._stops(starts, rows["closed_at"][is_counted])) - starts)
        order = np.lexsort((~is_ended, waited))
        return Ordered(waited[order], is_ended[order]), rows["group"][is_counted][order]

    def open(self) -> Mapping[str, Mask]:
        """By the name of waits, which handoffs' waits may be longer at a later moment, or end."""
        return {
            name: ~self._known(rows[end]) & ~(self._known(rows["closed_at"]) & (rows[end] == NEVER))
            for name, (of, _, end) in WAITS.items()
            for rows in [self._of[of]]
        }

    def all_actions(self) -> Floats:
        """The times to first action of handoffs that were ever acted on, of the waits that are asked for."""
        is_acted = self.claimed["first_action_at"] != NEVER
        if self._is_open is not None:
            is_acted &= self._is_open["action"]
        return _between(self.claimed["claimed_at"][is_acted], self.claimed["first_action_at"][is_acted])

    def working_waits(self, name: str) -> dict[str, Floats]:
        """The columns of `working_waits`, of all these handoffs."""
        of, start, end = WAITS[_WORKING[name]]
        rows, is_counted = self._of[of], self._counted(_WORKING[name])
        is_ended = self._known(rows[end]) & is_counted
        is_censored = is_counted & ~is_ended
        stored, starts = rows[f"{name}_work_seconds"][is_ended], rows[start][is_censored]
        whole = _between(rows[start][is_ended], rows[end][is_ended])
        return {
            "worked": np.where(np.isnan(stored), whole, stored),
            "since": (starts + _SINCE_1970) / 1e6,
            "until": (self._stops(starts, rows["closed_at"][is_censored]) + _SINCE_1970) / 1e6,
        }

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        """The counts of each group that has handoffs here, with its number."""
        numbers = self.numbers
        created, claimed, claims = (part["group"] for part in (self.created, self.claimed, self.claims))

        def counted(places: NDArray[np.int32], among: Mask | None = None) -> list[int]:
            kept = places if among is None else places[among]
            found: list[int] = np.bincount(kept, minlength=numbers.size).tolist()
            return found

        columns = {
            "group": numbers.tolist(),
            "n": counted(created),
            "n_acted": counted(created, self.is_acted),
            "n_unknown": counted(created, self.is_unknown),
            "n_claimed": counted(claimed),
            "n_bounced": counted(claimed, self.is_bounced),
            "n_claims": counted(claims),
            "n_released": counted(claims, self.is_released),
        }
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _counted(self, name: str) -> Mask:
        """Of which handoffs the waits of this name count."""
        of = WAITS[name][0]
        rows = self._of[of]
        is_counted = ~self.is_unknown if of == "created" else np.ones(rows["closed_at"].size, dtype=bool)
        return is_counted & (rows["is_imported"] == 0) if name.startswith("own") else is_counted

    def _stops(self, starts: Times, closed: Times) -> Times:
        """Where waits that have not ended are censored."""
        stops = np.where(closed == NEVER, self._as_of, np.minimum(closed, self._as_of))
        found: Times = np.maximum(stops, starts)
        return found


def _between(starts: Times, ends: Times) -> Floats:
    found: Floats = _seconds(ends - starts)
    return found


def _seconds(microseconds: Any) -> Any:
    """As PostgreSQL has the seconds of a difference of times: to the last digit."""
    days, rest = np.divmod(microseconds, DAY)
    return rest / 1e6 + 86400.0 * days


def _n(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
