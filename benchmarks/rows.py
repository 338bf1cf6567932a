"""The SQL that makes a help desk's history. Expects a temporary table `sizes (account_id, sessions)`.

Accounts grow side by side and in the order of time, as they would on a server that they share: a batch holds
one slice of every account's history. Every random draw is made once, in `drawn`; all else follows from it.
"""

DAYS_IN_WINDOW = 90
DAYS_IN_ALL = 200
SHARE_IN_WINDOW = 0.6
STEPS = 5

# Run once, before the first batch: the people, the flow library and the proposals of every account.
LIBRARY = """
CREATE TEMP TABLE people AS
SELECT account_id, number, uuidv7() AS id FROM sizes, generate_series(0, 7) number;

INSERT INTO users (id, email, name)
SELECT id, id || '@bench.example', 'Engineer ' || number FROM people;

INSERT INTO memberships (account_id, user_id, role)
SELECT account_id, id, 'engineer' FROM people;

CREATE TEMP TABLE domains AS
SELECT number - 1 AS number, name
FROM unnest('{email,network,printing,vpn,identity,backup,hardware,telephony}'::text[])
     WITH ORDINALITY AS named (name, number);

CREATE TEMP TABLE shelves AS
SELECT account_id, number, uuidv7() AS id, initcap(name) AS name FROM sizes, domains;

INSERT INTO tree_categories (account_id, id, name)
SELECT account_id, id, name FROM shelves;

CREATE TEMP TABLE flows AS
SELECT account_id, number, uuidv7() AS id FROM sizes, generate_series(0, 19) number;

INSERT INTO trees (account_id, id, name, origin, category_id, is_active, created_at, deleted_at)
SELECT f.account_id, f.id, format('%s flow %s', s.name, f.number),
       (ARRAY['manual', 'manual', 'ai_generated', 'ai_enhanced'])[1 + f.number % 4],
       s.id, f.number <> 18, now() - interval '300 days',
       CASE WHEN f.number = 19 THEN now() - interval '20 days' END
FROM flows f
JOIN shelves s ON s.account_id = f.account_id AND s.number = f.number % 8;

INSERT INTO flow_proposals (account_id, id, status, created_at, reviewed_at)
SELECT account_id, uuidv7(),
       (ARRAY['pending', 'approved', 'modified', 'rejected'])[1 + number % 4],
       now() - number * interval '4 days' - interval '1 day',
       CASE WHEN number % 4 > 0 THEN now() - number * interval '4 days' END
FROM sizes, generate_series(0, 49) number;
"""

