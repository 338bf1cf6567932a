"""What is looked for, as PostgreSQL understands it."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flowpilot.clients.queries import names_of_clients
from flowpilot.db.session import ReadDb
from flowpilot.identity.queries import names_with
from flowpilot.sessions.search.words import words_in

# A page needs few of the sessions that are found. PostgreSQL may look into the texts of the newest sessions until
# it has enough, or ask the index of words for all. It takes the first for cheaper than it is, unless it believes
# that hardly any page is cached: otherwise it counts the pages of the texts once for all sessions of the account,
# of which it then reads a part. Workers beside it read far beyond that part.
_PLANNING = "SET LOCAL effective_cache_size = '8MB'; SET LOCAL max_parallel_workers_per_gather = 0"

# The id of a person or a client, and what they are called.
Named = tuple[uuid.UUID, str]


@dataclass(frozen=True, slots=True)
class Question:
    """The words that are looked for, and what everybody is called whose name may have them."""

    words: Sequence[str]
    names: Mapping[uuid.UUID, str]


async def look_for(db: ReadDb, account_id: uuid.UUID, text: str) -> Question | None:
    """From now on, this transaction sees the words of those sessions alone that have all words of the text.

    Returns: None if the text has no words, so that there is nothing to look for.
    """
    words = words_in(text)
    if not words:
        return None
    named = [*await names_with(db, account_id, words), *await names_of_clients(db, account_id, words)]
    # It has letters, digits and dashes, and what `query_of` puts between them: nothing that ends a literal.
    query = query_of(words, named)
    await (await db.connection()).exec_driver_sql(f"SET LOCAL app.search = '{query}'; {_PLANNING}")
    return Question(words, dict(named))


def query_of(words: Sequence[str], named: Iterable[Named]) -> str:
    """A tsquery for texts that have each word, as the beginning of one, or the id of somebody who is called so."""
    called = [(str(own_id), words_in(name)) for own_id, name in named]
    return " & ".join(f"({' | '.join(_alternatives(word, called))})" for word in words)


def _alternatives(word: str, called: Sequence[tuple[str, list[str]]]) -> list[str]:
    ids = {own_id for own_id, names in called if any(name.startswith(word) for name in names)}
    return [f"{word}:*", *sorted(ids)]
