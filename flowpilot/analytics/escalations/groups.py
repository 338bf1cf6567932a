"""Escalations by reason and by the session's domain."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.escalations.days.windows import GroupedWaits, HandoffsOfWindow
from flowpilot.analytics.escalations.quality import BOUNCED, CLAIMS, share
from flowpilot.analytics.escalations.schemas import DomainGroup, ReasonGroup
from flowpilot.analytics.estimates.curves import Floats, Ordered
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.sql import (
    CLAIMED_IN_WINDOW,
    CREATED_IN_WINDOW,
    IS_ACTED,
    IS_CLAIM_TIME_UNKNOWN,
    statement,
)
from flowpilot.analytics.statistics import Survival, proportion
from flowpilot.analytics.summed.planned import planned_once
from flowpilot.analytics.waits import survival, waits
from flowpilot.db.session import ReadDb

MOST_REASONS = 20
OTHER = "(other)"

# A reason without the blanks around it.
_WORDS = r"btrim(h.reason, E' \t\n\r')"

_SQL = statement(f"""
WITH claimed AS MATERIALIZED (
    SELECT id, session_id, outcome, closed_at FROM session_handoffs WHERE {CLAIMED_IN_WINDOW}
),
bounced AS ({BOUNCED}),
claims AS MATERIALIZED ({CLAIMS}),
concerned AS (
    SELECT id FROM session_handoffs WHERE {CREATED_IN_WINDOW}
    UNION SELECT id FROM claimed
    UNION SELECT handoff_id FROM claims
),
facts AS MATERIALIZED (
    SELECT h.created_at, h.first_action_at, h.closed_at, s.problem_domain, {_WORDS} AS words,
           h.created_at >= :start AND h.created_at < :end AS is_created,
           {IS_CLAIM_TIME_UNKNOWN} AS is_time_unknown,
           c.id IS NOT NULL AS is_claimed, b.id IS NOT NULL AS is_bounced,
           e.handoff_id IS NOT NULL AS has_claim, coalesce(e.is_released, false) AS is_released
    FROM concerned
    JOIN session_handoffs h ON h.account_id = :account_id AND h.id = concerned.id
    JOIN ai_sessions s ON s.account_id = h.account_id AND s.id = h.session_id
    LEFT JOIN claimed c ON c.id = h.id
    LEFT JOIN bounced b ON b.id = h.id
    LEFT JOIN claims e ON e.handoff_id = h.id
),
reasons AS (
    SELECT lower(words) AS reason, nullif(min(words COLLATE "C"), '') AS words,
           row_number() OVER (ORDER BY count(*) FILTER (WHERE is_created) DESC, lower(words)) > :most AS is_rest
    FROM facts
    GROUP BY lower(words)
)
SELECT r.is_rest, CASE WHEN r.is_rest THEN '{OTHER}' ELSE r.words END AS reason, f.problem_domain AS domain,
       count(*) FILTER (WHERE is_created) AS n,
       count(*) FILTER (WHERE is_created AND {IS_ACTED}) AS n_acted,
       count(*) FILTER (WHERE is_created AND is_time_unknown) AS n_unknown,
       count(*) FILTER (WHERE is_claimed) AS n_claimed,
       count(*) FILTER (WHERE is_bounced) AS n_bounced,
       count(*) FILTER (WHERE has_claim) AS n_claims,
       count(*) FILTER (WHERE is_released) AS n_released,
       {waits("to_action", "created_at", "first_action_at", IS_ACTED, "is_created AND NOT is_time_unknown")}
FROM facts f
JOIN reasons r ON r.reason = lower(f.words)
GROUP BY 1, 2, 3
""")

# The same of handoffs that were read from their days: one of each group has its words.
_NAMES_SQL = statement(f"""
WITH given AS (
    SELECT g.place, g.n, {_WORDS} AS words, s.problem_domain AS domain
    FROM unnest(CAST(:handoffs AS uuid[]), CAST(:counts AS int[])) WITH ORDINALITY AS g (id, n, place)
    JOIN session_handoffs h ON h.account_id = :account_id AND h.id = g.id
    JOIN ai_sessions s ON s.account_id = :account_id AND s.id = h.session_id
),
reasons AS (
    SELECT lower(words) AS reason, nullif(min(words COLLATE "C"), '') AS words,
           row_number() OVER (ORDER BY sum(n) DESC, lower(words)) > :most AS is_rest
    FROM given
    GROUP BY lower(words)
)
SELECT g.place - 1 AS place, r.is_rest, CASE WHEN r.is_rest THEN '{OTHER}' ELSE r.words END AS reason, g.domain
FROM given g
JOIN reasons r ON r.reason = lower(g.words)
""")


async def groups(db: ReadDb, window: Window) -> Sequence[Any]:
    """The figures of the window's handoffs with the same reason and domain, in one statement."""
    return (await db.execute(narrowed(_SQL, window.only), {**window.parameters, "most": MOST_REASONS})).all()


