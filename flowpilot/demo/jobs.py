"""The jobs of what is in progress: without them no claim would lapse, and no idle session be abandoned."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import psycopg

from flowpilot.demo.simulation.simulate import DemoRows
from flowpilot.demo.world import DemoAccount
from flowpilot.freshness.schedule import CHECK_JOB
from flowpilot.handoffs.days.news import mark_all as mark_handoff_days
from flowpilot.handoffs.leases import EXPIRE_JOB, REMIND_JOB, lease
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.jobs import KNOWLEDGE_QUEUE, app
from flowpilot.knowledge.jobs import ANALYSE_JOB, lock_of
from flowpilot.psa.days.news import mark_all as mark_psa_days
from flowpilot.sessions.days.jobs import begin_rolls_of
from flowpilot.sessions.days.news import mark
from flowpilot.sessions.idle import IDLE_JOB
from flowpilot.sessions.models import AISession
from flowpilot.sessions.transitions import OPEN
from flowpilot.sessions.verifying.service import LOOK_AGAIN_JOB

# Enough to see proposals of several sessions, and done within a minute of the demo's start.
_MOST_ANALYSED = 30


def enqueue_due(connection: psycopg.Connection, account: DemoAccount, rows: DemoRows, now: datetime) -> None:
    """Enqueue, in the transaction of the rows, the jobs that the actions would have enqueued for later."""
    _check_flows(connection, account, now)
    mark(connection, account.id, (session.created_at for session in rows.sessions))
    mark_psa_days(connection, account.id)
    mark_handoff_days(connection, account.id)
    begin_rolls_of(connection, account.id, now)
    for handoff in rows.handoffs:
        _watch_claim(connection, account, handoff)
    for session in rows.sessions:
        if session.status in OPEN:
            _watch_session(connection, account, session)
        if session.look_again_at is not None:
            app.configure_task(LOOK_AGAIN_JOB, schedule_at=session.look_again_at, connection=connection).defer(
                account_id=str(account.id),
                session_id=str(session.id),
                look_again_at=session.look_again_at.isoformat(),
            )
    for session in _uncovered(rows.sessions):
        app.configure_task(
            ANALYSE_JOB, queue=KNOWLEDGE_QUEUE, lock=lock_of(account.id), connection=connection
        ).defer(account_id=str(account.id), session_id=str(session.id))


def _check_flows(connection: psycopg.Connection, account: DemoAccount, now: datetime) -> None:
    """The daily check of the flows, which is due at once."""
    connection.execute("INSERT INTO flow_checks (account_id, due_at) VALUES (%s, %s)", (account.id, now))
    app.configure_task(CHECK_JOB, queue=KNOWLEDGE_QUEUE, schedule_at=now, connection=connection).defer(
        account_id=str(account.id), due_at=now.isoformat()
    )


def _uncovered(sessions: Sequence[AISession]) -> list[AISession]:
    """The newest sessions that were solved without a flow, or in free text, in the order of their ends."""
    ended = [
        (session.resolved_at, session)
        for session in sessions
        if session.resolved_at is not None and (session.matched_flow_id is None or session.free_text_count)
    ]
    ended.sort(key=lambda each: each[0])
    return [session for _, session in ended[-_MOST_ANALYSED:]]


def _watch_claim(connection: psycopg.Connection, account: DemoAccount, handoff: SessionHandoff) -> None:
    ends, claimed_at = handoff.lease_expires_at, handoff.claimed_at
    if ends is None or claimed_at is None:
        return
    reminds = lease(claimed_at, account.lease_minutes, None).reminds
    for task, at in ((REMIND_JOB, reminds), (EXPIRE_JOB, ends)):
        app.configure_task(task, schedule_at=at, connection=connection).defer(
            account_id=str(handoff.account_id), handoff_id=str(handoff.id), claimed_at=claimed_at.isoformat()
        )


def _watch_session(connection: psycopg.Connection, account: DemoAccount, session: AISession) -> None:
    assert session.last_activity_at is not None
    due = session.last_activity_at + timedelta(minutes=account.idle_minutes)
    app.configure_task(IDLE_JOB, schedule_at=due, connection=connection).defer(
        account_id=str(account.id), session_id=str(session.id)
    )
