"""The owners of two accounts' flows, and the first check of each, at the revision before."""

from uuid import UUID

import pytest

from flowpilot.db.base import new_id
from tests.migrations.rows import BEGUN, LATER, Migrate, ask, found_account


def _member(url: str, account_id: UUID) -> UUID:
    user_id = new_id()
    ask(url, account_id, "INSERT INTO users (id, name) VALUES (%s, 'Kim')", user_id)
    joining = "INSERT INTO memberships (account_id, user_id, role) VALUES (%s, %s, 'engineer')"
    ask(url, account_id, joining, account_id, user_id)
    return user_id


def _flow(
    url: str, account_id: UUID, *, saved_by: UUID, published_by: UUID | None, is_draft: bool = False
) -> UUID:
    flow_id, version_id = new_id(), new_id()
    named = f"Flow {flow_id}"
    ask(
        url, account_id, "INSERT INTO trees (account_id, id, name) VALUES (%s, %s, %s)", account_id, flow_id, named
    )
    published = None if is_draft else BEGUN
    ask(
        url,
        account_id,
        "INSERT INTO tree_versions (account_id, id, tree_id, number, structure, created_by, published_at) "
        "VALUES (%s, %s, %s, 1, '{}', %s, %s)",
        *(account_id, version_id, flow_id, saved_by, published),
    )
    if not is_draft:
        following = "UPDATE trees SET published_version_id = %s WHERE id = %s"
        ask(url, account_id, following, version_id, flow_id)
    for actor, at in ((published_by, BEGUN), (saved_by, LATER)):
        if published_by is not None:
            ask(
                url,
                account_id,
                "INSERT INTO audit_log (account_id, id, actor_id, action, target_type, target_id, at) "
                "VALUES (%s, %s, %s, 'flow.published', 'flow', %s, %s)",
                *(account_id, new_id(), actor, flow_id, at),
            )
    return flow_id


@pytest.mark.one_machine
def test_each_account_knows_who_published_its_flows_first(external: str, to_revision: Migrate) -> None:
    to_revision("0025")
    accounts = (found_account(external), found_account(external))
    owners = dict[UUID, dict[UUID, UUID | None]]()
    for account_id in accounts:
        kim, alex, former = _member(external, account_id), _member(external, account_id), new_id()
        owners[account_id] = {
            _flow(external, account_id, saved_by=kim, published_by=alex): alex,
            _flow(external, account_id, saved_by=kim, published_by=None): kim,
            _flow(external, account_id, saved_by=kim, published_by=former): None,
        }
        draft = _flow(external, account_id, saved_by=kim, published_by=None, is_draft=True)
        owners[account_id][draft] = None
    empty = found_account(external)

    to_revision("0026")

    for account_id in accounts:
        assert dict(ask(external, account_id, "SELECT id, owner_id FROM trees")) == owners[account_id]
        query = (
            "SELECT verified_at, verified_until - current_date, doubts FROM trees WHERE verified_at IS NOT NULL"
        )
        assert ask(external, account_id, query) == [(BEGUN, 180, [])] * 3
        assert ask(external, account_id, "SELECT verified_days FROM accounts WHERE id = %s", account_id) == [
            (180,)
        ]
        [(due,)] = ask(external, account_id, "SELECT due_at FROM flow_checks")
        times = "(args->>'due_at')::timestamptz, scheduled_at"
        query = f"SELECT {times} FROM procrastinate_jobs WHERE args->>'account_id' = %s"
        assert ask(external, account_id, query, str(account_id)) == [(due, due)]
    assert ask(external, empty, "SELECT due_at FROM flow_checks") == []
