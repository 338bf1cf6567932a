"""The words of texts that say something about a problem, as PostgreSQL's English dictionary stems them.

Words that mean the same count as one, an action counts as such, and words that occur in any problem do not
count at all.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from uuid import UUID

from sqlalchemy import text

from flowpilot.db.session import ReadDb
from flowpilot.flows.matching.vocabulary import COMMON, SYNONYMS
from flowpilot.sessions.similar.vocabulary import ACTIONS, BESIDE, FILLERS

Words = frozenset[str]

# The rest of a longer text is more often a log than a description.
MAX_CHARACTERS = 4000

# So many sessions say how common a word is in the account.
NEWEST = 2000

# A small account counts as one with so many sessions, so that three of the same kind do not make a word common.
_LEAST = 40

# Words that say nothing, and lines of words that mean the same.
_LINES = [f"{COMMON} {FILLERS}", *ACTIONS, *SYNONYMS]

# What the words of one meaning begin with, in place of the words.
_ACTION, _MEANING = "!", "="
_GROUPED = _ACTION, _MEANING

_STEMS = text("""
SELECT tsvector_to_array(to_tsvector('english', said))
FROM unnest(CAST(:texts AS text[])) WITH ORDINALITY t (said, place) ORDER BY place
""")

_NEWEST_STEMS = text("""
SELECT tsvector_to_array(to_tsvector('english', left(problem_summary, :longest))) FROM (
    SELECT problem_summary FROM ai_sessions
    WHERE account_id = :account_id AND problem_summary <> ''
    ORDER BY created_at DESC LIMIT :newest
) t
""")


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


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What lexemes stand for: an action or another meaning; and which of them say nothing."""

    common: Words
    meanings: Mapping[str, str]

    def words(self, stems: Iterable[str]) -> Words:
        """What a text says."""
        return frozenset(self.meanings.get(stem, stem) for stem in stems)

    def telling(self, stems: Iterable[str]) -> Words:
        """What it says about a problem."""
        return self.words(stem for stem in stems if stem not in self.common)


_vocabulary: list[Vocabulary] = []


async def vocabulary_in(db: ReadDb) -> Vocabulary:
    """The vocabulary, which is stemmed once in each process."""
    if not _vocabulary:
        common, *lines = await _stems(db, _LINES)
        meanings: dict[str, str] = {}
        for sign, its_lines in ((_ACTION, lines[: len(ACTIONS)]), (_MEANING, lines[len(ACTIONS) :])):
            for number, line in enumerate(its_lines, start=1):
                for stem in line:
                    meanings.setdefault(stem, f"{sign}{number}")
        _vocabulary.append(Vocabulary(frozenset(common), meanings))
    return _vocabulary[0]


async def words_of(db: ReadDb, texts: Sequence[str]) -> list[Words]:
    """The telling words of each text, in the texts' order."""
    vocabulary = await vocabulary_in(db)
    return [vocabulary.telling(each) for each in await _stems(db, texts)]


async def _stems(db: ReadDb, texts: Sequence[str]) -> Sequence[Sequence[str]]:
    return (await db.scalars(_STEMS, {"texts": [text[:MAX_CHARACTERS] for text in texts]})).all()


async def words_and_remarks(db: ReadDb, texts: Sequence[str]) -> tuple[list[Words], list[bool]]:
    """The telling words of each text, and whether it says nothing of a fix (`BESIDE`)."""
    beside, *words = await words_of(db, [BESIDE, *texts])
    return words, [each <= beside for each in words]


async def worth_in(db: ReadDb, account_id: UUID) -> Worth:
    """How much each word says in this account."""
    vocabulary = await vocabulary_in(db)
    asked = {"account_id": account_id, "newest": NEWEST, "longest": MAX_CHARACTERS}
    stems = (await db.scalars(_NEWEST_STEMS, asked)).all()
    return Worth(len(stems), Counter(word for each in stems for word in vocabulary.words(each)))
