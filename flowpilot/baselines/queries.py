"""Reads of the verbal handoffs that were timed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select

from flowpilot.baselines.models import HandoffBaseline, Method
from flowpilot.db.pages import newest_first
from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class BaselineFilter:
    """Which baselines a list shows; None shows them all."""

    method: Method | None = None
    is_excluded: bool | None = None
    is_running: bool | None = None
    measured_by: uuid.UUID | None = None


async def running_of(db: ReadDb, actor: Actor) -> HandoffBaseline | None:
    """The actor's running stopwatch."""
    query = _filtered(actor.account_id, BaselineFilter(is_running=True, measured_by=actor.user_id))
    return await db.scalar(query.order_by(HandoffBaseline.id).limit(1))


async def baselines(
    db: ReadDb, account_id: uuid.UUID, filter_: BaselineFilter, limit: int, before: uuid.UUID | None
) -> Sequence[HandoffBaseline]:
    """The newest baselines, or those entered before `before`. Ids sort by the time of entry."""
    query = _filtered(account_id, filter_)
    return (await db.scalars(newest_first(query, HandoffBaseline.id, limit, before))).all()


def _filtered(account_id: uuid.UUID, filter_: BaselineFilter) -> Select[HandoffBaseline]:
    query = select(HandoffBaseline).where(HandoffBaseline.account_id == account_id)
    if filter_.method is not None:
        query = query.where(HandoffBaseline.method == filter_.method)
    if filter_.is_excluded is not None:
        query = query.where(HandoffBaseline.excluded_reason.is_not(None) == filter_.is_excluded)
    if filter_.is_running is not None:
        query = query.where(HandoffBaseline.seconds.is_(None) == filter_.is_running)
    if filter_.measured_by is not None:
        query = query.where(HandoffBaseline.measured_by == filter_.measured_by)
    return query
