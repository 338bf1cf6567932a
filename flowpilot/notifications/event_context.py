"""An event with everything that its message needs."""

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.identity.queries import names_of
from flowpilot.notifications.damaged import as_id
from flowpilot.notifications.joins import belongs
from flowpilot.sessions.models import AISession


@dataclass(frozen=True, slots=True)
class EventContext:
    """An event, its handoff and session, and the names of the people in it by their ids.

    `question`: the one that it is about, if it is about one.
    """

    event: HandoffEvent
    handoff: SessionHandoff
    session: AISession
    names: Mapping[uuid.UUID, str]
    question: HandoffQuestion | None = None

    def name(self, user_id: uuid.UUID | str | None) -> str:
        """A person's name; former members can no longer be named."""
        if user_id is None:
            return "nobody"
        known = as_id(user_id)
        return "somebody" if known is None else self.names.get(known, "a former member") or "somebody"


# Built once, because each event is read for those who are notified of it.
_EVENTS = Built(
    select(HandoffEvent, SessionHandoff, AISession)
    .join(SessionHandoff, belongs(SessionHandoff, HandoffEvent, HandoffEvent.handoff_id))
    .join(AISession, belongs(AISession, SessionHandoff, SessionHandoff.session_id))
    .where(
        HandoffEvent.account_id == bindparam("account"),
        HandoffEvent.id == any_(bindparam("events", type_=ARRAY(Uuid))),
    ),
    without=(SessionHandoff.snapshot, SessionHandoff.assessment),
)


async def event_contexts(
    db: ReadDb, account_id: uuid.UUID, event_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, EventContext]:
    """Events with their contexts, by the ids of the events."""
    rows = await _EVENTS.all(db, account=account_id, events=list(event_ids))
    names = await names_of(
        db, account_id, {user for event, handoff, _ in rows for user in _people(event, handoff)}
    )
    questions = await _questions(db, account_id, [event for event, _, _ in rows])
    return {
        event.id: EventContext(event, handoff, session, names, questions.get(event.content.get("question")))
        for event, handoff, session in rows
    }


async def _questions(
    db: ReadDb, account_id: uuid.UUID, events: Collection[HandoffEvent]
) -> dict[Any, HandoffQuestion]:
    """The questions that the events are about, by their ids as text. Without any, nothing is read."""
    asked = {as_id(event.content.get("question")) for event in events} - {None}
    if not asked:
        return {}
    query = select(HandoffQuestion).where(HandoffQuestion.account_id == account_id, HandoffQuestion.id.in_(asked))
    return {str(one.id): one for one in await db.scalars(query)}


def _people(event: HandoffEvent, handoff: SessionHandoff) -> Iterator[uuid.UUID]:
    in_content = (event.content.get("target"), event.content.get("holder"))
    known = (event.actor_id, handoff.created_by, handoff.target_user_id, handoff.claimed_by)
    yield from (user for user in known if user is not None)
    yield from (user for user in map(as_id, in_content) if user is not None)
