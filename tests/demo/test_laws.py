"""What holds for every simulated half year: nothing is in the future, and derived columns follow from raw rows."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.demo.simulate import DemoRows, simulate
from flowpilot.demo.world import ACCOUNTS, NORTHWIND, DemoAccount
from flowpilot.handoffs.models import HandoffEventKind, SessionHandoff
from flowpilot.sessions.models import SessionStatus, StepKind
from tests.demo.rows import NOW, events_by_handoff, moments, simulated, steps_by_session

SMALL_ACCOUNTS = [replace(account, sessions=80, live=1, baselines=5) for account in ACCOUNTS]


OVER = {SessionStatus.RESOLVED, SessionStatus.ABANDONED}
AT_HAND = {SessionStatus.ACTIVE, SessionStatus.PAUSED}


def possible_statuses(handoff: SessionHandoff | None) -> set[SessionStatus]:
    """The statuses that a session with this handoff, or with none, may have."""
    if handoff is None:
        return OVER | AT_HAND
    if handoff.closed_at is not None:
        return OVER
    return {SessionStatus.REQUESTING_ESCALATION if handoff.claimed_at is None else SessionStatus.ESCALATED}


def check_moments(rows: DemoRows, now: datetime) -> None:
    assert max(moments(rows)) <= now
    for session in rows.sessions:
        assert (session.resolved_at is not None) == (session.status == SessionStatus.RESOLVED)
        assert session.resolved_at is None or session.resolved_at > session.created_at


def check_steps(rows: DemoRows) -> None:
    steps = steps_by_session(rows)
    for session in rows.sessions:
        taken = steps[session.id]
        answers = [step for step in taken if step.kind == StepKind.ANSWER]
        assert [step.position for step in taken] == list(range(1, len(taken) + 1))
        assert all(step.created_at > session.created_at for step in taken)
        assert session.step_count == len(taken)
        assert session.answer_count == len(answers)
        assert session.free_text_count == sum(step.is_free_text for step in answers)


def check_first_actions(rows: DemoRows) -> None:
    steps = steps_by_session(rows)
    for handoff in rows.handoffs:
        after = [
            step
            for step in steps[handoff.session_id]
            if handoff.claimed_at is not None and step.created_at > handoff.claimed_at
        ]
        expected = (after[0].created_at, after[0].actor_id) if after else (None, None)
        assert (handoff.first_action_at, handoff.first_action_by) == expected


def check_statuses(rows: DemoRows) -> None:
    handoffs = {handoff.session_id: handoff for handoff in rows.handoffs}
    assert len(handoffs) == len(rows.handoffs)
    for session in rows.sessions:
        assert session.status in possible_statuses(handoffs.get(session.id))


def check_events(rows: DemoRows) -> None:
    """The last claim that was not released is the handoff's claim."""
    events = events_by_handoff(rows)
    for handoff in rows.handoffs:
        claimed_by = claimed_at = closed_at = None
        assert events[handoff.id][0].kind == HandoffEventKind.CREATED
        for event in events[handoff.id]:
            if event.kind == HandoffEventKind.CLAIMED:
                claimed_by, claimed_at = event.actor_id, event.created_at
            elif event.kind == HandoffEventKind.RELEASED:
                claimed_by = claimed_at = None
            elif event.kind == HandoffEventKind.CLOSED:
                closed_at = event.created_at
        assert (handoff.claimed_by, handoff.claimed_at) == (claimed_by, claimed_at)
        assert handoff.closed_at == closed_at


def check_posts(rows: DemoRows) -> None:
    for post in rows.posts:
        assert (post.posted_at is None) == (post.status == "pending")
        assert (post.external_id is not None) == (post.status == "success")


def check_flows(rows: DemoRows) -> None:
    """No session is matched to a flow before it was made or after it was deleted."""
    flows = {flow.id: flow for flow in rows.flows}
    for session in rows.sessions:
        if session.matched_flow_id is not None:
            flow = flows[session.matched_flow_id]
            assert flow.created_at <= session.created_at
            assert flow.deleted_at is None or session.created_at <= flow.deleted_at


def check_laws(rows: DemoRows, now: datetime) -> None:
    check_moments(rows, now)
    check_steps(rows)
    check_first_actions(rows)
    check_statuses(rows)
    check_events(rows)
    check_posts(rows)
    check_flows(rows)


def test_the_laws_hold_for_the_demo_itself() -> None:
    for account in ACCOUNTS:
        check_laws(simulated(account), NOW)


@settings(max_examples=20, deadline=None)
@given(
    account=st.sampled_from(SMALL_ACCOUNTS),
    seed=st.integers(0, 10**6),
    ago=st.timedeltas(timedelta(0), timedelta(days=1000)),
)
def test_the_laws_hold_for_any_seed_and_now(account: DemoAccount, seed: int, ago: timedelta) -> None:
    check_laws(simulate(account, now=NOW - ago, seed=seed), NOW - ago)


def test_a_released_handoff_keeps_both_claims_in_its_events() -> None:
    rows = simulated(NORTHWIND)
    released = [
        events
        for events in events_by_handoff(rows).values()
        if HandoffEventKind.RELEASED in {event.kind for event in events}
    ]
    claims = [sum(event.kind == HandoffEventKind.CLAIMED for event in events) for events in released]
    assert len(released) > 10
    assert set(claims) <= {1, 2}
    assert claims.count(2) >= len(claims) - 1


def test_snapshots_hold_what_was_known_when_the_handoff_was_made() -> None:
    rows = simulated(NORTHWIND)
    steps = steps_by_session(rows)
    for handoff in rows.handoffs:
        before = [step for step in steps[handoff.session_id] if step.created_at <= handoff.created_at]
        snapshot = handoff.snapshot
        assert snapshot["facts"] == [step.content for step in before if step.kind == StepKind.ANSWER]
        assert snapshot["tried"] == [step.content for step in before if step.kind == StepKind.OUTCOME]
        assert (snapshot["completeness"] == 1.0) == (snapshot["missing"] == [])
