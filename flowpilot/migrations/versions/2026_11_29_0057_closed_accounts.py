"""An account may be closed, and is then removed; people who are in no account any more may go."""

from alembic import op

from flowpilot.db.rls import LOGIN_USER

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE accounts ADD COLUMN closed_at timestamptz, ADD COLUMN removal_began_at timestamptz")
    op.execute(
        "CREATE POLICY without_account ON users FOR DELETE TO CURRENT_USER"
        f" USING (id = {LOGIN_USER} AND NOT EXISTS (SELECT FROM memberships m WHERE m.user_id = users.id))"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
