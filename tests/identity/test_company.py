"""The account that tests begin with has the rows that the product itself would write."""

from pathlib import Path

from sqlalchemy import DateTime, Uuid

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity import members
from flowpilot.identity.actor import Role
from flowpilot.identity.keys import create_key
from flowpilot.identity.locking import lock_access
from flowpilot.migrations.tables import metadata
from tests.company import PASSWORD, Company, fresh_email, hash_once, run
from tests.imports.helpers import World, row, write_log

# What differs from row to row; of ids and times, only whether they are known is compared.
OWN = {"accounts": {"name"}, "users": {"email"}, "api_keys": {"key_hash", "prefix"}}
OWN_IN_AUDIT_LOG = ("name", "prefix", "user_id")


def test_the_rows_are_those_that_the_product_writes(urls: DatabaseUrls, company: Company) -> None:
    account_id = new_id()

    async def make(database: Database) -> None:
        async with database.write(account_id) as db:
            await members.create_account(db, account_id, "Made by the product", "UTC", now())
            for role in Role:
                await create_key(db, account_id, None, role, now=now(), name=role)
            hashed = hash_once(PASSWORD)
            await members.add_new_member(db, account_id, fresh_email(), Role.VIEWER, now(), password_hash=hashed)

    run(urls, make)
    company.add_newcomer(Role.VIEWER)
    assert _rows(company) == _rows(Company(urls, account_id, {}, {}))


def test_an_imported_person_has_the_rows_that_the_importer_writes(
    urls: DatabaseUrls, company: Company, neighbour: Company, tmp_path: Path
) -> None:
    World(urls.runtime, neighbour.id).load(write_log(tmp_path / "log.csv", [row("T1", 1, "09:00", "Ada")]))
    company.add_imported("Ada")
    for table in ("users", "memberships"):
        assert _rows(company)[table] == _rows(neighbour)[table]


def test_a_user_let_in_has_the_row_of_a_user_with_a_password(urls: DatabaseUrls, company: Company) -> None:
    async def add(database: Database) -> None:
        async with database.write(company.id) as db:
            user_id = await members.add_user(db, Role.VIEWER, now(), password_hash="unknown")
            access = await lock_access(db, company.id, None)
            await members.join(db, access, user_id, Role.VIEWER, now(), by=None)

    run(urls, add)
    company.let_sign_in(company.users[Role.VIEWER])
    let_in, added = [user for user in _rows(company)["users"] if "unknown" in user]
    assert let_in == added


def _rows(company: Company) -> dict[str, list[tuple[str, ...]]]:
    """All rows of the account, in every table that has some."""
    found = {}
    for table in metadata.sorted_tables:
        if "account_id" not in table.columns and table.name not in {"accounts", "users"}:
            continue
        values = []
        for column in table.columns:
            if column.name in OWN.get(table.name, set()) or isinstance(column.type, (DateTime, Uuid)):
                values.append(f"({column.name} IS NULL)::text")
            elif (table.name, column.name) == ("audit_log", "after"):
                values.append(f"({column.name} - ARRAY{list(OWN_IN_AUDIT_LOG)})::text")
            else:
                values.append(f"{column.name}::text")
        found[table.name] = company.query(
            f"SELECT {', '.join(values)} FROM {table.name} ORDER BY {', '.join(values)}"
        )
    return {name: rows for name, rows in found.items() if rows}
