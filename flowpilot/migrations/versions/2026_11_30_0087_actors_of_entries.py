"""An index of who has made entries in the audit log, so that their list is read without every entry.

Whoever makes an entry waits until it is built.
"""

from flowpilot.migrations.apart import apart

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with apart() as connection:
        connection.exec_driver_sql(
            "CREATE INDEX IF NOT EXISTS audit_log_actor_idx ON audit_log (account_id, actor_id)"
        )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
