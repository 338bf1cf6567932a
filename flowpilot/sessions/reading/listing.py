"""Lists of sessions."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import defer

from flowpilot.db.session import ReadDb
from flowpilot.db.texts import is_text
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.http.fields import Text
from flowpilot.identity.access import CanView
from flowpilot.psa.numbers import bare
from flowpilot.sessions.following.followed import TYPE_FOLLOWED
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.policy import CAN_BE_UNASSIGNED
from flowpilot.sessions.search.asking import Question, look_for
from flowpilot.sessions.search.models import SessionText


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions a list shows; None shows them all."""

    status: Sequence[str] | None = None
    owner_id: uuid.UUID | None = None
    domain: str | None = None
    flow_id: uuid.UUID | None = None
    ticket: str | None = None
    text: str | None = None
    unassigned: bool = False
    waiting: bool = False
    client_id: uuid.UUID | None = None


class SessionListQuery(BaseModel):
    """Which sessions a list shows."""

    status: list[SessionStatus] | None = None
    mine: bool = Field(default=False, description="Only those assigned to the caller.")
    owner_id: uuid.UUID | None = None
    client_id: uuid.UUID | None = None
    domain: Text | None = None
    flow_id: uuid.UUID | None = None
    ticket: Text | None = Field(default=None, description="Its number; upper and lower case are the same.")
    q: Text | None = Field(
        default=None,
        description="Words or their beginnings, in any order. They may be in the problem, in what people wrote in "
        "the session, in the ticket's number, or in the names of the client and of people.",
    )
    unassigned: bool = Field(default=False, description="Only those that nobody works on.")
    waiting: bool = Field(default=False, description="Only those whose fix has to prove itself.")


async def _filter(actor: CanView, asked: Annotated[SessionListQuery, Query()]) -> SessionFilter:
    return SessionFilter(
        status=asked.status,
        owner_id=actor.user_id if asked.mine else asked.owner_id,
        domain=asked.domain,
        flow_id=asked.flow_id,
        ticket=asked.ticket,
        text=asked.q,
        unassigned=asked.unassigned,
        waiting=asked.waiting,
        client_id=asked.client_id,
    )


SessionQuery = Annotated[SessionFilter, Depends(_filter)]


@dataclass(frozen=True, slots=True)
class ListedSessions:
    """Sessions with the names and types of what they follow, newest first, and what was looked for in them."""

    rows: Sequence[Row[AISession, str, str]]
    question: Question | None = None


async def sessions(
    db: ReadDb, account_id: uuid.UUID, filter_: SessionFilter, limit: int, before: uuid.UUID | None
) -> ListedSessions:
    """The sessions that the filter leaves; with `before`, only older ones."""
    question = None if filter_.text is None else await look_for(db, account_id, filter_.text)
    if filter_.text is not None and question is None:
        return ListedSessions([])
    query = (
        select(AISession, Flow.name, TYPE_FOLLOWED)
        .outerjoin(Flow, and_(Flow.account_id == AISession.account_id, Flow.id == AISession.matched_flow_id))
        .outerjoin(
            FlowVersion,
            and_(FlowVersion.account_id == AISession.account_id, FlowVersion.id == AISession.flow_version_id),
        )
        .where(AISession.account_id == account_id)
        .options(defer(AISession.problem_body, raiseload=True))
    )
    query = _filtered(query, account_id, filter_)
    if before is not None:
        mark = select(AISession.created_at).where(AISession.account_id == account_id, AISession.id == before)
        older = AISession.created_at < mark.scalar_subquery()
        same_moment = and_(AISession.created_at == mark.scalar_subquery(), AISession.id < before)
        query = query.where(or_(older, same_moment))
    query = query.order_by(AISession.created_at.desc(), AISession.id.desc()).limit(limit)
    return ListedSessions((await db.execute(query)).all(), question)


def _filtered(
    query: Select[AISession, str, str], account_id: uuid.UUID, filter_: SessionFilter
) -> Select[AISession, str, str]:
    if filter_.status is not None:
        query = query.where(AISession.status.in_(filter_.status))
    if filter_.owner_id is not None:
        is_from_a_log = and_(AISession.owner_id.is_(None), AISession.last_activity_at.is_(None))
        began_it = and_(is_from_a_log, AISession.user_id == filter_.owner_id)
        query = query.where(or_(AISession.owner_id == filter_.owner_id, began_it))
    if filter_.unassigned:
        query = query.where(
            AISession.owner_id.is_(None),
            AISession.last_activity_at.is_not(None),
            AISession.status.in_(CAN_BE_UNASSIGNED),
        )
    if filter_.waiting:
        query = query.where(AISession.look_again_at.is_not(None))
    if filter_.domain is not None:
        query = query.where(is_text(AISession.problem_domain, filter_.domain))
    if filter_.flow_id is not None:
        query = query.where(AISession.matched_flow_id == filter_.flow_id)
    if filter_.client_id is not None:
        query = query.where(AISession.client_id == filter_.client_id)
    if filter_.ticket is not None:
        query = query.where(AISession.ticket_key == func.lower(bare(filter_.ticket)))
    if filter_.text is not None:
        # What is looked for is in the policy of that table (docs/decisions/0078).
        query = query.where(AISession.id.in_(select(SessionText.id).where(SessionText.account_id == account_id)))
    return query
