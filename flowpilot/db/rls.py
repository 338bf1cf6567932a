"""Row-level security: the SQL that makes PostgreSQL keep accounts apart.

The account is set at the start of every transaction. Without one, no rows are visible.
"""

import uuid
from collections.abc import Iterator

from sqlalchemy import Connection

ACCOUNT = "NULLIF(current_setting('app.account_id', true), '')::uuid"
LOGIN_USER = "NULLIF(current_setting('app.login_user_id', true), '')::uuid"
LOGIN_EMAIL = "NULLIF(current_setting('app.login_email', true), '')"


def protect(table: str) -> str:
    """Enable and force row security, so that even the table's owner is not exempt."""
    return f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"


def tenant_policy(table: str, column: str = "account_id") -> str:
    """Only rows of the present account can be read and written."""
    condition = f"{column} = {ACCOUNT}"
    return f"{protect(table)} CREATE POLICY tenant ON {table} USING ({condition}) WITH CHECK ({condition});"


def each_account(connection: Connection) -> Iterator[uuid.UUID]:
    """Every account in turn, set as the present one: for a migration that changes tenants' rows.

    Row security also applies to the owner: without an account it sees no rows, and an UPDATE does nothing.
    """
    for (account_id,) in connection.exec_driver_sql("SELECT id FROM accounts ORDER BY id").fetchall():
        connection.exec_driver_sql(f"SET LOCAL app.account_id = '{uuid.UUID(str(account_id))}'")
        yield account_id
    connection.exec_driver_sql("SET LOCAL app.account_id = ''")


def identity_policies() -> list[str]:
    """What sign-in may see before an account is known: the user with the given e-mail, and that user's accounts.

    Once a password has been verified, `app.login_user_id` is set; nothing else reads across accounts. The owner
    role may list accounts, so that an operator's command can go through them.
    """
    member = "SELECT 1 FROM memberships m WHERE m.user_id = users.id"
    mine = f"SELECT 1 FROM memberships m WHERE m.account_id = accounts.id AND m.user_id = {LOGIN_USER}"
    return [
        f"CREATE POLICY own_memberships ON memberships FOR SELECT USING (user_id = {LOGIN_USER})",
        tenant_policy("accounts", "id"),
        f"CREATE POLICY own_accounts ON accounts FOR SELECT USING (EXISTS ({mine}))",
        "CREATE POLICY operator ON accounts FOR SELECT TO CURRENT_USER USING (true)",
        protect("users"),
        f"CREATE POLICY visible ON users FOR SELECT USING "
        f"(email = {LOGIN_EMAIL} OR id = {LOGIN_USER} OR EXISTS ({member}))",
        "CREATE POLICY join_us ON users FOR INSERT WITH CHECK (true)",
        f"CREATE POLICY own_record ON users FOR UPDATE USING (id = {LOGIN_USER})",
    ]
