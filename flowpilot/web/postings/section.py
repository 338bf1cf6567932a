"""What was posted to a session's ticket, as a part of the session's pages."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.members.tokens import takes_tokens
from flowpilot.psa.postings import api
from flowpilot.psa.postings.minutes import PostedTime, posted_times
from flowpilot.psa.postings.models import WAITING, State
from flowpilot.psa.postings.schemas import PostingOut
from flowpilot.psa.rules.models import PsaRules
from flowpilot.psa.rules.queries import connection_and_rules
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.schemas import SessionOut
from flowpilot.sessions.transitions import OPEN
from flowpilot.web.outdated import digest

# A session has a handful; more are in the list of all.
_MOST = 50

# How often the page asks for news of what goes now, and of what waits for a later time.
_SOON, _LATER = timedelta(seconds=3), timedelta(minutes=1)


def seconds_to_news(postings: Sequence[PostingOut], connection: PsaConnection | None, now: datetime) -> int | None:
    """After how many seconds there may be news of these; None while nothing can happen by itself."""
    due = [one.due_at for one in postings if one.state in WAITING and one.due_at is not None]
    if not due or connection is None:
        return None
    is_soon = min(due) < now + _LATER and connection.paused_at is None
    return int((_SOON if is_soon else _LATER).total_seconds())


@dataclass(frozen=True, slots=True)
class SessionPostings:
    """A session's postings, the newest first, and where they go. `has_more`: there are older ones."""

    session_id: uuid.UUID
    ticket_id: str | None
    has_ended: bool
    was_abandoned: bool
    connection: PsaConnection | None
    rules: PsaRules
    postings: list[PostingOut]
    has_more: bool

    @property
    def is_paused(self) -> bool:
        """Whether nothing goes over the connection."""
        return self.connection is not None and self.connection.paused_at is not None

    @property
    def times(self) -> list[PostedTime]:
        """Everybody's time that was posted."""
        return posted_times(self.postings)

    @property
    def seen(self) -> str:
        """A digest of what is shown: while it is the same, a page need not be changed."""
        connection = self.connection
        health = None if connection is None else (connection.paused_at, connection.quiet_until, connection.trouble)
        said = [posting.model_dump_json() for posting in self.postings]
        return digest(self.ticket_id, health, *said)

    def pause(self, now: datetime) -> int | None:
        """After how many seconds the page asks again; None while nothing can happen by itself."""
        return seconds_to_news(self.postings, self.connection, now)

    @property
    def by_itself(self) -> str:
        """What the account posts when a session ends: `its note and time go`; empty if nothing is."""
        rules = self.rules
        wanted = [(rules.posts_note, "note"), (rules.posts_time, "time"), (rules.posts_status, "status")]
        names = [name for is_wanted, name in wanted if is_wanted]
        if len(names) < 2:
            return f"its {names[0]} goes" if names else ""
        return f"its {', '.join(names[:-1])} and {names[-1]} go"

    @property
    def names_person_first(self) -> bool:
        """Whether the first line of a note says whose time goes with it, because it is booked on somebody else."""
        connection = self.connection
        return connection is not None and takes_tokens(connection) and self.rules.posts_time

    @property
    def notes(self) -> list[PostingOut]:
        """The postings of the session's note that were not given up, the newest first."""
        return [
            one
            for one in self.postings
            if one.audience == "internal" and one.text is not None and one.state != State.ABANDONED
        ]

    @property
    def is_posted(self) -> bool:
        """Whether the session's own note has been posted, or is about to be."""
        return any(one.audience == "internal" and one.state != State.ABANDONED for one in self.postings)


async def session_postings(
    actor: Actor,
    db: ReadDb,
    session_id: uuid.UUID,
    ticket_id: str | None,
    *,
    has_ended: bool,
    was_abandoned: bool,
) -> SessionPostings | None:
    """What was posted of a session; None if nothing was, and no ticket system is connected."""
    connection, rules = await connection_and_rules(db, actor.account_id)
    found = await api.list_postings(actor, db, session_id=session_id, limit=_MOST)
    if connection is None and not found.items:
        return None
    return SessionPostings(
        session_id=session_id,
        ticket_id=ticket_id,
        has_ended=has_ended,
        was_abandoned=was_abandoned,
        connection=connection,
        rules=rules,
        postings=found.items,
        has_more=found.next_cursor is not None,
    )


async def postings_of(actor: Actor, db: ReadDb, session: AISession | SessionOut) -> SessionPostings | None:
    """The same for a session that was read."""
    return await session_postings(
        actor,
        db,
        session.id,
        session.psa_ticket_id,
        has_ended=session.status not in OPEN,
        was_abandoned=session.status == SessionStatus.ABANDONED,
    )
