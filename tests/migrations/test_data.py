"""What a migration does to the rows that are there: two accounts at the revision before, owned by no superuser."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import create_engine

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import driver_url
from flowpilot.migrations.upgrade import migrate
from tests.company import at

Migrate = Callable[[str], None]
BEGUN, EARLIER, LATER, LAST = (at(f"2026-06-10 {hour:02}:00") for hour in (12, 8, 15, 16))


@pytest.fixture
def to_revision(external: str) -> Iterator[Migrate]:
    """Bring the empty database to a revision."""
    engine = create_engine(driver_url(external))
    yield lambda revision: migrate(engine, revision)
    engine.dispose()


def found_account(url: str) -> UUID:
    account_id = new_id()
    with account_transaction(url, account_id) as connection:
        connection.execute("INSERT INTO accounts (id, name) VALUES (%s, 'Acme')", [account_id])
    return account_id


def ask(url: str, account_id: UUID, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with account_transaction(url, account_id) as connection:
        cursor = connection.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []


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
    """One that began at `BEGUN`, and was claimed, acted on and closed at these moments."""
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
            # A close before the claim is moved to it, since what is closed must not open again.
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


def test_each_account_counts_on_where_it_was(external: str, to_revision: Migrate) -> None:
    to_revision("0011")
    numbers = {found_account(external): 7, found_account(external): 3, found_account(external): 0}
    for account_id, number in numbers.items():
        ask(external, account_id, "UPDATE accounts SET last_handoff_event = %s", number)

    to_revision("0012")

    for account_id, number in numbers.items():
        counted = ask(external, account_id, "SELECT account_id, last_number FROM handoff_counters")
        assert counted == ([(account_id, number)] if number else [])


def test_the_release_before_gives_no_number_any_more(external: str, to_revision: Migrate) -> None:
    """It goes on while it is replaced; a number of its own would be one that the new release gives, too."""
    to_revision("0011")
    before = found_account(external)
    ask(external, before, "UPDATE accounts SET last_handoff_event = 7")
    to_revision("0012")
    after = found_account(external)
    # As that release's handoffs/events.py has it.
    count = "UPDATE accounts SET last_handoff_event = last_handoff_event + 1 RETURNING last_handoff_event"
    assert [ask(external, account_id, count) for account_id in (before, after)] == [[(None,)], [(None,)]]


def test_a_migration_waits_for_no_longer_than_it_may(external: str, to_revision: Migrate) -> None:
    to_revision("0011")
    account_id = found_account(external)
    with psycopg.connect(external) as claim:
        claim.execute(f"SET LOCAL app.account_id = '{account_id}'".encode())
        claim.execute("UPDATE accounts SET last_handoff_event = last_handoff_event + 1")
        with pytest.raises(Exception, match="lock timeout"):
            to_revision("0012")
        claim.commit()
    to_revision("0012")
    assert ask(external, account_id, "SELECT last_number FROM handoff_counters") == [(1,)]
