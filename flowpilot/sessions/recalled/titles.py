"""What the titles of an account's sessions say, which a process remembers.

Which words a title has follows from it alone, and to have PostgreSQL find them costs the most of a comparison.
So it finds them once, and the title is known by its hash from then on. A removal leaves no word here: what is
remembered of a word is a hash that only this process can make.
"""

import secrets
import sys
import uuid
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from struct import iter_unpack
from typing import Any, NamedTuple

from sqlalchemy import Row, text

from flowpilot.db.session import ReadDb
from flowpilot.sessions.similar.likeness import of_problem
from flowpilot.sessions.similar.words import MAX_CHARACTERS, NEWEST, Vocabulary, Words, Worth, vocabulary_in

# So many resolved sessions are compared, and so many of the same client, which may be older.
_MOST, _OF_CLIENT = 2000, 500

# Those of so many accounts are remembered: a title takes 300 bytes. More of an account are of many clients.
_MOST_ACCOUNTS, _MOST_TITLES = 32, 8000

# Ids and hashes as one value, because to read each by itself takes longer than to find them.
_PAIR, _PAIRS = "!16sq", "string_agg(uuid_send(id) || int8send(hashtextextended(problem_summary, 0)), ''::bytea)"
_WITH_TITLE = "FROM ai_sessions WHERE account_id = :account_id AND problem_summary <> ''"
_RESOLVED = (
    f"{_WITH_TITLE} AND status = 'resolved' AND resolved_at IS NOT NULL"
    " AND id IS DISTINCT FROM CAST(:session_id AS uuid)"
)


def _newest(those: str, most: str) -> str:
    return (
        f"(SELECT {_PAIRS} FROM"  # noqa: S608 - It is made of our own constants.
        f" (SELECT id, problem_summary {those} ORDER BY created_at DESC LIMIT :{most}) s)"
    )


_SESSIONS = text(
    f"SELECT {_newest(_WITH_TITLE, 'newest')} AS newest, {_newest(_RESOLVED, 'most')} AS resolved,"
    f" {_newest(f'{_RESOLVED} AND client_id = CAST(:client_id AS uuid)', 'of_client')} AS theirs"
)
_STEMS = text("""
SELECT hashtextextended(problem_summary, 0) AS title,
       tsvector_to_array(to_tsvector('english', left(problem_summary, :longest))) AS stems
FROM ai_sessions WHERE account_id = :account_id AND id = ANY (:sessions)
""")


class _Said(NamedTuple):
    """The telling words of a title, and all that count for how common a word is; they are mostly the same."""

    telling: tuple[str, ...]
    counted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles to compare with, by their hashes: their sessions' ids and their words; and what each is worth.

    All words are `hidden`.
    """

    sessions: Mapping[int, Sequence[bytes]]
    words: Mapping[int, tuple[str, ...]]
    worth: Worth


_secret = secrets.token_bytes(16)
_kept: OrderedDict[uuid.UUID, dict[int, _Said]] = OrderedDict()


def hidden(word: str) -> str:
    """What stands for a word."""
    # Most words of a title are in others as well.
    return sys.intern("#" + blake2b(word.encode(), key=_secret, digest_size=8).hexdigest())


async def titles_to_compare(
    db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID | None, client_id: uuid.UUID | None
) -> Titles:
    """Those of the newest resolved sessions and of the client's, without the one that is asked about."""
    limits = {"newest": NEWEST, "most": _MOST, "of_client": _OF_CLIENT}
    asked = {"account_id": account_id, "session_id": session_id, "client_id": client_id, **limits}
    row = (await db.execute(_SESSIONS, asked)).one()
    newest, resolved, theirs = (list(iter_unpack(_PAIR, pairs or b"")) for pairs in row)
    known = await _known(db, account_id, [*newest, *resolved, *theirs])
    sessions: dict[int, list[bytes]] = {}
    for session, title in dict(chain(resolved, theirs)).items():
        sessions.setdefault(title, []).append(session)
    counted = Counter(chain.from_iterable([known[title].counted for _, title in newest]))
    return Titles(sessions, {title: known[title].telling for title in sessions}, Worth(len(newest), counted))


async def _known(db: ReadDb, account_id: uuid.UUID, needed: Sequence[tuple[bytes, int]]) -> Mapping[int, _Said]:
    """What these titles say; each is there with a session that has it."""
    known = _kept.setdefault(account_id, {})
    _kept.move_to_end(account_id)
    while len(_kept) > _MOST_ACCOUNTS:
        _kept.popitem(last=False)
    if missing := {title: session for session, title in needed if title not in known}:
        vocabulary = await vocabulary_in(db)
        asked = {
            "account_id": account_id,
            "sessions": [uuid.UUID(bytes=one) for one in missing.values()],
            "longest": MAX_CHARACTERS,
        }
        rows = (await db.execute(_STEMS, asked)).all()
        if len(known) + len(rows) > _MOST_TITLES:
            known = _kept[account_id] = {title: known[title] for _, title in needed if title in known}
        known |= _read(rows, vocabulary)
    return known


def _read(rows: Iterable[Row[Any]], vocabulary: Vocabulary) -> Iterable[tuple[int, _Said]]:
    for row in rows:
        # A common word counts only if it stands for others, too.
        words, telling = vocabulary.words(row.stems) - vocabulary.common, of_problem(vocabulary.telling(row.stems))
        counted = _hidden(of_problem(words))
        yield row.title, _Said(counted if telling == of_problem(words) else _hidden(telling), counted)


def _hidden(words: Words) -> tuple[str, ...]:
    return tuple(map(hidden, words))
