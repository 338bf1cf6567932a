"""What belongs to an account, table by table, and what of it no export holds."""

from collections.abc import Sequence

from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import Table

from flowpilot.migrations.tables import metadata

_ACCESS = "whoever has it could act as somebody else"
_ENCRYPTED = "it is encrypted with this installation's secret key"

# Columns that no export holds, and why.
LEFT_OUT = {
    ("api_keys", "key_hash"): _ACCESS,
    ("idempotency_keys", "answer"): "answers are kept for a day, for programs that ask twice",
    ("invitations", "token_hash"): _ACCESS,
    ("notification_channels", "secret_encrypted"): _ENCRYPTED,
    ("notification_channels", "url_encrypted"): _ENCRYPTED,
    ("psa_connections", "credentials_encrypted"): _ENCRYPTED,
    ("psa_members", "token_encrypted"): _ENCRYPTED,
    ("users", "password_hash"): _ACCESS,
}

# Its rows are pieces of files, which are exported as files.
CHUNKS = "attachment_chunks"

# They say who the account's people are, so they are removed last.
PEOPLE = ("audit_log", "api_keys", "memberships")

_OF_TABLE = {
    "accounts": SQL("id = %(account)s"),
    "users": SQL("id IN (SELECT user_id FROM memberships WHERE account_id = %(account)s)"),
}


def tables() -> Sequence[Table]:
    """Every table, a table after those that it refers to."""
    return metadata.sorted_tables


def tenant_tables() -> Sequence[Table]:
    """Every table of accounts' rows, before those that it refers to: in the order in which they are emptied."""
    return [table for table in reversed(tables()) if "account_id" in table.columns]


def columns_of(table: Table) -> list[str]:
    """The columns that an export holds."""
    return [column.name for column in table.columns if (table.name, column.name) not in LEFT_OUT]


def rows_of(table: Table) -> Composed:
    """` FROM … WHERE …` of the account's rows, for a statement with the parameter `account`."""
    of_account = _OF_TABLE.get(table.name, SQL("account_id = %(account)s"))
    return SQL(" FROM {} WHERE {}").format(Identifier(table.name), of_account)
