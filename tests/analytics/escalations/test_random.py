"""In random worlds, the quality of escalations is what its definitions say in plain Python."""

import random
import uuid
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.escalations.schemas import Escalations
from flowpilot.analytics.period import Period, window
from flowpilot.analytics.statistics import kaplan_meier
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction, copy_rows
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from tests.analytics.naive import Row
from tests.company import at, run

NOW = at("2026-03-30 09:30")
WEEK = timedelta(days=7)
START = NOW - WEEK
PEOPLE = [new_id() for _ in range(2)]
REASONS = ["", "  ", "Stuck", " stuck", "VPN", "vpn\n", *(f"reason {number}" for number in range(30))]
QUESTIONS: list[Row] = [
    {"node": "a", "question": "Is it on?"},
    {"node": "b", "instruction": "is it ON? "},
    {"node": "a"},
    {"node": "a", "question": "Else?"},
    {"question": " "},
    {},
]


def _around(draw: random.Random) -> datetime:
    """A time in about the last fortnight, sometimes on an edge."""
    edges = [START, START - WEEK, START - timedelta(microseconds=1), NOW]
    moment = NOW - timedelta(seconds=draw.randrange(16 * 86400))
    return draw.choice([*edges, moment, moment, moment, moment, moment])


def _later(draw: random.Random, moment: datetime | None) -> datetime | None:
    if moment is None or draw.random() < 0.3:
        return None
    return min(NOW, moment + timedelta(seconds=draw.choice([0, 1, 60, draw.randrange(9 * 86400)])))


def _world(draw: random.Random) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {name: [] for name in ("ai_sessions", "ai_session_steps")}
    rows |= {"session_handoffs": [], "handoff_events": []}
    for _ in range(draw.randrange(25)):
        session: Row = {"id": new_id(), "problem_domain": draw.choice([None, "vpn", "email"])}
        rows["ai_sessions"].append(session)
        for _ in range(draw.randrange(4)):
            _handoff(draw, session["id"], rows)
        for position in range(draw.randrange(8)):
            _step(draw, session["id"], position, rows)
    return rows


def _handoff(draw: random.Random, session: uuid.UUID, rows: dict[str, list[Row]]) -> None:
    created = _around(draw)
    claimed = _later(draw, created)
    acted, closed = _later(draw, claimed), _later(draw, claimed or created)
    share = draw.choice([None, 0, 0.25, 0.5, 1, 7, "1"])
    handoff = {
        "id": new_id(),
        "session_id": session,
        "created_at": created,
        "reason": draw.choice(REASONS),
        "snapshot": {} if share is None else {"completeness": share},
        "claimed_at": claimed,
        # Now and then by somebody at an unknown time.
        "claimed_by": draw.choice([None, *PEOPLE]) if claimed or draw.random() < 0.1 else None,
        "first_action_at": acted if acted is None or claimed is None or acted > claimed else None,
        "claimant_action_at": _later(draw, acted) if claimed is not None and acted != claimed else None,
        "closed_at": closed,
        "outcome": draw.choice([None, "resolved", "returned"]) if closed else None,
    }
    rows["session_handoffs"].append(handoff)
    for _ in range(draw.randrange(4)):
        kind = draw.choice(["claimed", "claimed", "released", "expired", "reminded"])
        event = {"id": new_id(), "handoff_id": handoff["id"], "kind": kind, "created_at": _around(draw)}
        rows["handoff_events"].append(event)


def _step(draw: random.Random, session: uuid.UUID, position: int, rows: dict[str, list[Row]]) -> None:
    """A step, mostly shortly before a handoff of its session or shortly after a claim."""
    moments = [_around(draw)]
    for handoff in rows["session_handoffs"]:
        if handoff["session_id"] == session:
            moments.append(handoff["created_at"] - timedelta(seconds=draw.choice([0, 60])))
            claimed = handoff["claimed_at"] or handoff["created_at"]
            moments += 2 * [min(NOW, claimed + timedelta(seconds=draw.choice([0, 1, 60])))]
    rows["ai_session_steps"].append(
        {
            "id": new_id(),
            "session_id": session,
            "position": position,
            "kind": draw.choice(["answer", "answer", "outcome", "note"]),
            "actor_id": draw.choice([None, *PEOPLE]),
            "content": draw.choice(QUESTIONS),
            "created_at": draw.choice(moments),
        }
    )


