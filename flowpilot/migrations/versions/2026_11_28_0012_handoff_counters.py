"""The counter of live events leaves the accounts for a table of the tenants' own.

The previous release goes on while it runs: its counter is null from now on, and null plus one is null. So what it
records gets no number, and takes none that the new counter gives. The column can be dropped once no release that
reads it runs any more.
"""

from alembic import op

from flowpilot.db.rls import each_account, tenant_policy

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE handoff_counters (
    account_id UUID NOT NULL,
    last_number BIGINT NOT NULL,
    CONSTRAINT handoff_counters_pkey PRIMARY KEY (account_id),
    CONSTRAINT handoff_counters_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
)
"""

# The first of these waits for the claims that are under way and holds back the next: no number is in flight.
OLD_COUNTER = (
    "ALTER TABLE accounts ALTER COLUMN last_handoff_event DROP NOT NULL",
    "ALTER TABLE accounts ALTER COLUMN last_handoff_event DROP DEFAULT",
)

READ = "SELECT last_handoff_event FROM accounts WHERE id = %(account_id)s"
WRITE = "INSERT INTO handoff_counters (account_id, last_number) VALUES (%(account_id)s, %(number)s)"
FORGET = "UPDATE accounts SET last_handoff_event = NULL WHERE id = %(account_id)s"


def upgrade() -> None:
    connection = op.get_bind()
    op.execute(TABLE)
    op.execute(tenant_policy("handoff_counters"))
    for statement in OLD_COUNTER:
        op.execute(statement)
    for account_id in each_account(connection):
        number = connection.exec_driver_sql(READ, {"account_id": account_id}).scalar_one()
        if number:
            connection.exec_driver_sql(WRITE, {"account_id": account_id, "number": number})
        connection.exec_driver_sql(FORGET, {"account_id": account_id})


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
