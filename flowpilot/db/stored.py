"""Whether anything is stored meanwhile, for what has to know it of a whole request."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from flowpilot.db.session import Db

# PostgreSQL gives a transaction a number with the first row that it writes or locks. Of a row that is on another
# machine only that one knows, so there whatever may write counts.
_HAS_STORED = text("""
SELECT pg_current_xact_id_if_assigned() IS NOT NULL OR EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
""")


@dataclass(slots=True)
class Stored:
    """What is known of it so far."""

    has_stored: bool = False


_watching: ContextVar[Stored | None] = ContextVar("stored", default=None)


@contextmanager
def watch_what_is_stored() -> Iterator[Stored]:
    """Find out whether a transaction of this task, or of one that it starts, stores anything meanwhile."""
    stored = Stored()
    token = _watching.set(stored)
    try:
        yield stored
    finally:
        _watching.reset(token)


async def ask_what_is_stored(db: "Db") -> None:
    """Ask it of a transaction that is about to commit, if somebody wants to know."""
    stored = _watching.get()
    if stored is not None and not stored.has_stored:
        stored.has_stored = bool(await db.scalar(_HAS_STORED))


def say_it_is_stored() -> None:
    """Say it for a transaction that is not asked."""
    stored = _watching.get()
    if stored is not None:
        stored.has_stored = True
