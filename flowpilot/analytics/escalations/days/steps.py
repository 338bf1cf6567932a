"""The steps of claimants that no day has counted: they are read once, and again when their session has changed.

A session has the number of its steps, and the moment at which anything last happened to it. Every step changes
both, and a removal of words the second, so steps are as they were read as long as these are. Somebody who claims
a handoff again does so at another moment, and an import that writes sessions again makes new handoffs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from flowpilot.analytics.escalations.days.columns import Columns, Mask, Times
from flowpilot.analytics.escalations.quality import NEWEST
from flowpilot.analytics.sql import statement
from flowpilot.analytics.summed.memory import Key, memory
from flowpilot.analytics.summed.planned import planned_once
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.days.records import NEVER
from flowpilot.handoffs.days.repeats import compared

_STATE = "int4send(s.step_count) || timestamptz_send(coalesce(s.last_activity_at, '-infinity'))"
_STATES = np.dtype([("session", "V16"), ("state", "V12")])
_STATES_SQL = statement(f"""
SELECT coalesce(string_agg(uuid_send(s.id) || {_STATE}, ''), '') AS states
FROM ai_sessions s
WHERE s.account_id = :account_id AND s.id = ANY (CAST(:sessions AS uuid[]))
""")

# Of a step: when it was taken, its place in the session, and whether somebody had taken it before.
_STEPS = np.dtype([("at", ">i8"), ("position", ">i4"), ("is_repeated", ">i2")])
_SQL = statement(f"""
WITH claimed AS MATERIALIZED (
    SELECT h.id, h.session_id, h.created_at, h.claimed_at, h.claimed_by
    FROM unnest(CAST(:handoffs AS uuid[])) AS asked (id)
    JOIN session_handoffs h ON h.account_id = :account_id AND h.id = asked.id
),
{compared("claimed", "'infinity'", account=":account_id")},
taken AS (
    SELECT handoff_id, string_agg(
               timestamptz_send(created_at) || int4send(position)
               || int2send(CASE WHEN is_repeated THEN 1 ELSE 0 END::int2), ''
           ) AS steps
    FROM compared WHERE is_taken GROUP BY handoff_id
)
SELECT uuid_send(c.id) || timestamptz_send(c.claimed_at) AS claim, uuid_send(s.id) AS session, {_STATE} AS state,
       coalesce(t.steps, '') AS steps
FROM claimed c
JOIN ai_sessions s ON s.account_id = :account_id AND s.id = c.session_id
LEFT JOIN taken t ON t.handoff_id = c.id
""")

# For several windows; each takes so many bytes beside those of its steps.
_MOST_CLAIMS, _BYTES_OF_CLAIM = 5 * NEWEST, 400

_FOR_EVER = np.iinfo(np.int64).max
_CLAIM = np.dtype([("id", "V16"), ("claimed_at", ">i8")])


class _Taken(NamedTuple):
    """The steps that a claimant has taken since the claim, and the session's state by then."""

    session: bytes
    state: bytes
    steps: bytes


# Of a claim that is no longer as its day has it, which an operator's job will find.
_UNKNOWN = _Taken(b"", b"", b"")


@dataclass(frozen=True)
class Steps:
    """The steps of some claims: for each, when it was taken, and by which claim."""

    at: Times
    is_repeated: Mask
    position: Times
    # Of the claim: until when steps count, when it was made, its place among the ids, and its session.
    closed_at: Times
    claimed_at: Times
    rank: Times
    session: Times
    has_doubles: bool

    def counts(self, as_of: int) -> dict[str, int]:
        """How many there were by a moment, and how many of them others had taken before."""
        is_counted = self.at <= np.minimum(self.closed_at, as_of)
        if self.has_doubles:
            is_counted = self._last_of(np.flatnonzero(is_counted))
        return {
            "n_taken": int(np.count_nonzero(is_counted)),
            "n_repeated": int(np.count_nonzero(is_counted & self.is_repeated)),
        }

    def _last_of(self, places: Any) -> Mask:
        """Of these, each step once: a step that belongs to several claims counts with the last of them."""
        by = (self.rank, -self.claimed_at, self.position, self.session)
        places = places[np.lexsort([values[places] for values in by])]
        steps = np.stack((self.session[places], self.position[places]))
        found = np.zeros(self.at.size, dtype=bool)
        found[places[np.any(np.diff(steps, prepend=-1) != 0, axis=0)]] = True
        return found


class _Read(NamedTuple):
    """The claims whose steps were read together, these, and the states of their sessions by then."""

    asked: bytes
    steps: Sequence[Steps]
    sessions: str
    states: bytes

    @property
    def n_bytes(self) -> int:
        """What it takes to remember it."""
        arrays = (values for one in self.steps for values in vars(one).values() if isinstance(values, np.ndarray))
        return len(self.asked) + len(self.sessions) + len(self.states) + sum(values.nbytes for values in arrays)


