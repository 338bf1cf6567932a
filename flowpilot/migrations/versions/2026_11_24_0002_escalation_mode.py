"""Escalation Mode: published flows, who works a session, leases, live events, notifications, the stopwatch."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;

ALTER TABLE accounts
    ADD COLUMN lease_minutes INTEGER DEFAULT 30,
    ADD COLUMN idle_minutes INTEGER DEFAULT 4320,
    ADD COLUMN last_handoff_event BIGINT DEFAULT 0 NOT NULL;

ALTER TABLE trees
    ADD COLUMN description TEXT DEFAULT '' NOT NULL,
    ADD COLUMN keywords TEXT[] DEFAULT '{}' NOT NULL,
    ADD COLUMN published_version_id UUID,
    ADD COLUMN search_text TEXT DEFAULT '' NOT NULL,
    ADD COLUMN search TSVECTOR DEFAULT '' NOT NULL,
    ADD COLUMN created_by UUID;

ALTER TABLE ai_sessions
    ADD COLUMN owner_id UUID,
    ADD COLUMN confidence DOUBLE PRECISION,
    ADD COLUMN flow_version_id UUID,
    ADD COLUMN client_name TEXT,
    ADD COLUMN rating_comment TEXT,
    ADD COLUMN last_activity_at TIMESTAMPTZ,
    ADD CONSTRAINT ai_sessions_account_id_flow_version_id_fkey FOREIGN KEY (account_id, flow_version_id)
        REFERENCES tree_versions (account_id, id);
CREATE INDEX ai_sessions_owner_idx ON ai_sessions (account_id, owner_id, status);

ALTER TABLE session_handoffs
    ADD COLUMN note TEXT DEFAULT '' NOT NULL,
    ADD COLUMN priority SMALLINT DEFAULT 3 NOT NULL,
    ADD COLUMN assessment JSONB,
    ADD COLUMN lease_expires_at TIMESTAMPTZ,
    ADD COLUMN reminded_at TIMESTAMPTZ,
    ADD COLUMN closed_by UUID,
    ADD COLUMN outcome TEXT,
    ADD CONSTRAINT session_handoffs_priority_check CHECK (priority BETWEEN 1 AND 4),
    ADD CONSTRAINT session_handoffs_outcome_check CHECK (outcome IN ('resolved', 'parked', 'returned',
        'abandoned'));
CREATE INDEX session_handoffs_open_idx ON session_handoffs (account_id, priority, created_at)
    WHERE closed_at IS NULL;

ALTER TABLE handoff_events
    ADD COLUMN number BIGINT,
    ADD CONSTRAINT handoff_events_account_id_number_key UNIQUE (account_id, number),
    DROP CONSTRAINT handoff_events_kind_check,
    ADD CONSTRAINT handoff_events_kind_check CHECK (kind IN ('created', 'claimed', 'released', 'reassigned',
        'reminded', 'expired', 'first_action', 'assessed', 'closed'));
CREATE INDEX handoff_events_report_idx ON handoff_events (account_id, created_at) INCLUDE (kind, handoff_id);

ALTER TABLE handoff_baselines
    ALTER COLUMN seconds DROP NOT NULL,
    ADD COLUMN note TEXT DEFAULT '' NOT NULL,
    ADD COLUMN problem_domain TEXT,
    ADD COLUMN stopped_at TIMESTAMPTZ,
    ADD COLUMN excluded_by UUID,
    ADD COLUMN excluded_at TIMESTAMPTZ,
    ADD CONSTRAINT handoff_baselines_seconds_check CHECK (seconds > 0);
"""