async def groups_of_days(db: ReadDb, found: HandoffsOfWindow) -> Sequence[Any]:
    """The same of handoffs that were read from their days, without the waits."""
    counted = found.groups()
    n_of: Counter[int] = Counter()
    for one in counted:
        n_of[one["group"]] += one["n"]
    if not n_of:
        return []
    asked = {
        "account_id": db.info["account_id"],
        "handoffs": [found.handoff_of_group(number) for number in n_of],
        "counts": list(n_of.values()),
        "most": MOST_REASONS,
    }
    rows = (await planned_once(db, _NAMES_SQL, asked)).mappings().all()
    numbers = list(n_of)
    names = {numbers[row["place"]]: row for row in rows}
    return [SimpleNamespace(**names[one["group"]], **one) for one in counted]


def by_both(rows: Sequence[Any], waits: GroupedWaits | None) -> tuple[list[ReasonGroup], list[DomainGroup]]:
    """The figures by reason and by domain; `waits` are those of all rows, unless each has its own."""
    by_reason = _grouped(rows, lambda row: (row.is_rest, row.reason))
    by_domain = _grouped(rows, lambda row: (False, row.domain))
    return (
        [ReasonGroup(reason=name, **figures) for (_, name), figures in _figures(by_reason, waits)],
        [DomainGroup(domain=name, **figures) for (_, name), figures in _figures(by_domain, waits)],
    )


Key = tuple[bool, str | None]


def _grouped(rows: Iterable[Any], key: Callable[[Any], Key]) -> list[tuple[Key, list[Any]]]:
    """The rows by their key: most handoffs first, then by name, and the rest at the end."""
    found: dict[Key, list[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return sorted(
        found.items(),
        key=lambda group: (group[0][0], -_sum(group[1], "n"), group[0][1] is None, group[0][1] or ""),
    )


def _figures(
    groups: Sequence[tuple[Key, list[Any]]], waits: GroupedWaits | None
) -> Iterator[tuple[Key, dict[str, Any]]]:
    if waits is None:
        found: Iterable[Survival] = (
            survival(_all(members, "to_action_ended"), _all(members, "to_action_censored"))
            for _, members in groups
        )
    else:
        found = _survivals(waits, {row.group: place for place, (_, rows) in enumerate(groups) for row in rows})
    for (key, members), one in zip(groups, found, strict=True):
        yield key, _figures_of(members, one)


def _survivals(waits: GroupedWaits, place_of: Mapping[int, int]) -> Iterator[Survival]:
    """The estimate at each place, of the waits whose group has it."""
    n = 1 + max(place_of.values(), default=-1)
    # Such small numbers are sorted by their digits.
    kind = np.int16 if n <= np.iinfo(np.int16).max else np.int32
    # A number may be of no row, if a day lags behind and has only later claims of it. No wait is of it then.
    places = np.array([place_of.get(number, -1) for number in waits.numbers.tolist()], dtype=kind)[waits.groups]
    order = np.argsort(places, kind="stable")
    times, is_ended = waits.waits.times[order], waits.waits.is_ended[order]
    ends = np.cumsum(np.bincount(places, minlength=n)).tolist()
    for first, last in pairwise((0, *ends)):
        yield Survival(Ordered(times[first:last], is_ended[first:last]))


def _figures_of(members: Sequence[Any], found: Survival) -> dict[str, Any]:
    bounced = share(proportion(_sum(members, "n_bounced"), _sum(members, "n_claimed")))
    released = share(proportion(_sum(members, "n_released"), _sum(members, "n_claims")))
    return {
        "n": _sum(members, "n"),
        "n_acted": _sum(members, "n_acted"),
        "n_unknown": _sum(members, "n_unknown"),
        "median_seconds_to_first_action": rounded(found.median),
        "median_seconds_to_first_action_ci95": rounded_bounds(found.median_ci95),
        "bounce_back_rate": bounced.value,
        "bounce_back_rate_ci95": bounced.ci95,
        "bounce_back_rate_n": bounced.n,
        "release_rate": released.value,
        "release_rate_ci95": released.ci95,
        "release_rate_n": released.n,
    }


def _sum(members: Sequence[Any], column: str) -> int:
    return sum(getattr(member, column) for member in members)


def _all(members: Sequence[Any], column: str) -> Floats:
    found = [getattr(member, column) for member in members]
    return np.concatenate([np.asarray([] if waits is None else waits, dtype=np.float64) for waits in found])