def _same(step: Row, other: Row) -> bool:
    words = [
        (row["content"].get("question") or row["content"].get("instruction") or "").strip().lower()
        for row in (step, other)
    ]
    if all(words):
        return words[0] == words[1]
    return "node" in step["content"] and step["content"]["node"] == other["content"].get("node")


class _World:
    """The rows for the half-open window that begins at `start`, as they were at `as_of`."""

    def __init__(self, rows: dict[str, list[Row]], start: datetime, end: datetime, as_of: datetime) -> None:
        self.rows, self.start, self.end, self.as_of = rows, start, end, as_of
        handoffs = rows["session_handoffs"]
        self.created = [handoff for handoff in handoffs if self._holds(handoff["created_at"])]
        self.claimed = [handoff for handoff in handoffs if self._holds(handoff["claimed_at"])]
        self.dated = [handoff for handoff in self.created if not _is_unknown(handoff)]

    def _holds(self, moment: datetime | None) -> bool:
        return moment is not None and self.start <= moment < self.end

    def _known(self, moment: datetime | None) -> bool:
        return moment is not None and moment <= self.as_of

    def bounced(self, handoff: Row) -> bool:
        closed = handoff["closed_at"]
        if not self._known(closed):
            return False
        again = [
            other
            for other in self.rows["session_handoffs"]
            if other["session_id"] == handoff["session_id"]
            and closed < other["created_at"] <= closed + WEEK
            and self._known(other["created_at"])
        ]
        return handoff["outcome"] == "returned" or bool(again)

    def released(self, handoff: Row) -> bool | None:
        """None: it was not claimed in the window."""
        events = [event for event in self.rows["handoff_events"] if event["handoff_id"] == handoff["id"]]
        claims = [e["created_at"] for e in events if e["kind"] == "claimed" and self._holds(e["created_at"])]
        ends = [e["created_at"] for e in events if e["kind"] in {"released", "expired"}]
        return any(min(claims) < end <= self.as_of for end in ends) if claims else None

    def steps_repeated(self) -> tuple[int, int]:
        steps = [step for step in self.rows["ai_session_steps"] if step["kind"] != "note"]
        found = []
        for step in steps:
            owners = [
                handoff
                for handoff in self.claimed
                if handoff["session_id"] == step["session_id"]
                and handoff["claimed_by"] == step["actor_id"] is not None
                and handoff["claimed_at"] < step["created_at"] <= (handoff["closed_at"] or NOW)
                and self._known(step["created_at"])
            ]
            if owners and ("node" in step["content"] or step["content"].get("question", "").strip()):
                # Of claims at the same moment, the one whose id is smaller.
                owner = min(owners, key=lambda handoff: (-handoff["claimed_at"].timestamp(), handoff["id"]))
                earlier = [
                    other
                    for other in steps
                    if other["session_id"] == step["session_id"] and other["created_at"] < owner["created_at"]
                ]
                found.append(any(_same(step, other) for other in earlier))
        return sum(found), len(found)

    def wait(self, handoffs: list[Row], stop: str) -> float | None:
        ended: list[float] = []
        censored: list[float] = []
        for handoff in handoffs:
            if _is_unknown(handoff):
                continue
            is_over = self._known(handoff[stop])
            end = handoff[stop] if is_over else min(self.as_of, handoff["closed_at"] or self.as_of)
            seconds = max(0.0, (end - handoff["created_at"]).total_seconds())
            (ended if is_over else censored).append(seconds)
        return kaplan_meier(ended, censored).median

    def figures(self) -> Row:
        shares = [handoff["snapshot"].get("completeness") for handoff in self.created]
        known = [share for share in shares if isinstance(share, int | float) and share <= 1]
        return {
            **self.rates(self.claimed, self.rows["session_handoffs"]),
            "snapshot_completeness": (round(float(np.mean(known)), 4) if known else None, len(known)),
            "steps_repeated": _share(*self.steps_repeated()),
            "created_to_claim": (self.wait(self.created, "claimed_at"), len(self.dated)),
            "created_to_first_action": (self.wait(self.created, "first_action_at"), len(self.dated)),
        }

    def rates(self, claimed: list[Row], handoffs: list[Row]) -> Row:
        released = [found for handoff in handoffs if (found := self.released(handoff)) is not None]
        return {
            "bounce_back_rate": _share(sum(map(self.bounced, claimed)), len(claimed)),
            "release_rate": _share(sum(released), len(released)),
        }

    def groups(self, key: str) -> dict[str | None, Row]:
        domains = {session["id"]: session["problem_domain"] for session in self.rows["ai_sessions"]}
        members: dict[str | None, list[Row]] = defaultdict(list)
        for handoff in self.rows["session_handoffs"]:
            reason = handoff["reason"].strip().lower() or None
            members[reason if key == "reason" else domains[handoff["session_id"]]].append(handoff)
        found: dict[str | None, Row] = {}
        for group, handoffs in members.items():
            created = [handoff for handoff in handoffs if handoff in self.created]
            claimed = [handoff for handoff in handoffs if handoff in self.claimed]
            rates = self.rates(claimed, handoffs)
            if created or claimed or rates["release_rate"][1]:
                acted = sum(self._known(handoff["first_action_at"]) for handoff in created)
                unknown = sum(map(_is_unknown, created))
                found[group] = {
                    "n": (len(created), acted, unknown),
                    "wait": self.wait(created, "first_action_at"),
                    **rates,
                }
        return found


