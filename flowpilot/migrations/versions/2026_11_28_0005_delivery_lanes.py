"""Deliveries in lanes, routes that rest, and notifications that are settled.

Columns are added with constant defaults, which need no UPDATE: under forced row security the owner sees no rows.
"""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOTIFICATIONS = """
ALTER TABLE notifications
    ALTER COLUMN event_id DROP NOT NULL,
    ADD COLUMN route_id UUID,
    ADD COLUMN content JSONB,
    ADD COLUMN settled_at TIMESTAMPTZ,
    ADD CONSTRAINT notifications_about_check CHECK (num_nonnulls(event_id, route_id) = 1),
    ADD CONSTRAINT notifications_content_check CHECK ((route_id IS NULL) = (content IS NULL));
DROP INDEX notifications_unread_idx;
CREATE INDEX notifications_unread_idx ON notifications (account_id, user_id)
    WHERE read_at IS NULL AND settled_at IS NULL;
CREATE INDEX notifications_event_idx ON notifications (account_id, event_id)
    WHERE read_at IS NULL AND settled_at IS NULL;
CREATE INDEX notifications_route_idx ON notifications (account_id, route_id)
    WHERE route_id IS NOT NULL AND settled_at IS NULL;
"""

ROUTES = """
CREATE TABLE notification_routes (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    failures INTEGER DEFAULT 0 NOT NULL,
    reason TEXT,
    next_try_at TIMESTAMPTZ,
    resting_since TIMESTAMPTZ,
    last_attempt_at TIMESTAMPTZ,
    CONSTRAINT notification_routes_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT notification_routes_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
"""

DELIVERIES = """
ALTER TABLE notification_deliveries
    ADD COLUMN notification_id UUID,
    ADD COLUMN lane SMALLINT DEFAULT 0 NOT NULL,
    ADD COLUMN priority SMALLINT DEFAULT 3 NOT NULL,
    ADD COLUMN due_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    ADD CONSTRAINT notification_deliveries_account_id_notification_id_fkey
        FOREIGN KEY (account_id, notification_id) REFERENCES notifications (account_id, id),
    DROP CONSTRAINT notification_deliveries_status_check,
    ADD CONSTRAINT notification_deliveries_status_check
        CHECK (status IN ('pending', 'sent', 'failed', 'dropped'));
CREATE INDEX notification_deliveries_pending_idx ON notification_deliveries (account_id, lane)
    WHERE status = 'pending';
"""


def upgrade() -> None:
    op.execute(NOTIFICATIONS)
    op.execute(ROUTES)
    op.execute(tenant_policy("notification_routes"))
    op.execute(DELIVERIES)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
