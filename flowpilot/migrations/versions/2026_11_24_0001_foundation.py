"""The tables of the product, each kept to its account by row-level security."""

from alembic import op

from flowpilot.db.rls import identity_policies, tenant_policy

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE accounts (
    id UUID NOT NULL,
    name TEXT NOT NULL,
    timezone TEXT DEFAULT 'UTC' NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (id)
);

CREATE TABLE users (
    id UUID NOT NULL,
    email TEXT,
    name TEXT DEFAULT '' NOT NULL,
    password_hash TEXT,
    password_changed_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_key UNIQUE (email)
);

CREATE TABLE api_keys (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    name TEXT DEFAULT '' NOT NULL,
    key_hash BYTEA NOT NULL,
    prefix TEXT NOT NULL,
    role TEXT NOT NULL,
    created_by UUID,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    expires_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    CONSTRAINT api_keys_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT api_keys_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT api_keys_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id)
);

CREATE TABLE audit_log (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    actor_id UUID,
    action TEXT NOT NULL,
    target_type TEXT NOT NULL,
    target_id UUID NOT NULL,
    before JSONB,
    after JSONB,
    at TIMESTAMPTZ NOT NULL,
    CONSTRAINT audit_log_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT audit_log_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE handoff_baselines (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    method TEXT NOT NULL,
    measured_by UUID NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    excluded_reason TEXT,
    CONSTRAINT handoff_baselines_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT handoff_baselines_method_check CHECK (method IN ('stopwatch', 'entered')),
    CONSTRAINT handoff_baselines_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX handoff_baselines_account_id_created_at_idx ON handoff_baselines (account_id,
    created_at);

CREATE TABLE idempotency_keys (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    caller TEXT NOT NULL,
    key TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    answer JSONB,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT idempotency_keys_account_id_caller_key_key UNIQUE (account_id, caller, key),
    CONSTRAINT idempotency_keys_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE import_runs (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    digest TEXT NOT NULL,
    file_name TEXT NOT NULL,
    mapping TEXT NOT NULL,
    counts JSONB NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT import_runs_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT import_runs_account_id_digest_key UNIQUE (account_id, digest),
    CONSTRAINT import_runs_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE memberships (
    account_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role TEXT NOT NULL,
    external_name TEXT,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (account_id, user_id),
    CONSTRAINT memberships_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id),
    CONSTRAINT memberships_user_id_fkey FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE UNIQUE INDEX memberships_account_id_external_name_key ON memberships (account_id,
    external_name) WHERE external_name IS NOT NULL;

CREATE TABLE tree_categories (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT tree_categories_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT tree_categories_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE trees (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    tree_type TEXT DEFAULT 'troubleshooting' NOT NULL,
    origin TEXT DEFAULT 'manual' NOT NULL,
    category_id UUID,
    is_active BOOLEAN DEFAULT true NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    deleted_at TIMESTAMPTZ,
    CONSTRAINT trees_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT trees_account_id_category_id_fkey FOREIGN KEY(account_id, category_id) REFERENCES
        tree_categories (account_id, id),
    CONSTRAINT trees_origin_check CHECK (origin IN ('manual', 'ai_generated', 'ai_enhanced')),
    CONSTRAINT trees_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE ai_sessions (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    user_id UUID,
    status TEXT DEFAULT 'active' NOT NULL,
    problem_summary TEXT DEFAULT '' NOT NULL,
    problem_domain TEXT,
    confidence_tier TEXT,
    matched_flow_id UUID,
    psa_ticket_id TEXT,
    step_count INTEGER DEFAULT 0 NOT NULL,
    answer_count INTEGER DEFAULT 0 NOT NULL,
    free_text_count INTEGER DEFAULT 0 NOT NULL,
    session_rating INTEGER,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    resolved_at TIMESTAMPTZ,
    CONSTRAINT ai_sessions_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT ai_sessions_account_id_matched_flow_id_fkey FOREIGN KEY(account_id, matched_flow_id)
        REFERENCES trees (account_id, id),
    CONSTRAINT ai_sessions_status_check CHECK (status IN ('active', 'paused',
        'requesting_escalation', 'escalated', 'resolved', 'abandoned')),
    CONSTRAINT ai_sessions_confidence_tier_check CHECK (confidence_tier IN ('guided', 'exploring',
        'discovery')),
    CONSTRAINT ai_sessions_session_rating_check CHECK (session_rating BETWEEN 1 AND 5),
    CONSTRAINT ai_sessions_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX ai_sessions_flow_idx ON ai_sessions (account_id, matched_flow_id, created_at);
CREATE INDEX ai_sessions_report_idx ON ai_sessions (account_id, created_at) INCLUDE (status,
    confidence_tier, problem_domain, matched_flow_id, psa_ticket_id, step_count, answer_count,
    free_text_count, session_rating, resolved_at);

CREATE TABLE tree_versions (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    tree_id UUID NOT NULL,
    number INTEGER NOT NULL,
    structure JSONB NOT NULL,
    created_by UUID,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    published_at TIMESTAMPTZ,
    CONSTRAINT tree_versions_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT tree_versions_account_id_tree_id_fkey FOREIGN KEY(account_id, tree_id) REFERENCES
        trees (account_id, id),
    CONSTRAINT tree_versions_account_id_tree_id_number_key UNIQUE (account_id, tree_id, number),
    CONSTRAINT tree_versions_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE ai_session_steps (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    position INTEGER NOT NULL,
    kind TEXT DEFAULT 'note' NOT NULL,
    actor_id UUID,
    is_free_text BOOLEAN DEFAULT false NOT NULL,
    content JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT ai_session_steps_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT ai_session_steps_account_id_session_id_fkey FOREIGN KEY(account_id, session_id)
        REFERENCES ai_sessions (account_id, id),
    CONSTRAINT ai_session_steps_account_id_session_id_position_key UNIQUE (account_id, session_id,
        position),
    CONSTRAINT ai_session_steps_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE TABLE flow_proposals (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT DEFAULT 'new_flow' NOT NULL,
    status TEXT DEFAULT 'pending' NOT NULL,
    content JSONB DEFAULT '{}' NOT NULL,
    source_session_id UUID,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    reviewed_by UUID,
    reviewed_at TIMESTAMPTZ,
    CONSTRAINT flow_proposals_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT flow_proposals_account_id_source_session_id_fkey FOREIGN KEY(account_id,
        source_session_id) REFERENCES ai_sessions (account_id, id),
    CONSTRAINT flow_proposals_status_check CHECK (status IN ('pending', 'approved', 'modified',
        'rejected')),
    CONSTRAINT flow_proposals_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX flow_proposals_status_idx ON flow_proposals (account_id, status, reviewed_at);

CREATE TABLE psa_activity_logs (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    session_id UUID,
    activity_type TEXT NOT NULL,
    hours_logged NUMERIC(10, 4),
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT psa_activity_logs_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT psa_activity_logs_account_id_session_id_fkey FOREIGN KEY(account_id, session_id)
        REFERENCES ai_sessions (account_id, id),
    CONSTRAINT psa_activity_logs_type_check CHECK (activity_type IN ('note_posted',
        'time_entry_posted', 'status_updated')),
    CONSTRAINT psa_activity_logs_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX psa_activity_logs_report_idx ON psa_activity_logs (account_id, activity_type,
    created_at) INCLUDE (hours_logged, session_id);

CREATE TABLE psa_post_logs (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    ai_session_id UUID,
    ticket_id TEXT,
    status TEXT DEFAULT 'pending' NOT NULL,
    retry_count INTEGER DEFAULT 0 NOT NULL,
    external_id TEXT,
    posted_at TIMESTAMPTZ,
    CONSTRAINT psa_post_logs_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT psa_post_logs_account_id_ai_session_id_fkey FOREIGN KEY(account_id, ai_session_id)
        REFERENCES ai_sessions (account_id, id),
    CONSTRAINT psa_post_logs_status_check CHECK (status IN ('success', 'failed', 'pending')),
    CONSTRAINT psa_post_logs_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX psa_post_logs_report_idx ON psa_post_logs (account_id, posted_at) INCLUDE (status,
    retry_count, ai_session_id);

CREATE TABLE session_handoffs (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    created_by UUID,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    snapshot JSONB DEFAULT '{}' NOT NULL,
    target_user_id UUID,
    claimed_by UUID,
    claimed_at TIMESTAMPTZ,
    first_action_at TIMESTAMPTZ,
    first_action_by UUID,
    closed_at TIMESTAMPTZ,
    CONSTRAINT session_handoffs_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT session_handoffs_account_id_session_id_fkey FOREIGN KEY(account_id, session_id)
        REFERENCES ai_sessions (account_id, id),
    CONSTRAINT session_handoffs_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX session_handoffs_created_idx ON session_handoffs (account_id, created_at) INCLUDE
    (claimed_at, first_action_at, closed_at);
CREATE INDEX session_handoffs_session_idx ON session_handoffs (account_id, session_id);
CREATE INDEX session_handoffs_claimed_idx ON session_handoffs (account_id, claimed_at) INCLUDE
    (first_action_at, closed_at);

CREATE TABLE handoff_events (
    account_id UUID NOT NULL,
    id UUID NOT NULL,
    handoff_id UUID NOT NULL,
    kind TEXT NOT NULL,
    actor_id UUID,
    content JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMPTZ DEFAULT now() NOT NULL,
    CONSTRAINT handoff_events_pkey PRIMARY KEY (account_id, id),
    CONSTRAINT handoff_events_account_id_handoff_id_fkey FOREIGN KEY(account_id, handoff_id)
        REFERENCES session_handoffs (account_id, id),
    CONSTRAINT handoff_events_kind_check CHECK (kind IN ('created', 'claimed', 'released',
        'reassigned', 'closed', 'expired')),
    CONSTRAINT handoff_events_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);
CREATE INDEX handoff_events_handoff_idx ON handoff_events (account_id, handoff_id, created_at);
"""

TENANT_TABLES = (
    "api_keys",
    "audit_log",
    "handoff_baselines",
    "idempotency_keys",
    "import_runs",
    "memberships",
    "tree_categories",
    "trees",
    "ai_sessions",
    "tree_versions",
    "ai_session_steps",
    "flow_proposals",
    "psa_activity_logs",
    "psa_post_logs",
    "session_handoffs",
    "handoff_events",
)


# Reports group sessions by the day they were resolved. Left to itself the planner expects as many groups as
# there are moments, and would then neither aggregate in parallel nor in memory; an index never depends on this.
PLANNER_HINTS = "ALTER TABLE ai_sessions ALTER COLUMN resolved_at SET (n_distinct = 100)"


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(PLANNER_HINTS)
    for table in TENANT_TABLES:
        op.execute(tenant_policy(table))
    for policy in identity_policies():
        op.execute(policy)


def downgrade() -> None:
    raise NotImplementedError("The first migration has nothing to go back to: drop the database instead.")
