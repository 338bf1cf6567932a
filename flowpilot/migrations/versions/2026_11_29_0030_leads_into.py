"""The flows into which each version leads are beside its tree, so that nobody reads all trees to find them.

PostgreSQL derives them itself, also from what the previous release writes. The table is written anew for it, which
takes a moment: it has a row for each version of a flow.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE tree_versions ADD COLUMN leads_into JSONB "
        'GENERATED ALWAYS AS (jsonb_path_query_array(structure, \'$."nodes".*."flow"\'::jsonpath)) STORED NOT NULL'
    )


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
