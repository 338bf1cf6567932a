"""The connection to the ticket system: members, statuses, postings with their steps, and every attempt."""

from alembic import op

from flowpilot.db.rls import tenant_policy

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = (
    "psa_connections",
    "psa_call_slots",
    "psa_members",
    "psa_board_statuses",
    "psa_rules",
    "psa_postings",
    "psa_posting_steps",
    "psa_attempts",
)

DDL = """
CREATE TABLE psa_connections (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    base_url TEXT NOT NULL,
    credentials_encrypted BYTEA NOT NULL,
    settings JSONB DEFAULT '{}' NOT NULL,
    findings JSONB,
    checked_at TIMESTAMP WITH TIME ZONE,
    failures INTEGER DEFAULT '0' NOT NULL,
    trouble TEXT,
    rests_until TIMESTAMP WITH TIME ZONE,
    backs_off_until TIMESTAMP WITH TIME ZONE,
    wakes_at TIMESTAMP WITH TIME ZONE,
    paused_at TIMESTAMP WITH TIME ZONE,
    pause_kind TEXT,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT psa_connections_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT psa_connections_provider_check
        CHECK (provider IN ('request_tracker', 'redmine', 'connectwise', 'halopsa', 'autotask', 'console')),
    CONSTRAINT psa_connections_pause_kind_check CHECK (pause_kind IN ('by_hand', 'credentials')),
    CONSTRAINT psa_connections_paused_check CHECK ((paused_at IS NULL) = (pause_kind IS NULL)),
    CONSTRAINT psa_connections_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX psa_connections_active_idx ON psa_connections (account_id) WHERE removed_at IS NULL;
CREATE TABLE psa_call_slots (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    connection_id UUID NOT NULL,
    number SMALLINT NOT NULL,
    busy_until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT psa_call_slots_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT psa_call_slots_account_id_connection_id_fkey
        FOREIGN KEY(account_id, connection_id) REFERENCES psa_connections (account_id, id),
    CONSTRAINT psa_call_slots_account_id_connection_id_number_key UNIQUE (account_id, connection_id, number),
    CONSTRAINT psa_call_slots_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE psa_members (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    connection_id UUID NOT NULL,
    external_id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    is_active BOOLEAN NOT NULL,
    user_id UUID,
    mapped_by TEXT,
    token_encrypted BYTEA,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT psa_members_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT psa_members_account_id_connection_id_fkey
        FOREIGN KEY(account_id, connection_id) REFERENCES psa_connections (account_id, id),
    CONSTRAINT psa_members_account_id_connection_id_external_id_key
        UNIQUE (account_id, connection_id, external_id),
    CONSTRAINT psa_members_mapped_by_check CHECK (mapped_by IN ('email', 'hand')),
    CONSTRAINT psa_members_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX psa_members_user_idx ON psa_members (account_id, connection_id, user_id);
CREATE TABLE psa_board_statuses (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    connection_id UUID NOT NULL,
    board_id TEXT NOT NULL,
    board_name TEXT NOT NULL,
    occasion TEXT NOT NULL,
    status_id TEXT NOT NULL,
    status_name TEXT NOT NULL,
    CONSTRAINT psa_board_statuses_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT psa_board_statuses_account_id_connection_id_fkey
        FOREIGN KEY(account_id, connection_id) REFERENCES psa_connections (account_id, id),
    CONSTRAINT psa_board_statuses_key UNIQUE (account_id, connection_id, board_id, occasion),
    CONSTRAINT psa_board_statuses_occasion_check
        CHECK (occasion IN ('resolved', 'abandoned', 'escalated', 'by_hand')),
    CONSTRAINT psa_board_statuses_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE psa_rules (
    account_id UUID NOT NULL,
    posts_note BOOLEAN DEFAULT 'true' NOT NULL,
    posts_time BOOLEAN DEFAULT 'true' NOT NULL,
    posts_status BOOLEAN DEFAULT 'false' NOT NULL,
    posts_escalation BOOLEAN DEFAULT 'false' NOT NULL,
    hold_minutes INTEGER DEFAULT '0' NOT NULL,
    waits_for_person BOOLEAN DEFAULT 'false' NOT NULL,
    client_greeting TEXT DEFAULT '' NOT NULL,
    client_signature TEXT DEFAULT '' NOT NULL,
    ticket_url_template TEXT,
    CONSTRAINT psa_rules_pkey PRIMARY KEY (account_id),
    CONSTRAINT psa_rules_hold_minutes_check CHECK (hold_minutes BETWEEN 0 AND 10080),
    CONSTRAINT psa_rules_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE psa_postings (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    connection_id UUID NOT NULL,
    ai_session_id UUID NOT NULL,
    ticket_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    occasion TEXT NOT NULL,
    text TEXT,
    text_made TEXT,
    state TEXT NOT NULL,
    reason TEXT,
    due_at TIMESTAMP WITH TIME ZONE,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    edited_by UUID,
    released_at TIMESTAMP WITH TIME ZONE,
    is_unlinked BOOLEAN DEFAULT 'false' NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT psa_postings_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT psa_postings_account_id_connection_id_fkey
        FOREIGN KEY(account_id, connection_id) REFERENCES psa_connections (account_id, id),
    CONSTRAINT psa_postings_account_id_ai_session_id_fkey
        FOREIGN KEY(account_id, ai_session_id) REFERENCES ai_sessions (account_id, id),
    CONSTRAINT psa_postings_state_check
        CHECK (state IN ('held', 'queued', 'sent', 'confirmed', 'failed', 'abandoned')),
    CONSTRAINT psa_postings_occasion_check CHECK (occasion IN ('resolved', 'abandoned', 'escalated', 'by_hand')),
    CONSTRAINT psa_postings_audience_check CHECK (audience IN ('internal', 'client')),
    CONSTRAINT psa_postings_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX psa_postings_session_idx ON psa_postings (account_id, ai_session_id, id);
CREATE INDEX psa_postings_waiting_idx ON psa_postings (account_id, connection_id, due_at)
        WHERE state IN ('held', 'queued', 'sent');
CREATE TABLE psa_posting_steps (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    posting_id UUID NOT NULL,
    position SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    marker TEXT NOT NULL,
    user_id UUID,
    minutes INTEGER,
    worked_seconds DOUBLE PRECISION,
    started_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    state TEXT NOT NULL,
    reason TEXT,
    external_id TEXT,
    attempts INTEGER DEFAULT '0' NOT NULL,
    looks SMALLINT DEFAULT '0' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    asked_at TIMESTAMP WITH TIME ZONE,
    confirmed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT psa_posting_steps_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT psa_posting_steps_account_id_posting_id_fkey
        FOREIGN KEY(account_id, posting_id) REFERENCES psa_postings (account_id, id),
    CONSTRAINT psa_posting_steps_account_id_posting_id_position_key UNIQUE (account_id, posting_id, position),
    CONSTRAINT psa_posting_steps_kind_check CHECK (kind IN ('note', 'time', 'status')),
    CONSTRAINT psa_posting_steps_minutes_check CHECK ((kind = 'time') = (minutes IS NOT NULL)),
    CONSTRAINT psa_posting_steps_positive_check CHECK (minutes > 0),
    CONSTRAINT psa_posting_steps_ended_at_check CHECK (ended_at >= started_at),
    CONSTRAINT psa_posting_steps_state_check
        CHECK (state IN ('held', 'queued', 'sent', 'confirmed', 'failed', 'abandoned')),
    CONSTRAINT psa_posting_steps_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE TABLE psa_attempts (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    step_id UUID NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    outcome TEXT,
    reason TEXT,
    CONSTRAINT psa_attempts_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT psa_attempts_account_id_step_id_fkey
        FOREIGN KEY(account_id, step_id) REFERENCES psa_posting_steps (account_id, id),
    CONSTRAINT psa_attempts_outcome_check CHECK (outcome IN ('accepted', 'refused', 'try_later', 'unknown')),
    CONSTRAINT psa_attempts_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX psa_attempts_account_id_step_id_id_idx ON psa_attempts (account_id, step_id, id);
ALTER TABLE psa_post_logs ADD COLUMN posting_id UUID;
ALTER TABLE psa_post_logs ADD CONSTRAINT psa_post_logs_account_id_posting_id_fkey
    FOREIGN KEY (account_id, posting_id) REFERENCES psa_postings (account_id, id);
CREATE UNIQUE INDEX psa_post_logs_posting_idx ON psa_post_logs (account_id, posting_id);
CREATE INDEX psa_post_logs_elsewhere_idx ON psa_post_logs (account_id, posted_at) WHERE posting_id IS NULL;
"""


def upgrade() -> None:
    op.execute(DDL)
    for table in TABLES:
        op.execute(tenant_policy(table))


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
