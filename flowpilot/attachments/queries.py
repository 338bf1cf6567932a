"""Reads of files. Only `pieces` and `read_whole` read bytes; `pieces` a few chunks at a time."""

import uuid
from collections.abc import AsyncIterator, Collection, Sequence

from sqlalchemy import func, or_, select

from flowpilot.attachments.models import Attachment, AttachmentChunk
from flowpilot.db.session import Database, ReadDb
from flowpilot.errors import FlowPilotError, NotFoundError
from flowpilot.identity.actor import Actor

_CHUNKS_AT_ONCE = 4


class AttachmentNotFoundError(NotFoundError):
    """No such file in the account, or it is an upload of somebody else."""

    def __init__(self) -> None:
        super().__init__("There is no such file.")


class AttachmentErasedError(FlowPilotError):
    """The file was removed for good."""

    status = 410

    def __init__(self) -> None:
        super().__init__("This file was removed for good.")


async def read_attachment(db: ReadDb, actor: Actor, attachment_id: uuid.UUID) -> Attachment:
    """A file that the actor may read: attached to something, or uploaded by them.

    Raises:
        AttachmentNotFoundError: there is none.
    """
    found = await db.scalar(
        select(Attachment).where(
            Attachment.account_id == actor.account_id,
            Attachment.id == attachment_id,
            or_(Attachment.attached_at.is_not(None), Attachment.created_by == actor.user_id),
        )
    )
    if found is None:
        raise AttachmentNotFoundError
    return found


async def attachments_of(
    db: ReadDb, account_id: uuid.UUID, ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Attachment]:
    """Files of an account by their ids, without those that were removed; no statement without ids."""
    if not ids:
        return {}
    query = select(Attachment).where(
        Attachment.account_id == account_id, Attachment.id.in_(ids), Attachment.is_erased.is_(False)
    )
    return {found.id: found for found in await db.scalars(query)}


async def files_of_session(db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID) -> Sequence[Attachment]:
    """All files of a session that were not removed, in the order in which they were added."""
    query = select(Attachment).where(
        Attachment.account_id == account_id,
        Attachment.session_id == session_id,
        Attachment.is_erased.is_(False),
    )
    return (await db.scalars(query.order_by(Attachment.attached_at, Attachment.id))).all()


async def files_for_ticket(db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """The files of a session that are for its ticket, in the order in which they were added."""
    query = (
        select(Attachment.id)
        .where(
            Attachment.account_id == account_id,
            Attachment.session_id == session_id,
            Attachment.goes_to_ticket,
            Attachment.is_erased.is_(False),
        )
        .order_by(Attachment.attached_at, Attachment.id)
    )
    return (await db.scalars(query)).all()


async def kept_bytes(db: ReadDb, account_id: uuid.UUID) -> int:
    """How much all files of an account take, without their thumbnails."""
    query = select(func.coalesce(func.sum(Attachment.byte_count), 0)).where(Attachment.account_id == account_id)
    return int(await db.scalar(query) or 0)


async def pieces(
    database: Database,
    account_id: uuid.UUID,
    attachment_id: uuid.UUID,
    *,
    is_thumbnail: bool = False,
    n_bytes: int = 0,
) -> AsyncIterator[bytes]:
    """A file's bytes, piece by piece.

    Each read is a transaction of its own, so that a slow reader holds neither memory nor a connection.

    Raises:
        AttachmentErasedError: it was removed meanwhile, and what was read is a part: fewer than `n_bytes`.
    """
    position, is_over = 0, False
    while not is_over:
        async with database.read(account_id) as db:
            found = await _chunks(db, account_id, attachment_id, position, is_thumbnail=is_thumbnail)
        for chunk in found:
            n_bytes -= len(chunk)
            yield chunk
        position, is_over = position + len(found), len(found) < _CHUNKS_AT_ONCE
    if n_bytes > 0:
        raise AttachmentErasedError


async def read_whole(db: ReadDb, attachment: Attachment) -> bytes | None:
    """All bytes of a file, on the snapshot on which it was read itself; None if some are missing."""
    query = (
        select(AttachmentChunk.content)
        .where(
            AttachmentChunk.account_id == attachment.account_id,
            AttachmentChunk.attachment_id == attachment.id,
            AttachmentChunk.is_thumbnail.is_(False),
        )
        .order_by(AttachmentChunk.position)
    )
    content = b"".join(await db.scalars(query))
    return content if len(content) == attachment.byte_count else None


async def _chunks(
    db: ReadDb, account_id: uuid.UUID, attachment_id: uuid.UUID, first: int, *, is_thumbnail: bool
) -> Sequence[bytes]:
    query = (
        select(AttachmentChunk.content)
        .where(
            AttachmentChunk.account_id == account_id,
            AttachmentChunk.attachment_id == attachment_id,
            AttachmentChunk.is_thumbnail.is_(is_thumbnail),
            AttachmentChunk.position >= first,
            AttachmentChunk.position < first + _CHUNKS_AT_ONCE,
        )
        .order_by(AttachmentChunk.position)
    )
    return (await db.scalars(query)).all()