def _is_unknown(handoff: Row) -> bool:
    return handoff["claimed_by"] is not None and handoff["claimed_at"] is None


def _share(part: int, whole: int) -> tuple[float | None, int]:
    return (round(part / whole, 4) if whole else None), whole


def _store(urls: DatabaseUrls, rows: dict[str, list[Row]]) -> uuid.UUID:
    account_id = new_id()
    with account_transaction(urls.runtime, account_id) as connection:
        connection.execute("INSERT INTO accounts (id, name) VALUES (%s, 'Random')", [account_id])
        for table, found in rows.items():
            values = ([account_id, *map(_stored, row.values())] for row in found)
            if found:
                copy_rows(connection, table, ["account_id", *found[0]], values)
    return account_id


def _stored(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict) else value


async def _answer(database: Database, account_id: uuid.UUID) -> Escalations:
    asked = window(account_id, now=NOW, account_timezone="UTC", period=Period.WEEK)
    async with database.read(account_id) as db:
        return await escalations(db, asked)


def _told(groups: list[Any], key: str) -> dict[str | None, Row]:
    return {
        None if (name := getattr(group, key)) is None else name.lower(): {
            "n": (group.n, group.n_acted, group.n_unknown),
            "wait": group.median_seconds_to_first_action,
            "bounce_back_rate": (group.bounce_back_rate, group.bounce_back_rate_n),
            "release_rate": (group.release_rate, group.release_rate_n),
        }
        for group in groups
    }


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_quality_is_its_definitions(urls: DatabaseUrls, seed: int) -> None:
    rows = _world(random.Random(seed))  # noqa: S311
    account_id = _store(urls, rows)
    report = run(urls, lambda database: _answer(database, account_id))
    world = _World(rows, START, NOW + timedelta(microseconds=1), NOW)
    assert report.population.n_unknown == sum(map(_is_unknown, world.created))
    for name, expected in world.figures().items():
        found = getattr(report.quality, name)
        value = found.median if name.startswith("created") else found.value
        assert (value, found.n) == expected, name
    for name, expected in _World(rows, START - WEEK, START, START).figures().items():
        found = getattr(report.previous, name)
        assert (found.value, found.n) == expected, name
    assert _told(report.by_domain, "domain") == world.groups("domain")
    expected_reasons, reasons = world.groups("reason"), _told(report.by_reason, "reason")
    rest = reasons.pop("(other)", None)
    assert reasons == {name: expected_reasons[name] for name in reasons}
    assert (rest is None, len(reasons)) == (len(expected_reasons) <= 20, min(20, len(expected_reasons)))