# Parameters: batch, batches, built_at. No time is after built_at: young sessions are shortened to fit.
BATCH = f"""
CREATE TEMP TABLE batch ON COMMIT DROP AS
WITH drawn AS MATERIALIZED (
    SELECT a.account_id, (n + random()) / a.sessions AS share,
           random() AS fate, random() AS fit, random() AS flow_luck, random() AS ticket_luck,
           random() AS post_luck,
           CASE WHEN random() < 0.94 THEN floor(8 * power(random(), 1.6)) END AS domain,
           CASE WHEN random() < 0.3 THEN 5 - floor(5 * power(random(), 2)) END AS rating,
           CASE WHEN random() < 0.6 THEN round((0.1 + exp(random_normal(-1.2, 0.8)))::numeric, 2) END AS hours,
           floor(8 * random()) AS engineer, floor(8 * random()) AS senior,
           random(2, 4) AS answer_count, floor(5 * power(random(), 3)) AS free_texts,
           random(1, 10) AS subject, random(1, 10) AS symptom, random(1, 10) AS moment,
           exp(random_normal(1.2, 0.9)) AS pace, exp(random_normal(2.5, 1.3)) AS wait,
           exp(random_normal(0.5, 1.1)) AS reaction
    FROM sizes a
    CROSS JOIN LATERAL generate_series(
        a.sessions * %(batch)s / %(batches)s, a.sessions * (%(batch)s + 1) / %(batches)s - 1) n
),
aged AS (
    SELECT *, greatest(60, 1440 * CASE
               WHEN share >= {1 - SHARE_IN_WINDOW} THEN {DAYS_IN_WINDOW} * (1 - share) / {SHARE_IN_WINDOW}
               ELSE {DAYS_IN_ALL} - {DAYS_IN_ALL - DAYS_IN_WINDOW} * share / {1 - SHARE_IN_WINDOW}
           END) AS age_minutes
    FROM drawn
),
begun AS (
    SELECT *, %(built_at)s::timestamptz - age_minutes * interval '1 minute' AS created_at,
           least(1, age_minutes / (7 * pace + wait + reaction)) * interval '1 minute' AS minute
    FROM aged
),
handed AS (
    SELECT *, pace * minute AS step,
           CASE WHEN fate < 0.20 THEN created_at + CASE WHEN fate < 0.14 THEN 3 ELSE 5 END * pace * minute END
               AS handed_at
    FROM begun
),
claimed AS (
    SELECT *, CASE WHEN fate < 0.16 THEN handed_at + wait * minute END AS claimed_at FROM handed
),
acted AS (
    SELECT *, CASE WHEN fate < 0.14 THEN claimed_at + reaction * minute END AS action_at FROM claimed
),
ended AS (
    SELECT *, coalesce(action_at + step, created_at + {STEPS} * step) AS ended_at,
           CASE WHEN fate < 0.06 THEN 'resolved' WHEN fate < 0.16 THEN 'escalated'
                WHEN fate < 0.20 THEN 'requesting_escalation' WHEN fate < 0.76 THEN 'resolved'
                WHEN fate < 0.87 THEN 'abandoned' WHEN fate < 0.94 THEN 'active' ELSE 'paused' END AS status,
           CASE WHEN fit < 0.45 THEN 'guided' WHEN fit < 0.75 THEN 'exploring' WHEN fit < 0.95 THEN 'discovery' END
               AS tier
    FROM acted
)
SELECT e.*, uuidv7(e.created_at - now()) AS id, d.name AS domain_name, f.id AS flow_id,
       engineer.id AS engineer_id, senior.id AS senior_id,
       least(e.free_texts, e.answer_count) AS free_text_count,
       CASE WHEN status = 'resolved' AND ticket_luck < 0.98 THEN ended_at END AS resolved_at,
       CASE WHEN ticket_luck < 0.75 THEN 'T' || floor(10000000 * ticket_luck) END AS ticket
FROM ended e
JOIN people engineer ON engineer.account_id = e.account_id AND engineer.number = e.engineer
JOIN people senior ON senior.account_id = e.account_id AND senior.number = e.senior
LEFT JOIN domains d ON d.number = e.domain
LEFT JOIN flows f ON f.account_id = e.account_id AND e.tier IN ('guided', 'exploring')
    AND f.number = (e.domain::int + 8 * floor(3 * power(flow_luck, 2))::int) %% 20
ORDER BY e.created_at;

ANALYZE batch;
"""

SESSIONS = f"""
INSERT INTO ai_sessions (account_id, id, user_id, status, problem_summary, problem_domain, confidence_tier,
    matched_flow_id, psa_ticket_id, step_count, answer_count, free_text_count, session_rating, created_at,
    resolved_at)
SELECT account_id, id, engineer_id, status,
       concat_ws(' ',
           ('{{Outlook,Printer,VPN,Teams,Laptop,Backup,Scanner,Mailbox,Server,Telephone}}'::text[])[subject],
           ('{{"keeps asking for password","is very slow","cannot connect","shows certificate warning",
              "crashes at start","lost its settings","refuses login","stopped syncing","makes strange noise",
              "reports disk full"}}'::text[])[symptom],
           ('{{"since update","at the branch office","for new colleague","after move","on guest network",
              "when docked","every morning","in safe mode","for all accounting staff",
              "after power failure"}}'::text[])[moment]),
       domain_name, tier, flow_id, ticket, {STEPS}, answer_count, free_text_count, rating, created_at, resolved_at
FROM batch
"""

