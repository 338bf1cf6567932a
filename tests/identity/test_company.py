"""The account that tests begin with has the rows that the product itself would write."""

from typing import Any

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity import members
from flowpilot.identity.actor import Role
from flowpilot.identity.keys import create_key
from tests.company import PASSWORD, Company, fresh_email, hash_once, run

TABLES = {
    "accounts": "to_jsonb(t) - '{id,name,created_at}'::text[]",
    "users": "to_jsonb(t) - '{id,email,created_at}'::text[]",
    "memberships": "to_jsonb(t) - '{account_id,user_id,created_at}'::text[]",
    "api_keys": "to_jsonb(t) - '{account_id,id,user_id,key_hash,prefix,created_at}'::text[]",
    "audit_log": "to_jsonb(t) - '{account_id,id,target_id,at}'::text[] #- '{after,name}' #- '{after,prefix}'"
    " #- '{after,user_id}'",
}


def test_the_rows_are_those_of_its_own_verbs(urls: DatabaseUrls, company: Company) -> None:
    account_id = new_id()

    async def make(database: Database) -> None:
        async with database.write(account_id) as db:
            await members.create_account(db, account_id, "Made by its verbs", "UTC", now())
            for role in Role:
                await create_key(db, account_id, None, role, now=now(), name=role)
            hashed = hash_once(PASSWORD)
            await members.add_new_member(db, account_id, fresh_email(), Role.VIEWER, now(), password_hash=hashed)

    run(urls, make)
    company.add_newcomer(Role.VIEWER)
    made = Company(urls, account_id, {}, {})
    for table, kept in TABLES.items():
        assert _rows(company, table, kept) == _rows(made, table, kept), table


def _rows(company: Company, table: str, kept: str) -> list[Any]:
    found = company.query(f"SELECT {kept} AS kept FROM {table} t ORDER BY kept")
    assert found
    return found
