"""Sessions that are there can be found by their words.

What the previous release writes meanwhile is added by the next text in its session, or by
`flowpilot db reconcile`.
"""

import uuid

from alembic import op

from flowpilot.db.rls import each_account
from flowpilot.migrations.apart import FIRST, apart
from flowpilot.sessions.search.filling import fill_page

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for account_id in each_account(op.get_bind()):
        last: uuid.UUID | None = FIRST
        while last is not None:
            with apart(account_id) as connection:
                driver = connection.connection.driver_connection
                assert driver is not None
                page = fill_page(driver, account_id, last)
                last = None if page is None else page[0]


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