STEPS_OF_SESSIONS = f"""
INSERT INTO ai_session_steps (account_id, id, session_id, position, kind, actor_id, is_free_text, content,
    created_at)
SELECT account_id, uuidv7(at - now()), id, position,
       CASE WHEN position <= answer_count THEN 'answer'
            WHEN position = {STEPS} AND resolved_at IS NOT NULL THEN 'resolution' ELSE 'outcome' END,
       CASE WHEN at > claimed_at THEN senior_id ELSE engineer_id END,
       position <= free_text_count, '{{"text": "Checked the cable and the driver."}}', at
FROM batch, generate_series(1, {STEPS}) position,
     LATERAL (SELECT CASE WHEN position > 3 AND action_at IS NOT NULL THEN action_at + (position - 4) * step
                          ELSE created_at + position * step END AS at) timed
"""

# As `flowpilot/sessions/search` keeps them.
TEXTS = """
INSERT INTO session_texts (account_id, id, words)
SELECT account_id, id, array_to_tsvector(array_remove(people ||
    regexp_split_to_array(lower(concat_ws(' ', problem_summary, psa_ticket_id, said)), '[^a-z0-9]+'), ''))
FROM batch JOIN ai_sessions USING (account_id, id),
     LATERAL (SELECT array_agg(DISTINCT actor_id::text) || engineer_id::text AS people,
                     max(content->>'text') FILTER (WHERE kind = 'resolution') AS said
              FROM ai_session_steps p WHERE p.account_id = batch.account_id AND p.session_id = batch.id) steps
"""

# What nobody claimed in a day has expired.
HANDOFFS = """
INSERT INTO session_handoffs (account_id, id, session_id, created_by, created_at, reason, snapshot, claimed_by,
    claimed_at, first_action_at, first_action_by, claimant_action_at, closed_at)
SELECT account_id, uuidv7(handed_at - now()), id, engineer_id, handed_at, 'Beyond what I know',
       jsonb_build_object('tried', 'driver, cable, restart', 'domain', domain_name),
       CASE WHEN claimed_at IS NOT NULL THEN senior_id END, claimed_at, action_at,
       CASE WHEN action_at IS NOT NULL THEN senior_id END, action_at,
       CASE WHEN claimed_at IS NOT NULL THEN resolved_at
            WHEN handed_at < %(built_at)s::timestamptz - interval '1 day' THEN handed_at + interval '1 day' END
FROM batch
WHERE handed_at IS NOT NULL
"""

POSTS = """
INSERT INTO psa_post_logs (account_id, id, ai_session_id, ticket_id, status, retry_count, external_id, posted_at)
SELECT account_id, uuidv7(ended_at - now()), id, ticket,
       CASE WHEN post_luck < 0.54 THEN 'success' WHEN post_luck < 0.58 THEN 'failed' ELSE 'pending' END,
       CASE WHEN post_luck < 0.05 THEN 1 WHEN post_luck BETWEEN 0.54 AND 0.58 THEN 3 ELSE 0 END,
       CASE WHEN post_luck < 0.54 THEN 'N' || floor(100000000 * post_luck) END,
       CASE WHEN post_luck < 0.58 THEN ended_at END
FROM batch
WHERE post_luck < 0.6
"""

ACTIVITIES = """
INSERT INTO psa_activity_logs (account_id, id, session_id, activity_type, hours_logged, created_at)
SELECT account_id, uuidv7(ended_at - now()), id, type, CASE type WHEN 'time_entry_posted' THEN hours END, ended_at
FROM batch, unnest('{note_posted,time_entry_posted}'::text[]) type
WHERE CASE type WHEN 'note_posted' THEN post_luck < 0.54 ELSE hours IS NOT NULL END
"""

EACH_BATCH = (BATCH, SESSIONS, STEPS_OF_SESSIONS, TEXTS, HANDOFFS, POSTS, ACTIVITIES)
