"""The job queue: procrastinate's own tables, as that library ships them."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Through the driver itself, because the script's percent signs and colons are not parameters.
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(SchemaManager.get_schema())


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
