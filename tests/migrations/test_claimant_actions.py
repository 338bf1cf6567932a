"""The claimants' first actions of two accounts' handoffs, at the revision before."""

from datetime import datetime
from uuid import UUID

from flowpilot.db.base import new_id
from tests.migrations.rows import BEGUN, EARLIER, LAST, LATER, Migrate, ask, found_account


def _handoff(url: str, account_id: UUID, claimed_by: UUID, claimed_at: datetime | None) -> tuple[UUID, UUID]:
    session_id, handoff_id = new_id(), new_id()
    ask(url, account_id, "INSERT INTO ai_sessions (account_id, id) VALUES (%s, %s)", account_id, session_id)
    ask(
        url,
        account_id,
        "INSERT INTO session_handoffs (account_id, id, session_id, created_at, claimed_by, claimed_at)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        *(account_id, handoff_id, session_id, EARLIER, claimed_by, claimed_at),
    )
    return session_id, handoff_id


def _steps(url: str, account_id: UUID, session_id: UUID, *steps: tuple[datetime, UUID]) -> None:
    for position, (moment, actor_id) in enumerate(steps, 1):
        ask(
            url,
            account_id,
            "INSERT INTO ai_session_steps (account_id, id, session_id, position, actor_id, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            *(account_id, new_id(), session_id, position, actor_id, moment),
        )


def test_it_is_found_in_every_account(external: str, to_revision: Migrate) -> None:
    to_revision("0034")
    expected = {}
    for account_id in (found_account(external), found_account(external)):
        senior, engineer = new_id(), new_id()
        found: dict[UUID, datetime | None] = {}
        session_id, handoff_id = _handoff(external, account_id, senior, BEGUN)
        # At the moment of the claim, by a colleague, by the claimant, and once more.
        _steps(
            external, account_id, session_id, (BEGUN, senior), (LATER, engineer), (LAST, senior), (LAST, senior)
        )
        found[handoff_id] = LAST
        session_id, handoff_id = _handoff(external, account_id, senior, BEGUN)
        _steps(external, account_id, session_id, (EARLIER, senior), (LATER, engineer))
        found[handoff_id] = None
        session_id, handoff_id = _handoff(external, account_id, senior, None)
        _steps(external, account_id, session_id, (LATER, senior))
        found[handoff_id] = None
        expected[account_id] = found

    to_revision("0035")

    for account_id, found in expected.items():
        assert dict(ask(external, account_id, "SELECT id, claimant_action_at FROM session_handoffs")) == found
    # Nobody waits for another account's rows, so each is done in a transaction of its own.
    made = [
        ask(external, one, "SELECT DISTINCT xmin::text FROM session_handoffs WHERE claimant_action_at IS NOT NULL")
        for one in expected
    ]
    assert len({transaction for [(transaction,)] in made}) == 2
