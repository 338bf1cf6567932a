"""Days are compared with their sessions an hour after the upgrade, whatever time their job knows from before.

A server of the release before marks nothing, or makes sums that lack something. Jobs that sum up days know when to
compare them next, which is up to a day later. A job that is not told compares an hour after it first runs. The
queue's rows are nobody's, so no account has to be stated.
"""

from alembic import op

revision = "0086"
down_revision = "0085"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE procrastinate_jobs SET args = args - 'check_at'"
        " WHERE task_name = 'sessions.roll' AND status = 'todo' AND args ? 'check_at'"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
