"""The handoffs of two windows, from what is kept of their days, or from the rows of days with news.

One statement reads both windows, which touch each other. What is kept has every handoff with its times, so a day
at the edge of a window is read whole, and each window takes what is in it. Days, news and rows are seen at one
moment.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowpilot.analytics.estimates.curves import Floats
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import statement
from flowpilot.analytics.summed.planned import planned_once
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.days.records import JOINED, NEVER, PARTS, RECORDS, SELECTED
from flowpilot.identity.hours.queries import HOURS, history_in

Times = NDArray[np.int64]
Mask = NDArray[np.bool_]

_ZERO = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000
# Of 1970, in seconds before 2000.
_SINCE_1970 = 946_684_800_000_000

_TYPES = {
    name: np.dtype([(field, type_) for field, (type_, _) in fields.items()]) for name, fields in PARTS.items()
}

_SQL = statement(
    f"""
WITH clean AS MATERIALIZED (
    SELECT * FROM handoff_days d
    WHERE d.account_id = %(account_id)s
      AND d.day >= (CAST(:start AS timestamptz) AT TIME ZONE 'UTC')::date
      AND d.day <= (CAST(:end AS timestamptz) AT TIME ZONE 'UTC')::date
      AND NOT EXISTS (SELECT FROM handoff_news n WHERE n.account_id = %(account_id)s AND n.day = d.day)
),
stretches AS MATERIALIZED (
    SELECT since AS day, since, until FROM (
        SELECT lag(ends, 1, CAST(:start AS timestamptz)) OVER (ORDER BY begins) AS since, begins AS until FROM (
            SELECT day::timestamp AT TIME ZONE 'UTC' AS begins, (day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
            FROM clean
            UNION ALL SELECT CAST(:end AS timestamptz), CAST(:end AS timestamptz)
        ) bounds
    ) between_days WHERE since < until
),
{RECORDS}
SELECT created, claimed, claims, groups, group_handoffs, NULL::json AS account_hours FROM clean
UNION ALL SELECT {SELECTED}, NULL FROM stretches {JOINED}
UNION ALL SELECT '', '', '', '{{}}', '{{}}', {HOURS}
""".replace("%(account_id)s", ":account_id")
)


class Handoffs:
    """Records of handoffs, by the names of their parts, and one handoff of each group by its number.

    `history` are the account's working hours.
    """

    def __init__(self, rows: Sequence[Any]) -> None:
        """Know what the statement has found."""
        self.parts: Mapping[str, Any] = {
            name: np.frombuffer(b"".join(map(attrgetter(name), rows)), dtype=type_)
            for name, type_ in _TYPES.items()
        }
        self.group_handoffs = {
            number: handoff for row in rows for number, handoff in zip(row.groups, row.group_handoffs, strict=True)
        }
        self.history = history_in(next((row.account_hours for row in rows if row.account_hours), None))


def is_read_from_days(window: Window) -> bool:
    """Whether a report needs no handoff's rows on days without news: what narrows it is not kept of days."""
    return not window.only.asked


async def read_handoffs(db: ReadDb, first: Window, last: Window) -> Handoffs:
    """The handoffs of two windows, of which the first ends where the last begins, and perhaps a few beside."""
    values = {"account_id": last.account_id, "start": first.start, "end": last.end}
    return Handoffs((await planned_once(db, _SQL, values)).all())


class HandoffsOfWindow:
    """What one window has of them, in columns with the names of the statement over rows."""

    def __init__(self, found: Handoffs, window: Window) -> None:
        """Take the window's handoffs."""
        self._as_of = moment(window.as_of)
        start, end = moment(window.start), moment(window.end)
        created, claimed, claims = (
            part[(part[at] >= start) & (part[at] < end)]
            for part, at in zip(found.parts.values(), ("created_at", "claimed_at", "at"), strict=True)
        )
        self.created, self.claimed = _columns(created), _columns(claimed)
        # A handoff counts at its first claim in the window.
        self.claims = _columns(claims[claims["previous_at"] < start])
        self.is_claimed = self._known(self.created["claimed_at"])
        self.is_acted = self._known(self.created["first_action_at"])
        self.is_unknown = self.created["is_unknown"] != 0
        closed = self.claimed["closed_at"]
        self.is_bounced = self._known(closed) & (
            (self.claimed["is_returned"] != 0)
            | self._known(self.claimed["again_at"]) & (self.claimed["again_at"] <= closed + 7 * _DAY)
        )
        self.is_released = self._known(self.claims["released_at"])

    @property
    def n_unknown(self) -> int:
        """How many were claimed at an unknown time."""
        return _n(self.is_unknown)

    def _known(self, times: Times) -> Mask:
        """Whether this had happened by then."""
        found: Mask = (times != NEVER) & (times <= self._as_of)
        return found

    def population(self) -> dict[str, Any]:
        """Numbers of the handoffs created in the window."""
        created, is_closed = self.created["created_at"], self._known(self.created["closed_at"])
        is_pending = ~self.is_acted & ~is_closed
        pending = created[is_pending]
        return {
            "n_created": created.size,
            "n_unclaimed": _n(~self.is_claimed & ~self.is_unknown),
            "n_waiting": _n(~self.is_claimed & ~self.is_unknown & ~is_closed),
            "n_claimed": _n(self.is_claimed),
            "n_unknown": self.n_unknown,
            "n_acted": _n(self.is_acted),
            "n_pending": pending.size,
            "oldest_pending_seconds": float(_seconds(self._as_of - pending.min())) if pending.size else None,
        }

    def quality(self) -> dict[str, int]:
        """Numbers of the handoffs that were claimed in the window."""
        return {
            "n_handoffs_claimed": self.claimed["claimed_at"].size,
            "n_bounced": _n(self.is_bounced),
            "n_claims": self.is_released.size,
            "n_released": _n(self.is_released),
        }

    @cached_property
    def waits(self) -> dict[str, Floats]:
        """The columns of `waits`."""
        return {
            **self._waits("to_claim", self.created, "created_at", "claimed_at", ~self.is_unknown),
            **self._waits("to_action", self.created, "created_at", "first_action_at", ~self.is_unknown),
            **self.waits_of_claimed(),
            "all_actions": _between(
                *(self.claimed[name][self.claimed["first_action_at"] != NEVER] for name in _ACTION)
            ),
        }

    def waits_of_claimed(self) -> dict[str, Floats]:
        """Those of them that begin with a claim."""
        return {
            **self._waits("action", self.claimed, "claimed_at", "first_action_at"),
            **self._waits("claimant", self.claimed, "claimed_at", "claimant_action_at"),
        }

    def groups(self) -> list[dict[str, Any]]:
        """The figures of each group that has handoffs here, with its number."""
        parts = self.created, self.claimed, self.claims
        numbers = np.unique(np.concatenate([part["group"] for part in parts]))
        if not numbers.size:
            return []
        created, claimed, claims = (np.searchsorted(numbers, part["group"]) for part in parts)

        def counted(places: NDArray[np.intp], among: Mask | None = None) -> list[int]:
            kept = places if among is None else places[among]
            found: list[int] = np.bincount(kept, minlength=numbers.size).tolist()
            return found

        is_ended, is_censored = self._split(self.created, "first_action_at", ~self.is_unknown)
        waits = self.waits
        columns: dict[str, Sequence[Any]] = {
            "group": numbers.tolist(),
            "n": counted(created),
            "n_acted": counted(created, self.is_acted),
            "n_unknown": counted(created, self.is_unknown),
            "n_claimed": counted(claimed),
            "n_bounced": counted(claimed, self.is_bounced),
            "n_claims": counted(claims),
            "n_released": counted(claims, self.is_released),
            "to_action_ended": _by_place(waits["to_action_ended"], created[is_ended], numbers.size),
            "to_action_censored": _by_place(waits["to_action_censored"], created[is_censored], numbers.size),
        }
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def _waits(
        self, name: str, rows: Mapping[str, Any], start: str, end: str, among: Mask | None = None
    ) -> dict[str, Floats]:
        is_ended, is_censored = self._split(rows, end, among)
        stops = self._stops(rows, start)
        return {
            f"{name}_ended": _between(rows[start][is_ended], rows[end][is_ended]),
            f"{name}_censored": _between(rows[start][is_censored], stops[is_censored]),
        }

    def working_waits(self) -> dict[str, Floats]:
        """The columns of `working_waits`."""
        found: dict[str, Floats] = {}
        for name, rows, start, end, among in (
            ("claim", self.created, "created_at", "claimed_at", ~self.is_unknown),
            ("action", self.claimed, *_ACTION, None),
            ("claimant", self.claimed, "claimed_at", "claimant_action_at", None),
        ):
            is_ended, is_censored = self._split(rows, end, among)
            stored, stops = rows[f"{name}_work_seconds"][is_ended], self._stops(rows, start)
            whole = _between(rows[start][is_ended], rows[end][is_ended])
            found |= {
                f"{name}_worked": np.where(np.isnan(stored), whole, stored),
                f"{name}_since": (rows[start][is_censored] + _SINCE_1970) / 1e6,
                f"{name}_until": (stops[is_censored] + _SINCE_1970) / 1e6,
            }
        return found

    def _split(self, rows: Mapping[str, Any], end: str, among: Mask | None) -> tuple[Mask, Mask]:
        is_ended = self._known(rows[end])
        return (is_ended, ~is_ended) if among is None else (is_ended & among, ~is_ended & among)

    def _stops(self, rows: Mapping[str, Any], start: str) -> Times:
        """Where a wait that has not ended is censored."""
        closed = np.where(rows["closed_at"] == NEVER, self._as_of, rows["closed_at"])
        found: Times = np.maximum(np.minimum(closed, self._as_of), rows[start])
        return found


_ACTION = ("claimed_at", "first_action_at")


def moment(at: datetime) -> int:
    """A moment in microseconds since 2000."""
    return (at - _ZERO) // _MICROSECOND


def _columns(rows: Any) -> dict[str, Any]:
    return {name: rows[name].astype(rows.dtype[name].newbyteorder("=")) for name in rows.dtype.names}


def _between(starts: Times, ends: Times) -> Floats:
    found: Floats = _seconds(ends - starts)
    return found


def _seconds(microseconds: Any) -> Any:
    """As PostgreSQL has the seconds of a difference of times: to the last digit."""
    days, rest = np.divmod(microseconds, _DAY)
    return rest / 1e6 + 86400.0 * days


def _by_place(values: Floats, places: NDArray[np.intp], n: int) -> list[Floats]:
    """The values of each of so many places."""
    order = np.argsort(places, kind="stable")
    return np.split(values[order], np.searchsorted(places[order], np.arange(1, n)))


def _n(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
