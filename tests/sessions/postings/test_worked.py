"""What is booked for each person, whatever happens to the session between two postings."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.psa.postings.planning import Worked
from flowpilot.sessions.models import AISession, AISessionStep, StatusChange
from flowpilot.sessions.postings.worked import worked
from flowpilot.sessions.queries import SessionHistory
from tests.company import at

ALEX, KIM = uuid.UUID(int=1), uuid.UUID(int=2)
START = at("2026-06-15 21:30")
# Its midnight is 22:00 UTC.
VIENNA = ZoneInfo("Europe/Vienna")
ZONES = [(VIENNA,), (VIENNA, ZoneInfo("UTC"))]
# What may follow each status; None is a step. Nobody does what the idle job does.
AFTER: dict[str, list[str | None]] = {
    "active": [None, "requesting_escalation", "resolved", "abandoned", "paused"],
    "paused": ["active"],
    "requesting_escalation": [None, "escalated"],
    "escalated": [None, "resolved", "abandoned", "active"],
    "resolved": ["active"],
    "abandoned": ["active"],
}
EVENT = st.tuples(st.integers(1, 2_400_000), st.integers(0, 4), st.sampled_from([ALEX, KIM]))


@dataclass
class PostedSession:
    """A session that Alex began, and what has been posted of it."""

    zones: tuple[ZoneInfo, ...]
    moment = START
    posted: list[Worked] = field(default_factory=list)

    def __post_init__(self) -> None:
        session = AISession(status="active", created_at=START, user_id=ALEX, owner_id=ALEX, last_activity_at=START)
        began = StatusChange(created_at=START, to_status="active", actor_id=ALEX)
        self.history = SessionHistory(session, [], [began], None, None, None, {})

    def goes_on(self, milliseconds: int, status: str | None, by: uuid.UUID) -> None:
        """Somebody does something; whoever takes the session owns it."""
        session, self.moment = self.history.session, self.moment + timedelta(milliseconds=milliseconds)
        if status is None:
            self.history.steps.append(AISessionStep(created_at=self.moment, actor_id=by))
            return
        actor = None if status == "abandoned" else by
        self.history.changes.append(StatusChange(created_at=self.moment, to_status=status, actor_id=actor))
        session.status, session.resolved_at = status, self.moment if status == "resolved" else None
        session.owner_id = by if status in {"active", "escalated"} else session.owner_id

    def posts(self) -> list[Worked]:
        """Post what is new."""
        new = worked(self.history, self.moment, _seconds(self.posted), self.zones)
        self.posted += new
        return new


def _seconds(times: Iterable[Worked]) -> dict[uuid.UUID | None, float]:
    sums: dict[uuid.UUID | None, float] = defaultdict(float)
    for one in times:
        sums[one.user_id] += one.seconds
    return sums


@settings(max_examples=300)
@given(st.lists(EVENT, max_size=14), st.sampled_from(ZONES))
def test_what_is_posted_bit_by_bit_is_what_everybody_worked(
    events: list[tuple[int, int, uuid.UUID]], zones: tuple[ZoneInfo, ...]
) -> None:
    session = PostedSession(zones)
    for milliseconds, choice, by in events:
        choices = AFTER[session.history.session.status]
        session.goes_on(milliseconds, choices[choice % len(choices)], by)
        if session.history.session.status not in {"active", "escalated"}:
            session.posts()
    session.posts()
    posted, whole = _seconds(session.posted), _seconds(worked(session.history, session.moment, {}, zones))
    # What is left of a piece after a posting may be less than a second, and is not posted.
    assert [posted[who] for who in (ALEX, KIM)] == pytest.approx([whole[who] for who in (ALEX, KIM)], abs=2.5)
    assert not (posted.keys() | whole.keys()) - {ALEX, KIM}


def test_work_that_the_idle_job_ended_stays_with_who_did_it() -> None:
    session = PostedSession(ZONES[0])
    session.goes_on(5 * 60_000, None, ALEX)
    session.goes_on(60 * 60_000, "abandoned", ALEX)
    assert [(one.user_id, one.minutes) for one in session.posts()] == [(ALEX, 5)]
    session.goes_on(5 * 60_000, "active", ALEX)
    session.goes_on(10 * 60_000, "requesting_escalation", ALEX)
    session.goes_on(5 * 60_000, "escalated", KIM)
    session.goes_on(10 * 60_000, "resolved", KIM)
    assert [(one.user_id, one.minutes) for one in session.posts()] == [(ALEX, 10), (KIM, 10)]


@given(st.lists(EVENT, max_size=14))
def test_each_piece_of_a_day_is_within_it(events: list[tuple[int, int, uuid.UUID]]) -> None:
    session = PostedSession(ZONES[1])
    for milliseconds, _, by in events:
        session.goes_on(milliseconds, None, by)
    pieces = session.posts()
    assert all(one.started_at <= one.ended_at for one in pieces)
    for zone in session.zones:
        days = [(one.started_at, one.ended_at - timedelta(microseconds=1)) for one in pieces]
        assert all(first.astimezone(zone).date() == last.astimezone(zone).date() for first, last in days)
    assert all(one.booked[1] <= one.day_ends_at for one in pieces)
    assert all(one.started_at <= other.started_at for one, other in pairwise(pieces))


def test_the_work_of_several_days_is_a_piece_for_each_in_the_accounts_zone() -> None:
    session = PostedSession(ZONES[0])
    session.goes_on(20 * 60_000, None, ALEX)
    session.goes_on(20 * 60_000, "requesting_escalation", ALEX)
    assert [(one.started_at, one.minutes) for one in session.posts()] == [
        (START, 30),
        (at("2026-06-15 22:00"), 10),
    ]
