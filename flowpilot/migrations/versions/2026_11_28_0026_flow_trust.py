"""Each flow has an owner, a day until which it is verified, and reasons to doubt it; a job looks for them daily.

The member who published a flow first owns it, if they are still a member. What is published counts as verified
from today on, because nobody was asked to confirm anything before.
"""

from uuid import UUID

from alembic import op
from sqlalchemy import Connection

from flowpilot.db.rls import each_account, tenant_policy

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

DDL = """
ALTER TABLE accounts ADD COLUMN verified_days INTEGER DEFAULT 180;
ALTER TABLE trees
    ADD COLUMN owner_id UUID,
    ADD COLUMN verified_at TIMESTAMP WITH TIME ZONE,
    ADD COLUMN verified_by UUID,
    ADD COLUMN verified_until DATE,
    ADD COLUMN doubted_since TIMESTAMP WITH TIME ZONE,
    ADD COLUMN doubts JSONB DEFAULT '[]' NOT NULL;
CREATE INDEX trees_owner_idx ON trees (account_id, owner_id) WHERE owner_id IS NOT NULL;
CREATE TABLE flow_checks (
    account_id UUID NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT flow_checks_pkey PRIMARY KEY (account_id),
    CONSTRAINT flow_checks_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
)
"""

# The log names who published; it may not go back as far as the flow does.
OWNERS = """
UPDATE trees t
SET verified_at = v.published_at,
    verified_until = current_date + 180,
    owner_id = CASE WHEN first.publisher = ANY(%(members)s) THEN first.publisher END
FROM tree_versions v, LATERAL (
    SELECT coalesce((
        SELECT l.actor_id FROM audit_log l
        WHERE l.account_id = %(account_id)s AND l.target_id = v.tree_id AND l.action = 'flow.published'
        ORDER BY l.at, l.id LIMIT 1
    ), (
        SELECT saved.created_by FROM tree_versions saved
        WHERE saved.account_id = %(account_id)s AND saved.tree_id = v.tree_id AND saved.published_at IS NOT NULL
        ORDER BY saved.number LIMIT 1
    )) AS publisher
) first
WHERE t.account_id = %(account_id)s AND v.account_id = %(account_id)s AND v.id = t.published_version_id
"""

# Tomorrow, because the release before does not know the job.
CHECKS = """
WITH begun AS (
    INSERT INTO flow_checks (account_id, due_at)
    SELECT %(account_id)s, now() + interval '1 day'
    WHERE EXISTS (SELECT FROM trees WHERE account_id = %(account_id)s AND published_version_id IS NOT NULL)
    RETURNING account_id, due_at
)
INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
SELECT 'knowledge', 'freshness.check', jsonb_build_object('account_id', account_id, 'due_at', due_at), due_at
FROM begun
"""


def upgrade() -> None:
    op.execute(DDL)
    op.execute(tenant_policy("flow_checks"))
    connection = op.get_bind()
    for account_id in each_account(connection):
        _begin(connection, account_id)


def _begin(connection: Connection, account_id: UUID) -> None:
    members = connection.exec_driver_sql(
        "SELECT user_id FROM memberships WHERE account_id = %(account_id)s", {"account_id": account_id}
    )
    values = {"account_id": account_id, "members": [user_id for (user_id,) in members]}
    for statement in (OWNERS, CHECKS):
        connection.exec_driver_sql(statement, values)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
