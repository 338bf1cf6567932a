"""Trying many postings again at once: after an outage, a missing choice in Settings, or a removed connection.

Each statement is for all of them, because there may be hundreds.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from flowpilot.db.session import Db, ReadDb
from flowpilot.psa import hooks
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.connections.queries import require_active
from flowpilot.psa.models import PsaPostLog
from flowpilot.psa.postings import health
from flowpilot.psa.postings.lanes import give_turn
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep, State
from flowpilot.psa.postings.queries import PostingFilter, narrowed
from flowpilot.psa.provider import PostingStepKind

# What one call tries again. Their turn posts for a few seconds at a time anyway.
MOST = 500


@dataclass(frozen=True, slots=True)
class Retried:
    """How many postings are tried again, and whether there are more."""

    n: int
    has_more: bool


async def count_retryable(db: ReadDb, account_id: uuid.UUID, filter_: PostingFilter) -> int:
    """How many postings `retry_all` would try again."""
    found = _retryable(account_id, filter_).subquery()
    return await db.scalar(select(func.count()).select_from(found)) or 0


async def retry_all(db: Db, account_id: uuid.UUID, filter_: PostingFilter, now: datetime) -> Retried:
    """Try again, at once, what has failed and what waits for a connection that was removed; the oldest first.

    They go over the account's connection, if it leads to the same ticket system. What is held stays held. What may
    have been written is looked for first.

    Raises:
        NotConnectedError: the account has no connection.
    """
    connection = await require_active(db, account_id)
    query = _retryable(account_id, filter_).order_by(PsaPosting.id).limit(MOST + 1)
    rows = (await db.execute(query.with_for_update(of=PsaPosting, key_share=True))).all()
    chosen = rows[:MOST]
    if not chosen:
        return Retried(0, has_more=False)
    ids = [row.id for row in chosen]
    await _requeue(db, account_id, ids, connection.id, now)
    failed = [row.id for row in chosen if row.state == State.FAILED]
    if failed:
        await hooks.report_mended(db, hooks.PostingsMended(account_id, failed, now))
    await health.end_rest(db, connection)
    await give_turn(db, account_id, connection.id)
    return Retried(len(chosen), has_more=len(rows) > MOST)


def _retryable(account_id: uuid.UUID, filter_: PostingFilter) -> Select[uuid.UUID, str]:
    """The postings for which there is a way now: their own connection, or one to the same ticket system.

    What is there and wrong is for a person, who tries it again by itself once it is corrected there.
    """
    own, active = aliased(PsaConnection), aliased(PsaConnection)
    is_there_wrongly = exists().where(
        PsaPostingStep.account_id == account_id,
        PsaPostingStep.posting_id == PsaPosting.id,
        PsaPostingStep.state == State.FAILED,
        PsaPostingStep.external_id.is_not(None),
        PsaPostingStep.looks == 0,
    )
    query = (
        select(PsaPosting.id, PsaPosting.state)
        .join(own, and_(own.account_id == PsaPosting.account_id, own.id == PsaPosting.connection_id))
        .join(
            active,
            and_(
                active.provider == own.provider,
                active.base_url == own.base_url,
                active.tenant == own.tenant,
            ),
        )
        .where(
            PsaPosting.account_id == account_id,
            own.account_id == account_id,
            active.account_id == account_id,
            active.removed_at.is_(None),
            or_(
                PsaPosting.state == State.FAILED,
                and_(PsaPosting.state.in_([State.QUEUED, State.SENT]), own.removed_at.is_not(None)),
            ),
            ~is_there_wrongly,
        )
    )
    return narrowed(query, filter_)


async def _requeue(
    db: Db, account_id: uuid.UUID, ids: Collection[uuid.UUID], connection_id: uuid.UUID, now: datetime
) -> None:
    """What `service.retry` does with one, for all of them."""
    step, posting, log = PsaPostingStep, PsaPosting, PsaPostLog
    has_failed = step.state == State.FAILED
    await db.execute(
        update(step)
        .where(
            step.account_id == account_id,
            step.posting_id.in_(ids),
            step.state.in_([State.QUEUED, State.SENT, State.FAILED]),
        )
        .values(
            state=case((has_failed, State.QUEUED), else_=step.state),
            reason=case((has_failed, None), else_=step.reason),
            external_id=case((has_failed, None), else_=step.external_id),
            due_at=None,
            looks=0,
        )
    )
    is_queued = exists().where(
        step.account_id == account_id, step.posting_id == posting.id, step.state == State.QUEUED
    )
    await db.execute(
        update(posting)
        .where(posting.account_id == account_id, posting.id.in_(ids))
        .values(
            state=case((is_queued, State.QUEUED), else_=State.SENT),
            connection_id=connection_id,
            reason=None,
            due_at=now,
            ended_at=None,
        )
    )
    await db.execute(
        update(log)
        .where(
            log.account_id == account_id,
            step.account_id == account_id,
            log.posting_id.in_(ids),
            step.posting_id == log.posting_id,
            step.kind == PostingStepKind.NOTE,
            step.state == State.QUEUED,
        )
        .values(status="pending", posted_at=None, external_id=None)
    )
