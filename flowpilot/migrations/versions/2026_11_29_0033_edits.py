"""Steps about other steps are found without reading the others: reports leave out what was taken back.

By itself, because who takes a step waits while it is made: for one reading of the table.
"""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ai_session_steps_edits_idx ON ai_session_steps (account_id, session_id) "
        "WHERE kind IN ('correct', 'strike', 'take_back')"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
