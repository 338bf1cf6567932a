"""What is said again and again in the window's newest sessions without a flow.

Which phrases these are follows from the texts alone. So a process remembers in which texts they are, and a digest
of all texts, but no word: as long as the digest is the same, only the texts with the phrases are sent.
"""

import asyncio
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Container, Sequence
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.knowledge_gaps.patterns import Phrase, Text, repeated_phrases, said_at
from flowpilot.analytics.period import Window
from flowpilot.analytics.phrases import NEWEST, SAID, SILENT, spoken_words
from flowpilot.analytics.sql import statement
from flowpilot.analytics.summed.memory import Key, memory
from flowpilot.db.session import ReadDb

MOST_PATTERNS = 10

# Their number and digest; and all texts, if the digest is another one than that which is known. What goes into the
# digest says how long each text is, so that no other texts have the same.
_TEXTS_SQL = statement(f"""
WITH newest AS MATERIALIZED ({NEWEST}),
every AS MATERIALIZED (
    SELECT count(*) AS n, md5(string_agg(
        id::text || octet_length(problem_summary) || ' ' || problem_summary
        || coalesce(octet_length(problem_domain) || ' ' || problem_domain, '-'), ''
    )) AS digest
    FROM newest
)
SELECT NULL::uuid AS id, NULL AS domain, NULL AS said, NULL AS words, n, digest FROM every
UNION ALL
SELECT id, {SAID}, NULL, NULL FROM newest
WHERE id = ANY (CAST(:sessions AS uuid[]))
   OR (SELECT digest FROM every) IS DISTINCT FROM CAST(:known AS text)
""")
# The stems of each word alone, and those that say nothing.
_STEMS_SQL = statement(f"""
SELECT word, CAST(to_tsvector('english', word) AS text) AS stems FROM unnest(CAST(:words AS text[])) AS word
UNION ALL SELECT NULL, array_to_string({SILENT}, ' ')
""")
# A stem in what PostgreSQL writes, which has only letters, and its places.
_STEM = re.compile(r"'(\w+)':([\d,]+)")

_BYTES_OF_PHRASE = 400


class Repeated(NamedTuple):
    """A phrase that many say, the words that tell it, in how many texts it is, and the domain of most of them."""

    text: str
    words: Sequence[str]
    n: int
    domain: str | None


class _Place(NamedTuple):
    """Where a phrase is said as most do: the places of its telling words; and a session of the domain of most."""

    session_id: UUID
    places: Sequence[int]
    n: int
    of_domain: UUID


class _Known(NamedTuple):
    digest: str | None
    places: Sequence[_Place]


async def repeated(db: ReadDb, window: Window, least: Callable[[int], int]) -> tuple[Sequence[Repeated], int]:
    """The phrases that are said most, one for each theme, and the number of texts.

    Args:
        least: in how many of so many texts a phrase must be.
    """
    key: Key = window.account_id, "said", _asked(window)
    known: _Known = memory.get(key) or _Known(None, ())
    sessions = [session for one in known.places for session in (one.session_id, one.of_domain)]
    asked = {**window.parameters, "known": known.digest, "sessions": sessions}
    every, *rows = (await db.execute(narrowed(_TEXTS_SQL, window.only), asked)).all()
    if every.digest != known.digest:
        known = _Known(every.digest, await _places(db, rows, least(every.n)))
        memory.keep(key, known, _BYTES_OF_PHRASE * (1 + len(known.places)))
    by_id = {row.id: row for row in rows}
    return [_repeated(one, by_id[one.session_id], by_id[one.of_domain]) for one in known.places], every.n


def _asked(window: Window) -> bytes:
    """A window of another length, or narrowed to something else, has other texts."""
    asked = window.end - window.start, window.period, sorted(window.only.asked.items())
    return hashlib.blake2b(repr(asked).encode(), digest_size=16).digest()


def _repeated(one: _Place, row: Any, of_domain: Any) -> Repeated:
    return Repeated(*said_at(spoken_words(row.said, row.words), one.places), one.n, of_domain.domain)


async def _places(db: ReadDb, rows: Sequence[Any], least: int) -> Sequence[_Place]:
    if least > len(rows):
        return ()
    texts = await asyncio.to_thread(_texts, rows)
    stems = await stems_of(db, texts)
    found = await asyncio.to_thread(repeated_phrases, texts, stems, least, MOST_PATTERNS)
    return [_place(phrase, rows) for phrase in found]


def _place(phrase: Phrase, rows: Sequence[Any]) -> _Place:
    theirs = [rows[number] for number in sorted(phrase.texts)]
    domain = Counter(row.domain for row in theirs).most_common(1)[0][0]
    of_domain = next(row.id for row in theirs if row.domain == domain)
    return _Place(rows[phrase.number].id, phrase.places, len(theirs), of_domain)


def _texts(rows: Sequence[Any]) -> list[Text]:
    return [Text(spoken_words(row.said, row.words), row.domain) for row in rows]


async def stems_of(db: ReadDb, texts: Sequence[Text]) -> dict[str, list[str]]:
    """The stems of each word that say something, as `phrases.telling` has them. Words are few beside texts."""
    words = list(dict.fromkeys(chain.from_iterable(text.words for text in texts)))
    *rows, last = (await db.execute(_STEMS_SQL, {"words": words})).all()
    silent = frozenset(last.stems.split(" "))
    return {row.word: _in_order(row.stems, silent) for row in rows}


def _in_order(stems: str, silent: Container[str]) -> list[str]:
    found = [
        (int(place), stem)
        for stem, places in _STEM.findall(stems)
        if len(stem) > 1 and stem not in silent
        for place in places.split(",")
    ]
    return [stem for _, stem in sorted(found)]
