"""The resolved session that a ticket had last: it may be reopened instead of starting another one."""

from dataclasses import dataclass
from datetime import datetime

from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor
from flowpilot.sessions import api
from flowpilot.sessions.models import SessionStatus, StepKind
from flowpilot.sessions.reading.listing import SessionFilter
from flowpilot.sessions.schemas import SessionOut, StatusChangeOut

_OF_INTEREST = sorted(set(SessionStatus) - {SessionStatus.ABANDONED})


@dataclass(frozen=True, slots=True)
class ResolvedSession:
    """A resolved session: by whom, when, and what solved it, in one line. One from a log may know none of them."""

    session: SessionOut

    @property
    def by(self) -> str | None:
        """What the person who resolved it is called, if they are a member."""
        change = self._change
        if change is None or change.actor_id is None:
            return self.session.owner.name if self.session.owner else None
        return next((person.name for person in self.session.people if person.id == change.actor_id), None)

    @property
    def at(self) -> datetime | None:
        """When it was resolved."""
        change = self._change
        return self.session.resolved_at if change is None else change.created_at

    @property
    def first_line(self) -> str:
        """The first line of what solved it."""
        texts = [step.text or "" for step in self.session.steps if step.kind == StepKind.RESOLUTION]
        return next(iter(texts[-1].strip().splitlines()), "") if texts else ""

    @property
    def _change(self) -> StatusChangeOut | None:
        changes = [one for one in self.session.status_changes if one.to_status == SessionStatus.RESOLVED]
        return changes[-1] if changes else None


async def newest_resolved(actor: Actor, db: ReadDb, ticket: str) -> ResolvedSession | None:
    """The newest session on a ticket, if it is resolved. One that was abandoned has not changed what solved it."""
    if not ticket.strip():
        return None
    newest = (
        await api.list_sessions(actor, SessionFilter(status=_OF_INTEREST, ticket=ticket.strip()), db, limit=1)
    ).items
    if not newest or newest[0].status != SessionStatus.RESOLVED:
        return None
    return ResolvedSession(await api.read_session(newest[0].id, actor, db))
