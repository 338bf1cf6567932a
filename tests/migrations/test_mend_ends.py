"""Ends before their beginnings, in two accounts at the previous revision."""

from datetime import datetime
from uuid import UUID

import pytest

from flowpilot.db.base import new_id
from tests.migrations.rows import BEGUN, EARLIER, LAST, LATER, Migrate, ask, found_account


def add_session(url: str, account_id: UUID, resolved_at: datetime | None) -> UUID:
    session_id = new_id()
    ask(
        url,
        account_id,
        "INSERT INTO ai_sessions (account_id, id, status, created_at, resolved_at) VALUES (%s, %s, %s, %s, %s)",
        *(account_id, session_id, "resolved", BEGUN, resolved_at),
    )
    return session_id


def add_handoff(url: str, account_id: UUID, session_id: UUID, *moments: datetime | None) -> UUID:
    """A handoff that began at `BEGUN`, and was claimed, acted on and closed at these times."""
    handoff_id = new_id()
    ask(
        url,
        account_id,
        "INSERT INTO session_handoffs (account_id, id, session_id, created_at, claimed_by, claimed_at,"
        " first_action_at, closed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        *(account_id, handoff_id, session_id, BEGUN, new_id(), *moments),
    )
    return handoff_id


def add_step(url: str, account_id: UUID, session_id: UUID, created_at: datetime) -> None:
    ask(
        url,
        account_id,
        "INSERT INTO ai_session_steps (account_id, id, session_id, position, created_at)"
        " VALUES (%s, %s, %s, 1, %s)",
        *(account_id, new_id(), session_id, created_at),
    )


def test_ends_before_their_beginnings_become_unknown_in_every_account(external: str, to_revision: Migrate) -> None:
    to_revision("0008")
    expected = {}
    for account_id in (found_account(external), found_account(external)):
        wrong = add_session(external, account_id, EARLIER)
        right = add_session(external, account_id, LATER)
        add_step(external, account_id, right, LAST)
        handoffs = {
            # A claim before the handoff is no longer dated, and what followed from it neither.
            add_handoff(external, account_id, wrong, EARLIER, LATER, LAST): (None, None, LAST),
            # A close before the claim is moved to it, because a closed handoff must not open again.
            add_handoff(external, account_id, wrong, LATER, None, EARLIER): (LATER, None, LATER),
            # A first action before the claim is looked for again.
            add_handoff(external, account_id, right, LATER, EARLIER, None): (LATER, LAST, None),
            add_handoff(external, account_id, right, BEGUN, LATER, LAST): (BEGUN, LATER, LAST),
        }
        expected[account_id] = {wrong: None, right: LATER}, handoffs

    to_revision("0010")

    for account_id, (sessions, handoffs) in expected.items():
        query = "SELECT id, resolved_at FROM ai_sessions"
        assert dict(ask(external, account_id, query)) == sessions
        query = "SELECT id, claimed_at, first_action_at, closed_at FROM session_handoffs"
        assert {row[0]: row[1:] for row in ask(external, account_id, query)} == handoffs
        assert ask(external, account_id, "SELECT DISTINCT claimed_by IS NULL FROM session_handoffs") == [(False,)]


def test_the_audit_log_keeps_what_the_ends_were(external: str, to_revision: Migrate) -> None:
    to_revision("0008")
    mended, untouched = found_account(external), found_account(external)
    session_id = add_session(external, mended, EARLIER)
    handoff_id = add_handoff(external, mended, session_id, EARLIER, None, None)
    add_session(external, untouched, LATER)

    to_revision("0010")

    moment = "2026-06-10T08:00:00+00:00"
    [entry] = ask(external, mended, "SELECT action, target_id, actor_id, before FROM audit_log")
    assert entry == (
        "history.mended",
        mended,
        None,
        {
            "sessions": {str(session_id): {"resolved_at": moment}},
            "handoffs": {str(handoff_id): {"claimed_at": moment, "first_action_at": None, "closed_at": None}},
        },
    )
    assert ask(external, untouched, "SELECT action FROM audit_log") == []


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("ai_sessions", "resolved_at"),
        ("session_handoffs", "claimed_at"),
        ("session_handoffs", "first_action_at"),
        ("session_handoffs", "closed_at"),
    ],
)
def test_the_constraints_are_valid_for_all_rows(
    external: str, to_revision: Migrate, table: str, column: str
) -> None:
    to_revision("0010")
    query = "SELECT convalidated FROM pg_constraint WHERE conname = %s"
    assert ask(external, new_id(), query, f"{table}_{column}_check") == [(True,)]
