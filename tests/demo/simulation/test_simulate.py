"""The simulated half year: it repeats, it ends at now, and its figures can be believed."""

import uuid
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, median
from zoneinfo import ZoneInfo

import pytest

from flowpilot.demo.simulation.office_hours import is_office_time
from flowpilot.demo.simulation.simulate import DemoRows, simulate
from flowpilot.demo.world import ALPENBLICK, DAYS, NORTHWIND, DemoAccount
from flowpilot.handoffs.models import HandoffEventKind, Outcome, Priority, SessionHandoff
from flowpilot.handoffs.schemas.requests import REASONS
from flowpilot.sessions.models import AISession, ConfidenceTier, SessionStatus
from tests.demo.rows import NOW, all_values, simulated

MONTH = timedelta(days=30)


def minutes_to_resolve(sessions: list[AISession]) -> list[float]:
    return [
        (session.resolved_at - session.created_at) / timedelta(minutes=1)
        for session in sessions
        if session.status == SessionStatus.RESOLVED and session.resolved_at is not None
    ]


def seconds_to_first_action(handoffs: list[SessionHandoff]) -> list[float]:
    return [
        (handoff.first_action_at - handoff.claimed_at).total_seconds()
        for handoff in handoffs
        if handoff.first_action_at is not None and handoff.claimed_at is not None
    ]


def first_and_last_month(rows: DemoRows) -> tuple[list[AISession], list[AISession]]:
    begin = NOW - timedelta(days=DAYS)
    first = [session for session in rows.sessions if session.created_at < begin + MONTH]
    last = [session for session in rows.sessions if session.created_at >= NOW - MONTH]
    return first, last


def test_the_same_seed_and_now_give_the_same_rows() -> None:
    again = simulate(ALPENBLICK, now=NOW, seed=1)
    assert all_values(again) == all_values(simulated(ALPENBLICK))


def test_another_seed_gives_another_half_year() -> None:
    other = simulate(ALPENBLICK, now=NOW, seed=2)
    assert all_values(other) != all_values(simulated(ALPENBLICK))


def test_there_are_about_as_many_sessions_as_declared(account: DemoAccount, rows: DemoRows) -> None:
    assert len(rows.sessions) == pytest.approx(account.sessions, rel=0.03)


def test_no_table_is_empty(rows: DemoRows) -> None:
    assert all(rows.tables())


def test_most_calls_come_in_office_hours_and_some_do_not(account: DemoAccount, rows: DemoRows) -> None:
    zone = ZoneInfo(account.timezone)
    in_office = [is_office_time(session.created_at.astimezone(zone)) for session in rows.sessions]
    assert 0.92 < fmean(in_office) < 0.99


def test_every_status_occurs(rows: DemoRows) -> None:
    assert {session.status for session in rows.sessions} == set(SessionStatus)


@pytest.mark.parametrize("hour", [3, 15])
def test_somebody_is_at_work_and_somebody_waits_at_any_hour(hour: int) -> None:
    rows = simulate(ALPENBLICK, now=NOW.replace(hour=hour), seed=5)
    statuses = Counter(session.status for session in rows.sessions)
    assert statuses[SessionStatus.ACTIVE] >= 2 * ALPENBLICK.live
    assert statuses[SessionStatus.PAUSED] >= ALPENBLICK.live
    assert statuses[SessionStatus.REQUESTING_ESCALATION] >= ALPENBLICK.live
    assert statuses[SessionStatus.ESCALATED] >= 2 * ALPENBLICK.live
    idle = [handoff for handoff in rows.handoffs if handoff.lease_expires_at is not None]
    assert len(idle) >= ALPENBLICK.live


def test_between_a_tenth_and_three_tenths_are_handed_over(rows: DemoRows) -> None:
    assert 0.1 < len(rows.handoffs) / len(rows.sessions) < 0.3


