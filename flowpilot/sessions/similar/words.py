"""The words of texts that say something about a problem, as PostgreSQL's English dictionary stems them.

Words that mean the same count as one, an action counts as such, and words that occur in any problem do not
count at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from uuid import UUID

from sqlalchemy import text

from flowpilot.db.session import ReadDb
from flowpilot.flows.matching.vocabulary import COMMON, SYNONYMS
from flowpilot.sessions.similar.vocabulary import ACTIONS, BESIDE, FILLERS

Words = frozenset[str]

# The rest of a longer text is more often a log than a description.
_MAX_CHARACTERS = 4000

# So many sessions say how common a word is in the account.
_NEWEST = 2000

# A small account counts as one with so many sessions, so that three of the same kind do not make a word common.
_LEAST = 40

_LEXEMES = """
WITH common AS MATERIALIZED (SELECT lexeme FROM unnest(to_tsvector('english', :common))),
meanings AS MATERIALIZED (
    SELECT DISTINCT ON (w.lexeme) w.lexeme, g.sign || g.meaning AS meaning
    FROM (
        SELECT '!' AS sign, * FROM unnest(CAST(:actions AS text[])) WITH ORDINALITY a (words, meaning)
        UNION ALL
        SELECT '=', * FROM unnest(CAST(:synonyms AS text[])) WITH ORDINALITY s (words, meaning)
    ) g, unnest(to_tsvector('english', g.words)) w
    ORDER BY w.lexeme, g.sign, g.meaning
)
"""
_VOCABULARY = {"common": f"{COMMON} {FILLERS}", "synonyms": list(SYNONYMS), "actions": list(ACTIONS)}

# What the words of one meaning begin with, in place of the words.
_ACTION, _MEANING = "!", "="
_GROUPED = _ACTION, _MEANING

_WORDS = text(
    _LEXEMES
    + """
SELECT t.place, array_agg(DISTINCT coalesce(m.meaning, l.lexeme)) AS words
FROM unnest(CAST(:texts AS text[])) WITH ORDINALITY t (said, place), unnest(to_tsvector('english', t.said)) l
LEFT JOIN meanings m USING (lexeme)
WHERE NOT EXISTS (SELECT FROM common c WHERE c.lexeme = l.lexeme)
GROUP BY t.place
"""
)

_FREQUENCIES = text(
    _LEXEMES  # noqa: S608 - It is made of our own constants.
    + """,
newest AS MATERIALIZED (
    SELECT id, problem_summary FROM ai_sessions
    WHERE account_id = :account_id AND problem_summary <> ''
    ORDER BY created_at DESC LIMIT :newest
)
SELECT coalesce(m.meaning, l.lexeme) AS word, count(DISTINCT n.id) AS sessions, (SELECT count(*) FROM newest) AS n
FROM newest n, unnest(to_tsvector('english', left(n.problem_summary, :longest))) l
LEFT JOIN meanings m USING (lexeme)
GROUP BY word
"""
)


@dataclass(frozen=True, slots=True)
class Worth:
    """How much a word says: the fewer of the account's newest sessions have it, the more.

    `n` is the number of those sessions, `sessions` how many of them have each word.
    """

    n: int = 0
    sessions: Mapping[str, int] = field(default_factory=dict)

    def of(self, word: str) -> float:
        """Inverse document frequency, at least a little."""
        n = max(self.n, _LEAST)
        return max(log((n + 1) / (self.sessions.get(word, 0) + 0.5)), 0.1)


def actions_in(words: Words) -> Words:
    """The actions among the words: *restart* and *reboot* are one, *enable* and *disable* are two."""
    return frozenset(word for word in words if word.startswith(_ACTION))


def numbers_in(words: Words) -> Words:
    """The words with a digit: numbers, error codes, ports, and names such as *KB5039212*."""
    return frozenset(word for word in words if not word.startswith(_GROUPED) and any(map(str.isdigit, word)))


def short_numbers_in(words: Words) -> Words:
    """The numbers of one or two digits, which count something but name nothing."""
    return frozenset(word for word in words if len(word) <= 2 and word.isdigit())


async def words_of(db: ReadDb, texts: Sequence[str]) -> list[Words]:
    """The telling words of each text, in the texts' order."""
    values = {"texts": [said[:_MAX_CHARACTERS] for said in texts], **_VOCABULARY}
    found = {row.place: frozenset(row.words) for row in await db.execute(_WORDS, values)}
    return [found.get(place, frozenset()) for place in range(1, len(texts) + 1)]


async def words_and_remarks(db: ReadDb, texts: Sequence[str]) -> tuple[list[Words], list[bool]]:
    """The telling words of each text, and whether it says nothing of a fix (`BESIDE`)."""
    beside, *words = await words_of(db, [BESIDE, *texts])
    return words, [each <= beside for each in words]


async def worth_in(db: ReadDb, account_id: UUID) -> Worth:
    """How much each word says in this account."""
    values = {"account_id": account_id, "newest": _NEWEST, "longest": _MAX_CHARACTERS, **_VOCABULARY}
    rows = (await db.execute(_FREQUENCIES, values)).all()
    return Worth(rows[0].n if rows else 0, {row.word: row.sessions for row in rows})
