"""What a connection has to post next."""

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, or_, select, update

from flowpilot.db.session import Db, ReadDb
from flowpilot.psa.connections.models import PsaBoardStatus, PsaConnection, PsaMember
from flowpilot.psa.postings import record
from flowpilot.psa.postings.models import IS_OF_POSTING, PsaAttempt, PsaPosting, PsaPostingStep, State

_TRIED = (State.QUEUED, State.SENT)


async def open_connection(db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID) -> PsaConnection | None:
    """The connection, if it is neither paused nor removed."""
    return await db.scalar(
        select(PsaConnection).where(
            PsaConnection.account_id == account_id,
            PsaConnection.id == connection_id,
            PsaConnection.removed_at.is_(None),
            PsaConnection.paused_at.is_(None),
        )
    )


async def next_due(db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID) -> PsaPosting | None:
    """The posting of a connection that is due first; it may be due later."""
    return await db.scalar(
        select(PsaPosting)
        .where(
            PsaPosting.account_id == account_id,
            PsaPosting.connection_id == connection_id,
            PsaPosting.state.in_([*_TRIED, State.HELD]),
            PsaPosting.due_at.is_not(None),
        )
        .order_by(PsaPosting.due_at, PsaPosting.id)
        .limit(1)
    )


async def left_open(db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID) -> list[uuid.UUID]:
    """The postings of a connection with a request of which nobody has recorded what became of it."""
    rows = await db.scalars(
        select(PsaPosting.id)
        .join(PsaPostingStep, IS_OF_POSTING)
        .join(
            PsaAttempt,
            and_(PsaAttempt.account_id == PsaPostingStep.account_id, PsaAttempt.step_id == PsaPostingStep.id),
        )
        .where(
            PsaPosting.account_id == account_id,
            PsaPostingStep.account_id == account_id,
            PsaAttempt.account_id == account_id,
            PsaPosting.connection_id == connection_id,
            PsaPosting.state.in_(_TRIED),
            PsaPostingStep.asked_at.is_not(None),
            PsaAttempt.outcome.is_(None),
        )
        .distinct()
    )
    return list(rows)


async def members_of(db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """The active member of the ticket system for each person who is mapped."""
    rows = await db.execute(
        select(PsaMember.user_id, PsaMember.external_id).where(
            PsaMember.account_id == account_id,
            PsaMember.connection_id == connection_id,
            PsaMember.user_id.is_not(None),
            PsaMember.is_active,
        )
    )
    return {user_id: external_id for user_id, external_id in rows if user_id is not None}


async def people(db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID) -> set[uuid.UUID]:
    """Everybody whose time waits to be posted."""
    rows = await db.scalars(
        select(PsaPostingStep.user_id)
        .join(PsaPosting, IS_OF_POSTING)
        .where(
            PsaPostingStep.account_id == account_id,
            PsaPosting.account_id == account_id,
            PsaPosting.connection_id == connection_id,
            PsaPosting.state.in_([*_TRIED, State.HELD]),
            PsaPostingStep.user_id.is_not(None),
        )
        .distinct()
    )
    return {person for person in rows if person is not None}


async def chosen_status(
    db: ReadDb, connection: PsaConnection, board_id: str | None, occasion: str
) -> PsaBoardStatus | None:
    """What a person has chosen for this board and occasion; None if nobody has."""
    return await db.scalar(
        select(PsaBoardStatus).where(
            PsaBoardStatus.account_id == connection.account_id,
            PsaBoardStatus.connection_id == connection.id,
            PsaBoardStatus.board_id == board_id,
            PsaBoardStatus.occasion == occasion,
        )
    )


async def wanted_steps(db: ReadDb, posting: PsaPosting) -> list[PsaPostingStep]:
    """A posting's steps in their order.

    None if it is not to go on as it was read: over an open connection, and to the same ticket.
    """
    query = (
        select(PsaPostingStep)
        .join(PsaPosting, IS_OF_POSTING)
        .join(
            PsaConnection,
            and_(PsaConnection.account_id == PsaPosting.account_id, PsaConnection.id == PsaPosting.connection_id),
        )
        .where(
            PsaPostingStep.account_id == posting.account_id,
            PsaPosting.account_id == posting.account_id,
            PsaConnection.account_id == posting.account_id,
            PsaPosting.id == posting.id,
            PsaPosting.state.in_(_TRIED),
            PsaPosting.ticket_id == posting.ticket_id,
            PsaPosting.connection_id == posting.connection_id,
            PsaConnection.removed_at.is_(None),
            PsaConnection.paused_at.is_(None),
        )
        .order_by(PsaPostingStep.position)
    )
    return list(await db.scalars(query))


async def release_held(db: Db, posting: PsaPosting, now: datetime) -> bool:
    """Let a held posting go, because its time has come; False if somebody has changed it meanwhile."""
    changed = await db.scalar(
        update(PsaPosting)
        .where(
            PsaPosting.account_id == posting.account_id,
            PsaPosting.id == posting.id,
            PsaPosting.state == State.HELD,
            PsaPosting.due_at <= now,
        )
        .values(state=State.QUEUED, released_at=now)
        .returning(PsaPosting.id)
    )
    return changed is not None


async def wake_matched(
    db: Db, account_id: uuid.UUID, connection_id: uuid.UUID, members: Collection[uuid.UUID], now: datetime
) -> None:
    """Let go on what waits for somebody who is matched with a member by now."""
    says_so = and_(PsaPostingStep.attempts == 0, PsaPostingStep.reason.is_not(None))
    waiting = (
        select(PsaPosting.id)
        .join(PsaPostingStep, IS_OF_POSTING)
        .where(
            PsaPosting.account_id == account_id,
            PsaPostingStep.account_id == account_id,
            PsaPosting.connection_id == connection_id,
            PsaPosting.state == State.QUEUED,
            PsaPostingStep.state == State.QUEUED,
            PsaPostingStep.user_id.in_(members),
            or_(PsaPosting.due_at.is_(None), says_so),
        )
        .order_by(PsaPosting.id)
        .distinct()
    )
    for posting_id in list(await db.scalars(waiting)):
        await record.go_on(db, account_id, posting_id, members, now)


async def put_off(db: Db, posting: PsaPosting, until: datetime | None) -> None:
    """Try a posting again at that time; with None, once somebody has done something.

    If somebody has done something meanwhile, its time stays as they have set it.
    """
    await db.execute(
        update(PsaPosting)
        .where(
            PsaPosting.account_id == posting.account_id,
            PsaPosting.id == posting.id,
            PsaPosting.state.in_(_TRIED),
            PsaPosting.due_at == posting.due_at,
        )
        .values(due_at=until)
    )


async def say_merged(db: Db, posting: PsaPosting, ticket_id: str) -> None:
    """Say that the rest is posted to the ticket into which the posting's own was merged.

    The posting keeps its own number, because what was written before the merge may be found by that alone.
    """
    reason = f"Ticket {posting.ticket_id} was merged into {ticket_id}, so this goes there."
    await db.execute(
        update(PsaPosting)
        .where(PsaPosting.account_id == posting.account_id, PsaPosting.id == posting.id)
        .values(reason=reason)
    )
