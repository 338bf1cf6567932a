"""The SQL that makes an account of the demo large. Its parameter is the account's id, as `account`."""

# As many rows as there are at the end, whatever the demo brought.
PEOPLE = """
WITH more AS (
    SELECT uuidv7() AS id, number
    FROM generate_series((SELECT count(*) FROM memberships WHERE account_id = %(account)s), %(people)s - 1) number
), named AS (
    INSERT INTO users (id, email, name)
    SELECT id, id || '@grown.example', 'Engineer ' || number FROM more
)
INSERT INTO memberships (account_id, user_id, role) SELECT %(account)s, id, 'engineer' FROM more
"""

# Each published flow again and again, with its versions' trees, words and vectors, under another name.
FLOWS = """
CREATE TEMP TABLE copies ON COMMIT DROP AS
WITH published AS (
    SELECT id, published_version_id, row_number() OVER (ORDER BY id) - 1 AS number, count(*) OVER () AS count
    FROM trees
    WHERE account_id = %(account)s AND published_version_id IS NOT NULL AND deleted_at IS NULL
)
SELECT copy, published.id AS flow, published_version_id AS version, uuidv7() AS new_flow, uuidv7() AS new_version
FROM published, generate_series(1, (%(flows)s + count - 1) / count) copy
WHERE copy * count + number < %(flows)s;

INSERT INTO trees (account_id, id, name, description, keywords, tree_type, origin, category_id, search_text,
    search, created_at)
SELECT account_id, new_flow, format('%%s, site %%s', name, copy), description, keywords, tree_type, origin,
       category_id, search_text, search, created_at
FROM copies JOIN trees ON account_id = %(account)s AND id = flow;

INSERT INTO tree_versions (account_id, id, tree_id, number, structure, tree_type, created_at, published_at)
SELECT account_id, new_version, new_flow, 1, structure, tree_type, created_at, published_at
FROM copies JOIN tree_versions ON account_id = %(account)s AND id = version;

UPDATE trees SET published_version_id = new_version FROM copies
WHERE account_id = %(account)s AND id = new_flow;

INSERT INTO flow_meanings (account_id, id, version_id, model, vectors)
SELECT account_id, uuidv7(), new_version, model, vectors
FROM copies JOIN flow_meanings ON account_id = %(account)s AND version_id = version;
"""

# Who holds a handoff for days has given up. Sessions that go on are handed over, and each handoff says what one of
# the demo says.
WAITING = """
UPDATE ai_sessions s SET status = 'abandoned'
FROM session_handoffs h
WHERE s.account_id = %(account)s AND h.account_id = %(account)s AND h.session_id = s.id
  AND h.closed_at IS NULL AND h.claimed_at < now() - interval '2 days';

UPDATE session_handoffs SET closed_at = now(), outcome = 'abandoned'
WHERE account_id = %(account)s AND closed_at IS NULL AND claimed_at < now() - interval '2 days';

CREATE TEMP TABLE said ON COMMIT DROP AS
SELECT snapshot FROM session_handoffs
WHERE account_id = %(account)s AND jsonb_typeof(snapshot->'tried') IS DISTINCT FROM 'string'
ORDER BY id LIMIT 1;

UPDATE session_handoffs h SET snapshot = said.snapshot FROM said
WHERE account_id = %(account)s AND jsonb_typeof(h.snapshot->'tried') = 'string';

CREATE TEMP TABLE handed ON COMMIT DROP AS
SELECT s.id, s.user_id, now() - random() * interval '2 days' AS at, uuidv7() AS handoff
FROM ai_sessions s
WHERE s.account_id = %(account)s AND s.status = 'active'
  AND NOT EXISTS (SELECT FROM session_handoffs h WHERE h.account_id = %(account)s AND h.session_id = s.id)
ORDER BY s.created_at DESC
LIMIT %(waiting)s - (
    SELECT count(*) FROM session_handoffs
    WHERE account_id = %(account)s AND closed_at IS NULL AND claimed_at IS NULL
);

INSERT INTO session_handoffs (account_id, id, session_id, created_by, created_at, reason, priority, snapshot)
SELECT %(account)s, handoff, handed.id, user_id, at, 'Beyond what I know', random(1, 4), snapshot
FROM handed, said;

UPDATE ai_sessions s SET status = 'requesting_escalation', owner_id = NULL, created_at = least(s.created_at, at)
FROM handed WHERE s.account_id = %(account)s AND s.id = handed.id;
"""