async def read_steps(db: ReadDb, account_id: UUID, which: str, windows: Sequence[Columns]) -> Sequence[Steps]:
    """The steps of the claims of each window. What is remembered of these windows takes the place of what was."""
    asked = b"".join(values.tobytes() for one in windows for values in (_keys(one), one["closed_at"]))
    asked += repr([one["id"].size for one in windows]).encode()
    key: Key = account_id, "steps", which.encode()
    found: _Read | None = memory.get(key)
    if found is not None and found.asked != asked:
        found = None
    states = None if found is None else await _states(db, account_id, found.sessions)
    if found is None or states != found.states:
        claims = [_keys(one).tolist() for one in windows]
        taken, sessions, states = await _taken(
            db, account_id, list(dict.fromkeys(chain.from_iterable(claims))), states
        )
        steps = [
            _steps(one, [taken.get(claim, _UNKNOWN) for claim in each])
            for one, each in zip(windows, claims, strict=True)
        ]
        found = _Read(asked, steps, sessions, states)
        memory.keep(key, found, found.n_bytes)
    return found.steps


def _keys(claims: Columns) -> Any:
    """What each claim is known by: its handoff and its moment."""
    found = np.empty(claims["id"].size, _CLAIM)
    found["id"], found["claimed_at"] = claims["id"], claims["claimed_at"]
    return found.view(f"V{_CLAIM.itemsize}")


async def _taken(
    db: ReadDb, account_id: UUID, claims: Sequence[bytes], states: bytes | None
) -> tuple[Mapping[bytes, _Taken], str, bytes]:
    """The steps of these claims by their keys, and their sessions with their states, if those are not known."""
    key: Key = account_id, "taken", b""
    # Whatever is forgotten meanwhile is still here.
    known: Mapping[bytes, _Taken] = memory.get(key) or {}
    found = {claim: known[claim] for claim in claims if claim in known}
    new = await _read(db, account_id, [claim for claim in claims if claim not in found])
    found |= new
    sessions = _array(dict.fromkeys(one.session for one in found.values()))
    if states is None or new:
        states = await _states(db, account_id, sessions)
    states_of = dict(np.frombuffer(states, _STATES).tolist())
    changed = [claim for claim, one in found.items() if one.state != states_of.get(one.session)]
    again = await _read(db, account_id, changed)
    if new or again:
        found |= again
        kept = {**known, **found} if len(known) + len(new) <= _MOST_CLAIMS else found
        memory.keep(key, kept, sum(_BYTES_OF_CLAIM + len(one.steps) for one in kept.values()))
    return found, sessions, states


async def _read(db: ReadDb, account_id: UUID, claims: Sequence[bytes]) -> dict[bytes, _Taken]:
    if not claims:
        return {}
    handoffs = _array(claim[:16] for claim in claims)
    rows = await planned_once(db, _SQL, {"account_id": account_id, "handoffs": handoffs})
    return {row.claim: _Taken(row.session, row.state, row.steps) for row in rows}


async def _states(db: ReadDb, account_id: UUID, sessions: str) -> bytes:
    """The states of these sessions now, in any order."""
    row = (await planned_once(db, _STATES_SQL, {"account_id": account_id, "sessions": sessions})).one()
    states: bytes = row.states
    return states


def _array(ids: Iterable[bytes]) -> str:
    return f"{{{','.join(one.hex() for one in ids)}}}"


def _steps(claims: Columns, taken: Sequence[_Taken]) -> Steps:
    found = np.frombuffer(b"".join(one.steps for one in taken), _STEPS)
    lengths = [len(one.steps) // _STEPS.itemsize for one in taken]
    ids: list[bytes] = claims["id"].tolist()
    places = {one: place for place, one in enumerate(sorted(ids))}
    sessions = {session: number for number, session in enumerate(dict.fromkeys(one.session for one in taken))}
    of_claims = {
        "closed_at": np.where(claims["closed_at"] == NEVER, _FOR_EVER, claims["closed_at"]),
        "claimed_at": claims["claimed_at"],
        "rank": np.array([places[one] for one in ids], dtype=np.int64),
        "session": np.array([sessions[one.session] for one in taken], dtype=np.int64),
    }
    return Steps(
        at=found["at"].astype(np.int64),
        is_repeated=found["is_repeated"] != 0,
        position=found["position"].astype(np.int64),
        has_doubles=len(sessions) < len(taken),
        **{name: np.repeat(values, lengths) for name, values in of_claims.items()},
    )
