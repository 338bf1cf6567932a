"""The evidence for each flow: what it has in common with a problem text, in one SQL statement."""

from sqlalchemy import text

# Its parameters: account_id; words, the text's words in order; common and synonyms, from `vocabulary`; since and
# now, between which sessions count; cases, how many sessions a flow; most, how many flows at most.
EVIDENCE = text(
    r"""
WITH shelf AS MATERIALIZED (
    SELECT t.id, t.name, t.published_version_id, c.name AS category, t.search_text,
           t.doubted_since, t.doubts,
           t.search || '' AS search -- A copy, which is unpacked once and not for each word.
    FROM trees t
    LEFT JOIN tree_categories c ON c.account_id = t.account_id AND c.id = t.category_id
    WHERE t.account_id = :account_id AND t.is_active AND t.deleted_at IS NULL
      AND t.published_version_id IS NOT NULL
),
-- The name and the keywords of every flow, word by word.
lines AS MATERIALIZED (
    SELECT f.id, l.line, w.lexeme
    FROM shelf f, unnest(string_to_array(f.search_text, E'\n')) WITH ORDINALITY l (words, line),
         unnest(to_tsvector('english', l.words)) w
),
known AS MATERIALIZED (SELECT lexeme, count(DISTINCT id) AS flows FROM lines GROUP BY lexeme),
common AS MATERIALIZED (SELECT lexeme FROM unnest(to_tsvector('english', :common))),
synonyms AS MATERIALIZED (
    SELECT g.meaning, w.lexeme
    FROM unnest(CAST(:synonyms AS text[])) WITH ORDINALITY g (words, meaning),
         unnest(to_tsvector('english', g.words)) w
),
heard AS MATERIALIZED (
    SELECT l.lexeme, min(w.place) AS place, (array_agg(w.word ORDER BY w.place))[1] AS word
    FROM unnest(CAST(:words AS text[])) WITH ORDINALITY w (word, place), unnest(to_tsvector('english', w.word)) l
    GROUP BY l.lexeme
),
-- What each word may stand for: itself; if no flow has it, the word it is a misspelling of; its synonyms.
readings AS MATERIALIZED (
    SELECT heard, lexeme, max(sure) AS sure
    FROM (
        SELECT lexeme AS heard, lexeme, 1.0 AS sure FROM heard
        UNION ALL
        SELECT h.lexeme, k.lexeme, similarity(h.lexeme, k.lexeme)
        FROM heard h
        JOIN known k ON similarity(h.lexeme, k.lexeme) >= 0.43 AND abs(length(h.lexeme) - length(k.lexeme)) <= 2
            AND NOT starts_with(h.lexeme, k.lexeme) AND NOT starts_with(k.lexeme, h.lexeme)
        WHERE length(h.lexeme) >= 4 AND h.lexeme !~ '\d' AND h.lexeme NOT IN (SELECT lexeme FROM common)
          AND NOT EXISTS (SELECT FROM shelf f WHERE f.search @@ plainto_tsquery('english', h.word))
        UNION ALL
        SELECT h.lexeme, other.lexeme, 0.7
        FROM heard h JOIN synonyms s USING (lexeme) JOIN synonyms other USING (meaning)
    ) possible
    GROUP BY heard, lexeme
),
said AS MATERIALIZED (
    SELECT lexeme, max(sure) AS sure,
           CAST('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''' AS tsquery) AS query
    FROM readings
    GROUP BY lexeme
),
-- Which flows have a word, and how prominently: from 1 for once in a name or keyword to 0.1 for once in a help.
found AS MATERIALIZED (
    SELECT f.id, s.lexeme, ts_rank('{0.1, 0.15, 0.5, 1}', f.search, s.query) * pi() * pi() / 6 AS prominence
    FROM said s JOIN shelf f ON f.search @@ s.query
),
-- The fewer flows have a word, the more it is worth, up to 1. A small library counts as one of 20 flows.
worth AS MATERIALIZED (
    SELECT lexeme, lexeme NOT IN (SELECT lexeme FROM common) AS is_telling,
           ln((library.flows + 1) / (coalesce(f.flows, k.flows, 0) + 0.5)) / ln((library.flows + 1) / 0.5)
               * CASE WHEN lexeme IN (SELECT lexeme FROM common) THEN 0.15 ELSE 1 END AS worth
    FROM (SELECT greatest(count(*), 20) AS flows FROM shelf) library, said
    FULL JOIN known k USING (lexeme)
    LEFT JOIN (SELECT lexeme, sum(least(prominence, 1)) AS flows FROM found GROUP BY lexeme) f USING (lexeme)
),
-- How much of each keyword was said. A word counts by its best keyword.
keywords AS MATERIALIZED (
    SELECT l.id, l.line, sum(w.worth * s.sure) / sum(w.worth) AS share
    FROM lines l
    JOIN worth w USING (lexeme)
    LEFT JOIN said s USING (lexeme)
    GROUP BY l.id, l.line
),
pointed AS MATERIALIZED (
    SELECT l.id, l.lexeme, max(k.share) AS share
    FROM lines l
    JOIN said s USING (lexeme)
    JOIN keywords k USING (id, line)
    GROUP BY l.id, l.lexeme
),
counted AS MATERIALIZED (
    SELECT f.id, r.heard, bool_or(w.is_telling) AS is_telling,
           max((f.prominence + CASE WHEN w.is_telling THEN coalesce(p.share, 0) ELSE 0 END) * r.sure * w.worth)
               AS counts
    FROM readings r
    JOIN worth w USING (lexeme)
    JOIN found f USING (lexeme)
    LEFT JOIN pointed p USING (id, lexeme)
    GROUP BY f.id, r.heard
),
best AS MATERIALIZED (
    SELECT c.id, sum(c.counts) AS strength,
           array_agg(h.word ORDER BY c.counts DESC, h.place) FILTER (WHERE c.is_telling) AS words
    FROM counted c
    JOIN heard h ON h.lexeme = c.heard
    GROUP BY c.id
    HAVING bool_or(c.is_telling)
    ORDER BY strength DESC, c.id
    LIMIT :most
)
SELECT f.id, f.name, f.published_version_id, f.category, f.doubted_since, f.doubts, b.strength, b.words,
       past.cases, past.resolved
FROM best b
JOIN shelf f USING (id),
LATERAL (
    SELECT count(*) AS cases, count(*) FILTER (WHERE status = 'resolved') AS resolved
    FROM (
        SELECT s.status FROM ai_sessions s
        WHERE s.account_id = :account_id AND s.matched_flow_id = b.id AND s.created_at >= :since
          AND s.created_at < :now AND s.status NOT IN ('active', 'paused')
        ORDER BY s.created_at DESC
        LIMIT :cases
    ) latest
) past
"""
)
