"""Keep what was chosen on the page of an uploaded file."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("import_uploads", sa.Column("choices", JSONB))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
