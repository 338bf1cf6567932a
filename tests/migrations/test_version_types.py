"""The versions of two accounts' flows, at the revision before."""

from uuid import UUID

from flowpilot.db.base import new_id
from tests.migrations.rows import Migrate, ask, found_account


def _flow(url: str, account_id: UUID, type_: str) -> set[tuple[UUID, str]]:
    """A flow with two versions, and the type that each should get."""
    flow_id, versions = new_id(), (new_id(), new_id())
    insert = "INSERT INTO trees (account_id, id, name, tree_type) VALUES (%s, %s, 'Printer', %s)"
    ask(url, account_id, insert, account_id, flow_id, type_)
    for number, version in enumerate(versions, 1):
        insert = (
            "INSERT INTO tree_versions (account_id, id, tree_id, number, structure) VALUES (%s, %s, %s, %s, %s)"
        )
        ask(url, account_id, insert, account_id, version, flow_id, number, '{"nodes": {}}')
    return {(version, type_) for version in versions}


def test_each_version_gets_the_type_of_its_flow_in_every_account(external: str, to_revision: Migrate) -> None:
    to_revision("0048")
    accounts = (found_account(external), found_account(external))
    expected = {
        one: _flow(external, one, "procedural") | _flow(external, one, "troubleshooting") for one in accounts
    }

    to_revision("0049")

    for account_id, versions in expected.items():
        assert set(ask(external, account_id, "SELECT id, tree_type FROM tree_versions")) == versions
