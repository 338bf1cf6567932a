"""A day of sessions has a version, by which a server knows whether it has read the day before (decision 87).

It is a digest of all lists, which PostgreSQL makes of what is written, whatever the release of the server is.
"""

from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None

LISTS = (
    *("kind_status", "kind_tier", "kind_n", "kind_steps", "kind_step_squares", "kind_step_cubes", "kind_rated"),
    *("kind_rating", "kind_rating_squares", "kind_rating_cubes", "kind_tickets", "kind_timed", "kind_duration"),
    *("kind_duration_squares", "kind_duration_cubes", "cell_domain", "cell_flow_id", "cell_n", "cell_resolved"),
    *("cell_escalated", "cell_guided", "cell_timed", "cell_duration", "cell_worked", "cell_answers"),
    *("cell_free_texts", "cell_leaving", "cell_uncharted", "end_quarter", "end_n", "end_duration", "end_squares"),
    *("end_cubes", "end_worked", "end_worked_squares", "end_worked_cubes"),
)


def upgrade() -> None:
    digest = " # ".join(f"hash_array_extended({name}, {seed})" for seed, name in enumerate(LISTS, start=1))
    op.execute(
        f"ALTER TABLE session_days ADD COLUMN version BIGINT GENERATED ALWAYS AS ({digest}) STORED NOT NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
