"""The hours of two accounts are theirs from the beginning on, and working times follow from them."""

from datetime import time
from uuid import UUID

from flowpilot.db.base import new_id
from tests.company import at
from tests.migrations.rows import Migrate, ask, found_account

FRIDAY, MONDAY = at("2026-06-19 14:00"), at("2026-06-22 09:00")


def _work(url: str, account_id: UUID) -> None:
    session_id = new_id()
    ask(
        url,
        account_id,
        "INSERT INTO ai_sessions (account_id, id, status, created_at, resolved_at)"
        " VALUES (%s, %s, 'resolved', %s, %s)",
        *(account_id, session_id, FRIDAY, MONDAY),
    )
    ask(
        url,
        account_id,
        "INSERT INTO session_handoffs (account_id, id, session_id, created_at, claimed_at, first_action_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        *(account_id, new_id(), session_id, FRIDAY, FRIDAY, MONDAY),
    )


def test_they_are_filled_in_every_account_that_has_hours(external: str, to_revision: Migrate) -> None:
    to_revision("0061")
    first, second = (found_account(external), found_account(external))
    around_the_clock = found_account(external)
    for account_id, end in ((first, time(16)), (second, time(15))):
        ask(
            external,
            account_id,
            "UPDATE accounts SET work_days = '{1,2,3,4,5}', work_start = '08:00', work_end = %s WHERE id = %s",
            *(end, account_id),
        )
    for account_id in (first, second, around_the_clock):
        _work(external, account_id)

    to_revision("0063")

    hours = "SELECT valid_from, timezone, spans ->> 0 FROM account_hours"
    assert [row[:2] for row in ask(external, first, hours)] == [(None, "UTC")]
    assert ask(external, around_the_clock, hours) == []
    for account_id, seconds in ((first, 3 * 3600.0), (second, 2 * 3600.0), (around_the_clock, None)):
        assert ask(external, account_id, "SELECT work_seconds FROM ai_sessions") == [(seconds,)]
        handoffs = "SELECT claim_work_seconds, action_work_seconds, claimant_work_seconds FROM session_handoffs"
        [(claim, action, claimant)] = ask(external, account_id, handoffs)
        assert (action, claimant) == (seconds, None)
        assert not claim
