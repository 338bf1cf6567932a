"""What live streams say, each message written once for all of them."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi.sse import format_sse_event
from pydantic import BaseModel
from sqlalchemy import and_, select

from flowpilot.db.session import ReadDb
from flowpilot.handoffs.models import HandoffEvent, HandoffEventKind, SessionHandoff
from flowpilot.identity.queries import names_of
from flowpilot.live.presence.board import PresenceState
from flowpilot.live.queries import SessionState


class LivePerson(BaseModel):
    """Somebody at a place, and what they do there."""

    user_id: uuid.UUID
    name: str
    state: PresenceState


class LiveEvent(BaseModel):
    """What a stream says of an event. `actor_name` is null if nobody acted, or a former member."""

    handoff_id: uuid.UUID
    session_id: uuid.UUID
    kind: HandoffEventKind
    actor_id: uuid.UUID | None
    actor_name: str | None
    at: datetime
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """An event as it is sent, written once for all streams."""

    number: int
    text: bytes


async def messages_after(db: ReadDb, account_id: uuid.UUID, number: int, limit: int) -> list[Message]:
    """The account's events after a number, oldest first."""
    query = (
        select(HandoffEvent, SessionHandoff.session_id)
        .join(
            SessionHandoff,
            and_(
                SessionHandoff.account_id == HandoffEvent.account_id, SessionHandoff.id == HandoffEvent.handoff_id
            ),
        )
        .where(HandoffEvent.account_id == account_id, HandoffEvent.number > number)
        .order_by(HandoffEvent.number)
        .limit(limit)
    )
    rows = (await db.execute(query)).all()
    names = await names_of(db, account_id, {event.actor_id for event, _ in rows if event.actor_id is not None})
    return [_message(event, session_id, names) for event, session_id in rows]


def counts_message(counts: BaseModel) -> bytes:
    """The counts of what needs somebody's attention, as sent. Without an id: a stream does not resume from it."""
    return format_sse_event(event="counts", data_str=counts.model_dump_json())


def step_message(state: SessionState) -> bytes:
    """How far a session is. Without an id, as all that is not an event."""
    said = {"session_id": str(state.session_id), "position": state.position, "version": state.version}
    return format_sse_event(event="step", data_str=json.dumps(said))


def presence_message(place: uuid.UUID, people: Sequence[LivePerson] = ()) -> bytes:
    """Who is at a place now."""
    said = {"place": str(place), "people": [one.model_dump(mode="json") for one in people]}
    return format_sse_event(event="presence", data_str=json.dumps(said))


def _message(event: HandoffEvent, session_id: uuid.UUID, names: Mapping[uuid.UUID, str]) -> Message:
    assert event.number is not None
    data = LiveEvent(
        handoff_id=event.handoff_id,
        session_id=session_id,
        kind=HandoffEventKind(event.kind),
        actor_id=event.actor_id,
        actor_name=None if event.actor_id is None else names.get(event.actor_id),
        at=event.created_at,
        content=event.content,
    )
    text = format_sse_event(id=str(event.number), event=event.kind, data_str=data.model_dump_json())
    return Message(event.number, text)
