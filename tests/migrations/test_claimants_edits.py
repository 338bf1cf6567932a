"""Claims of two accounts in which the claimant first edited another step, at the revision before."""

from datetime import datetime
from uuid import UUID

from flowpilot.db.base import new_id
from tests.migrations.rows import BEGUN, EARLIER, LAST, LATER, Migrate, ask, found_account


def _claim(url: str, account_id: UUID, *steps: tuple[str, datetime], closed_at: datetime | None = None) -> UUID:
    """A claim that has the first of the claimant's steps as its first action."""
    session_id, handoff_id, senior = new_id(), new_id(), new_id()
    ask(url, account_id, "INSERT INTO ai_sessions (account_id, id) VALUES (%s, %s)", account_id, session_id)
    ask(
        url,
        account_id,
        "INSERT INTO session_handoffs"
        " (account_id, id, session_id, created_at, claimed_by, claimed_at, claimant_action_at, closed_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        *(account_id, handoff_id, session_id, EARLIER, senior, BEGUN, steps[0][1], closed_at),
    )
    for position, (kind, moment) in enumerate(steps, 1):
        ask(
            url,
            account_id,
            "INSERT INTO ai_session_steps (account_id, id, session_id, position, kind, actor_id, created_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            *(account_id, new_id(), session_id, position, kind, senior, moment),
        )
    return handoff_id


def test_an_edit_counts_no_more_in_every_account(external: str, to_revision: Migrate) -> None:
    to_revision("0049")
    expected = {}
    for account_id in (found_account(external), found_account(external)):
        expected[account_id] = {
            _claim(external, account_id, ("strike", LATER), ("note", LAST)): LAST,
            _claim(external, account_id, ("correct", LATER), closed_at=LAST): None,
            # An open claim is not left without an action and a lease.
            _claim(external, account_id, ("correct", LATER)): LATER,
            _claim(external, account_id, ("note", LATER), ("take_back", LAST)): LATER,
        }

    to_revision("0050")

    for account_id, found in expected.items():
        assert dict(ask(external, account_id, "SELECT id, claimant_action_at FROM session_handoffs")) == found