TABLES = """
CREATE TABLE ai_session_status_changes (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    from_status TEXT,
    to_status TEXT NOT NULL,
    actor_id UUID,
    reason TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT ai_session_status_changes_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT ai_session_status_changes_account_id_session_id_fkey FOREIGN KEY(account_id, session_id)
        REFERENCES ai_sessions (account_id, id),
    CONSTRAINT ai_session_status_changes_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX ai_session_status_changes_account_id_session_id_created_at_idx
    ON ai_session_status_changes (account_id, session_id, created_at);

CREATE TABLE ai_session_suggestions (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    position INTEGER NOT NULL,
    content JSONB NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT ai_session_suggestions_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT ai_session_suggestions_account_id_session_id_position_key UNIQUE (account_id, session_id,
        position),
    CONSTRAINT ai_session_suggestions_account_id_session_id_fkey FOREIGN KEY(account_id, session_id)
        REFERENCES ai_sessions (account_id, id),
    CONSTRAINT ai_session_suggestions_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE notifications (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    event_id UUID NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    read_at TIMESTAMPTZ,
    CONSTRAINT notifications_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT notifications_account_id_event_id_fkey FOREIGN KEY(account_id, event_id)
        REFERENCES handoff_events (account_id, id),
    CONSTRAINT notifications_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX notifications_account_id_user_id_id_idx ON notifications (account_id, user_id, id);
CREATE INDEX notifications_unread_idx ON notifications (account_id, user_id) WHERE read_at IS NULL;

CREATE TABLE notification_preferences (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    kind TEXT NOT NULL,
    is_enabled BOOLEAN NOT NULL,
    CONSTRAINT notification_preferences_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT notification_preferences_account_id_user_id_kind_key UNIQUE (account_id, user_id, kind),
    CONSTRAINT notification_preferences_kind_check CHECK (kind IN ('in_app', 'email', 'slack', 'teams',
        'webhook')),
    CONSTRAINT notification_preferences_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE notification_channels (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    user_id UUID,
    name TEXT NOT NULL,
    host TEXT NOT NULL,
    url_encrypted BYTEA NOT NULL,
    secret_encrypted BYTEA,
    is_active BOOLEAN DEFAULT true NOT NULL,
    created_by UUID,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    deleted_at TIMESTAMPTZ,
    CONSTRAINT notification_channels_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT notification_channels_kind_check CHECK (kind IN ('in_app', 'email', 'slack', 'teams',
        'webhook')),
    CONSTRAINT notification_channels_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE notification_deliveries (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    event_id UUID,
    channel_id UUID,
    user_id UUID,
    status TEXT DEFAULT 'pending' NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    response_status INTEGER,
    error TEXT,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    last_attempt_at TIMESTAMPTZ,
    sent_at TIMESTAMPTZ,
    CONSTRAINT notification_deliveries_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT notification_deliveries_account_id_event_id_fkey FOREIGN KEY(account_id, event_id)
        REFERENCES handoff_events (account_id, id),
    CONSTRAINT notification_deliveries_account_id_channel_id_fkey FOREIGN KEY(account_id, channel_id)
        REFERENCES notification_channels (account_id, id),
    CONSTRAINT notification_deliveries_kind_check CHECK (kind IN ('in_app', 'email', 'slack', 'teams',
        'webhook')),
    CONSTRAINT notification_deliveries_status_check CHECK (status IN ('pending', 'sent', 'failed')),
    CONSTRAINT notification_deliveries_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX notification_deliveries_account_id_channel_id_id_idx
    ON notification_deliveries (account_id, channel_id, id);

CREATE TABLE ai_usage (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    day DATE NOT NULL,
    requests INTEGER DEFAULT 0 NOT NULL,
    tokens BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT ai_usage_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT ai_usage_account_id_day_key UNIQUE (account_id, day),
    CONSTRAINT ai_usage_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
"""

TENANT_TABLES = (
    "ai_session_status_changes",
    "ai_session_suggestions",
    "notifications",
    "notification_preferences",
    "notification_channels",
    "notification_deliveries",
    "ai_usage",
)


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(TABLES)
    for table in TENANT_TABLES:
        op.execute(tenant_policy(table))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
