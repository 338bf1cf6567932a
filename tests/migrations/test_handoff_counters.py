"""The number at which each account's events continue, from the previous revision."""

import psycopg
import pytest

from tests.migrations.rows import Migrate, ask, found_account


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
    """It runs while it is replaced; a number of its own could be one that the new release gives, too."""
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