def test_handoffs_are_claimed_acted_on_and_left_in_every_way(rows: DemoRows) -> None:
    ways = Counter(
        (
            handoff.claimed_at is not None,
            handoff.first_action_at is not None,
            handoff.closed_at is not None,
        )
        for handoff in rows.handoffs
    )
    acted_and_closed = ways.pop((True, True, True))
    assert acted_and_closed > 0.6 * len(rows.handoffs)
    assert set(ways) == {
        (False, False, False),
        (False, False, True),
        (True, False, False),
        (True, False, True),
        (True, True, False),
    }


def test_handoffs_end_in_every_way(rows: DemoRows) -> None:
    assert {handoff.outcome for handoff in rows.handoffs} == {None, *Outcome}


def test_some_sessions_are_handed_over_twice(rows: DemoRows) -> None:
    times = Counter(handoff.session_id for handoff in rows.handoffs)
    assert set(times.values()) == {1, 2}


def claimants_of_what_went_back(rows: DemoRows, kind: HandoffEventKind) -> list[list[uuid.UUID | None]]:
    """For each handoff that went back to the queue in this way, who claimed it, in order."""
    claims: dict[uuid.UUID, list[uuid.UUID | None]] = defaultdict(list)
    for event in rows.handoff_events:
        if event.kind == HandoffEventKind.CLAIMED:
            claims[event.handoff_id].append(event.actor_id)
    return [claims[event.handoff_id] for event in rows.handoff_events if event.kind == kind]


@pytest.mark.parametrize("kind", [HandoffEventKind.RELEASED, HandoffEventKind.EXPIRED])
def test_handoffs_back_in_the_queue_are_mostly_claimed_again(rows: DemoRows, kind: HandoffEventKind) -> None:
    claims = [len(claimants) for claimants in claimants_of_what_went_back(rows, kind)]
    assert len(claims) >= 3
    assert fmean(count > 1 for count in claims) > 0.7


def test_it_is_claimed_by_somebody_else_if_there_is_anybody_else() -> None:
    for kind in (HandoffEventKind.RELEASED, HandoffEventKind.EXPIRED):
        for claimants in claimants_of_what_went_back(simulated(NORTHWIND), kind):
            assert all(earlier != later for earlier, later in pairwise(claimants))


def test_handoffs_give_every_reason_that_is_offered_and_every_priority(rows: DemoRows) -> None:
    assert {handoff.reason for handoff in rows.handoffs} == set(REASONS)
    assert {handoff.priority for handoff in rows.handoffs} == set(Priority)


def test_first_actions_come_within_minutes_with_a_long_tail(rows: DemoRows) -> None:
    seconds = seconds_to_first_action(rows.handoffs)
    assert 60 < median(seconds) < 300
    assert max(seconds) > 3600


def test_sessions_are_resolved_faster_as_time_goes_by(rows: DemoRows) -> None:
    first, last = first_and_last_month(rows)
    assert fmean(minutes_to_resolve(last)) < fmean(minutes_to_resolve(first))
    assert median(minutes_to_resolve(last)) < 0.8 * median(minutes_to_resolve(first))


def test_more_sessions_are_guided_as_time_goes_by(rows: DemoRows) -> None:
    first, last = first_and_last_month(rows)
    guided = [
        fmean(session.confidence_tier == ConfidenceTier.GUIDED for session in month) for month in (first, last)
    ]
    assert guided[1] > guided[0] + 0.08


def test_posts_fail_now_and_then_and_retries_help(rows: DemoRows) -> None:
    failed = [post for post in rows.posts if post.status == "failed"]
    retried = [post for post in rows.posts if post.status == "success" and post.retry_count > 0]
    assert 0 < len(failed) < 0.05 * len(rows.posts)
    assert retried


def test_hours_are_believable(rows: DemoRows) -> None:
    hours = [float(entry.hours_logged) for entry in rows.activities if entry.hours_logged is not None]
    assert min(hours) == 0.25
    assert 0.4 < fmean(hours) < 1.5
    assert max(hours) < 8


def test_proposals_have_every_verdict(rows: DemoRows) -> None:
    assert {proposal.status for proposal in rows.proposals} == {"approved", "modified", "rejected"}
