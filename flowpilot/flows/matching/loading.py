"""Reads an account's library into memory, once for each set of published versions, and a problem's stems.

PostgreSQL stems the texts, because it stemmed the flows.
"""

import asyncio
import uuid
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from flowpilot.db.session import ReadDb
from flowpilot.flows.matching.evidence import Heard, without_repeats
from flowpilot.flows.matching.library import FlowWords, Library
from flowpilot.flows.matching.meaning import from_bytes, model
from flowpilot.flows.matching.problem import Word
from flowpilot.flows.matching.vocabulary import COMMON, SYNONYMS

# How many accounts' libraries a process keeps. One of 40 flows takes about a megabyte.
_MOST_KEPT = 32

_PUBLISHED = """
    FROM trees t
    WHERE t.account_id = :account_id AND t.is_active AND t.deleted_at IS NULL
      AND t.published_version_id IS NOT NULL
"""

# A letter or a number of two digits occurs everywhere.
_STEMS = "array_to_string(array(SELECT l.lexeme FROM unnest(to_tsvector('english', {})) l), ' ')"

_STATE = text(
    f"""
SELECT array(SELECT {_STEMS.format("w.form")} FROM unnest(CAST(:forms AS text[])) WITH ORDINALITY w (form, place)
             ORDER BY w.place) AS stems,
       (SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t.published_version_id::text, 0)::numeric), 0)
        {_PUBLISHED}) || ' ' || (
            SELECT count(*) FROM flow_meanings m WHERE m.account_id = :account_id AND m.model = :model
        ) AS state
"""  # noqa: S608 - It is made of our own constants.
)

_FLOWS = text(
    rf"""
SELECT t.id, t.published_version_id,
       CASE WHEN new.is_new THEN array(
           SELECT {_STEMS.format("l.words")}
           FROM unnest(string_to_array(t.search_text, E'\n')) WITH ORDINALITY l (words, line) ORDER BY l.line
       ) END AS lines,
       searched.stems, searched.prominence, m.vectors,
       CASE WHEN m.vectors IS NOT NULL THEN t.search_text END AS named
{
        _PUBLISHED.replace(
            "WHERE",
            '''
    CROSS JOIN LATERAL (SELECT t.published_version_id <> ALL (CAST(:known AS uuid[])) AS is_new) new
    LEFT JOIN LATERAL (
        SELECT array_agg(w.lexeme) AS stems,
               array_agg(CASE WHEN 'A' = ANY (w.weights) THEN 1.0 WHEN 'B' = ANY (w.weights) THEN 0.5
                              WHEN 'C' = ANY (w.weights) THEN 0.15 ELSE 0.1 END::float8) AS prominence
        FROM unnest(t.search) w
    ) searched ON new.is_new
    LEFT JOIN flow_meanings m ON m.account_id = :account_id AND m.version_id = t.published_version_id
        AND m.model = :model AND new.is_new
    WHERE''',
        )
    }
ORDER BY t.id
"""  # noqa: S608 - It is made of our own constants.
)

_VOCABULARY = text(
    f"SELECT {_STEMS.format(':common')} AS common,"  # noqa: S608 - It is made of our own constants.
    f" array(SELECT {_STEMS.format('s.words')} FROM unnest(CAST(:synonyms AS text[])) s (words)) AS synonyms"
)


@dataclass(frozen=True, slots=True)
class Stemmed:
    """The help desk's vocabulary as stems: the common words, and for each other word those that mean the same."""

    common: frozenset[str]
    synonyms: dict[str, set[str]]


_kept: OrderedDict[uuid.UUID, tuple[str, Library]] = OrderedDict()
_vocabulary: list[Stemmed] = []


async def stemmed_vocabulary(db: ReadDb) -> Stemmed:
    """The vocabulary, which is stemmed once in each process."""
    if not _vocabulary:
        values = {"common": COMMON, "synonyms": list(SYNONYMS)}
        row = (await db.execute(_VOCABULARY, values)).one()
        synonyms: dict[str, set[str]] = defaultdict(set)
        for group in (set(words.split()) for words in row.synonyms):
            for word in group:
                synonyms[word] |= group - {word}
        _vocabulary.append(Stemmed(frozenset(row.common.split()), dict(synonyms)))
    return _vocabulary[0]


async def load(db: ReadDb, account_id: uuid.UUID, words: Sequence[Word]) -> tuple[Library, list[Heard]]:
    """The account's library as it is, and the words as stems: one statement, two after a publication."""
    vocabulary = await stemmed_vocabulary(db)
    forms = [form for word in words for form in word.forms]
    row = (await db.execute(_STATE, {"account_id": account_id, "forms": forms, "model": model() or ""})).one()
    kept = _kept.get(account_id)
    if kept is None or kept[0] != row.state:
        kept = _kept[account_id] = row.state, await _read(db, account_id, kept, vocabulary)
    _kept.move_to_end(account_id)
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return kept[1], _heard(words, dict(zip(forms, row.stems, strict=True)))


def lacks_meaning(account_id: uuid.UUID) -> bool:
    """Whether the account's library, as it was last read here, has flows whose meaning is missing."""
    kept = _kept.get(account_id)
    return model() is not None and kept is not None and bool(kept[1].flows) and not kept[1].has_meaning


async def _read(
    db: ReadDb, account_id: uuid.UUID, kept: tuple[str, Library] | None, vocabulary: Stemmed
) -> Library:
    flows = () if kept is None else kept[1].flows
    known = {flow.version_id: flow for flow in flows if flow.vectors is not None or model() is None}
    values = {"account_id": account_id, "known": list(known), "model": model() or ""}
    rows = (await db.execute(_FLOWS, values)).all()
    return await asyncio.to_thread(_build, rows, known, vocabulary)


def _build(
    rows: Sequence[Row[tuple[Any, ...]]], known: dict[uuid.UUID, FlowWords], vocabulary: Stemmed
) -> Library:
    flows = [known.get(row.published_version_id) or _flow_words(row) for row in rows]
    return Library(flows, vocabulary.common)


def _flow_words(row: Row[tuple[Any, ...]]) -> FlowWords:
    return FlowWords(
        row.id,
        row.published_version_id,
        dict(zip(row.stems or (), row.prominence or (), strict=True)),
        [frozenset(filter(_says_something, line.split())) for line in row.lines],
        () if row.named is None else row.named.split("\n"),
        None if row.vectors is None else from_bytes(row.vectors),
    )


def _heard(words: Sequence[Word], stems: dict[str, str]) -> list[Heard]:
    heard = []
    for word in words:
        sure: dict[str, float] = {}
        for form, weight in word.forms.items():
            for stem in filter(_says_something, stems[form].split()):
                sure[stem] = max(weight, sure.get(stem, 0))
        heard.append(Heard(word.said, sure, word.is_mistakable))
    return without_repeats(heard)


def _says_something(stem: str) -> bool:
    """Whether it is more than a letter or a number of two digits."""
    return (len(stem) > 1 and not (stem.isdigit() and len(stem) < 3)) or not stem.isascii()
