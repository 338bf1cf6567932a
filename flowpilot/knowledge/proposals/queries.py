"""Reads of proposals: one with its evidence, and lists."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, or_, select

from flowpilot.db.lookups import Asked, Lookup
from flowpilot.db.pages import newest_first, oldest_first
from flowpilot.db.session import ReadDb
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.identity.queries import names_of
from flowpilot.knowledge.drafting.cases import said_in
from flowpilot.knowledge.evidence import newest_histories, session_ids
from flowpilot.knowledge.locking import ProposalNotFoundError
from flowpilot.knowledge.models import FlowProposal, ProposalKind, ProposalSession, ProposalStatus
from flowpilot.sessions.models import AISession, AISessionStep
from flowpilot.sessions.notes.work_time import time_spent


@dataclass(frozen=True, slots=True)
class ProposalFilter:
    """Which proposals a list shows. `due_at`: without those that were put off until later than this."""

    status: ProposalStatus | None = None
    kind: ProposalKind | None = None
    flow_id: uuid.UUID | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A session behind a proposal: its number in it, how long it was worked on, and by whom."""

    number: int
    session: AISession
    spent: timedelta
    engineers: Sequence[str]
    people: frozenset[uuid.UUID]


@dataclass(frozen=True, slots=True)
class SourceStep:
    """A step that a node of a draft comes from, and the number of its session in the proposal."""

    id: uuid.UUID
    number: int
    session_id: uuid.UUID
    text: str


async def read_proposal(db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID) -> FlowProposal:
    """One proposal.

    Raises:
        ProposalNotFoundError: the account has no such proposal.
    """
    found = await db.scalar(
        select(FlowProposal).where(FlowProposal.account_id == account_id, FlowProposal.id == proposal_id)
    )
    if found is None:
        raise ProposalNotFoundError
    return found


async def source_steps(
    db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID, step_ids: Sequence[uuid.UUID]
) -> list[SourceStep]:
    """What was said in these steps, and in which of the proposal's sessions; oldest first."""
    if not step_ids:
        return []
    numbers = {id_: number for number, id_ in enumerate(await session_ids(db, account_id, proposal_id), 1)}
    steps = await db.scalars(
        select(AISessionStep)
        .where(AISessionStep.account_id == account_id, AISessionStep.id.in_(step_ids))
        .order_by(AISessionStep.created_at, AISessionStep.id)
    )
    return [
        SourceStep(step.id, numbers[step.session_id], step.session_id, said_in(step))
        for step in steps
        if step.session_id in numbers
    ]


async def proposals(
    db: ReadDb, account_id: uuid.UUID, filter_: ProposalFilter, limit: int, after: uuid.UUID | None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Proposals, each with the name of its flow and the number of its sessions.

    The oldest come first, since they have waited longest; of those that were decided, the newest.
    """
    sessions = (
        select(func.count())
        .where(ProposalSession.account_id == account_id, ProposalSession.proposal_id == FlowProposal.id)
        .scalar_subquery()
    )
    query = (
        select(FlowProposal, Flow.name.label("flow_name"), sessions.label("session_count"))
        .outerjoin(Flow, and_(Flow.account_id == FlowProposal.account_id, Flow.id == FlowProposal.flow_id))
        .where(FlowProposal.account_id == account_id, *_conditions(filter_))
    )
    in_order = oldest_first if filter_.status in {None, ProposalStatus.PENDING} else newest_first
    return (await db.execute(in_order(query, FlowProposal.id, limit, after))).all()


def _is_due(now: Any) -> ColumnElement[bool]:
    return or_(FlowProposal.put_off_until.is_(None), FlowProposal.put_off_until <= now)


_DUE = Lookup(
    select(func.count())
    .select_from(FlowProposal)
    .where(
        FlowProposal.account_id == bindparam("account_id"),
        FlowProposal.status == ProposalStatus.PENDING,
        _is_due(bindparam("now")),
    ),
    int,
)


def count_due(account_id: uuid.UUID, now: datetime) -> Asked[int]:
    """How many proposals wait for a reviewer now."""
    return _DUE.of(account_id=account_id, now=now)


async def evidence_rows(
    db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID
) -> tuple[list[EvidenceRow], int]:
    """The newest sessions behind a proposal, the newest first, and how many there are in all."""
    ids = await session_ids(db, account_id, proposal_id)
    rows = []
    for number, history in await newest_histories(db, account_id, ids):
        session = history.session
        people = {step.actor_id for step in history.steps if step.actor_id is not None}
        spent = time_spent(history, session.resolved_at or session.created_at)
        engineers = [history.names[person] for person in sorted(people) if person in history.names]
        rows.append(EvidenceRow(number, session, spent, engineers, frozenset(people)))
    return rows[::-1], len(ids)


async def draft_of(db: ReadDb, account_id: uuid.UUID, proposal_id: uuid.UUID) -> FlowVersion | None:
    """The draft of a flow that somebody is editing for this proposal, if there is one."""
    return await db.scalar(
        select(FlowVersion)
        .join(Flow, and_(Flow.account_id == FlowVersion.account_id, Flow.id == FlowVersion.tree_id))
        .where(
            FlowVersion.account_id == account_id,
            Flow.account_id == account_id,
            Flow.deleted_at.is_(None),
            FlowVersion.proposal_id == proposal_id,
            FlowVersion.published_at.is_(None),
        )
        .order_by(FlowVersion.number.desc())
        .limit(1)
    )


async def reviewer_name(db: ReadDb, proposal: FlowProposal) -> str | None:
    """Who reviewed it, if they are a member still."""
    if proposal.reviewed_by is None:
        return None
    return (await names_of(db, proposal.account_id, [proposal.reviewed_by])).get(proposal.reviewed_by)


def _conditions(filter_: ProposalFilter) -> list[ColumnElement[bool]]:
    wanted = [
        (FlowProposal.status, filter_.status),
        (FlowProposal.kind, filter_.kind),
        (FlowProposal.flow_id, filter_.flow_id),
    ]
    conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted if value is not None]
    if filter_.due_at is not None:
        conditions.append(_is_due(filter_.due_at))
    return conditions
