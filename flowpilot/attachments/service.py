"""Keeping files, attaching them, and removing them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import psycopg
from sqlalchemy import ColumnElement, delete, insert, select, update

from flowpilot.attachments.models import Attachment, AttachmentChunk
from flowpilot.attachments.preparing import PreparedFile
from flowpilot.attachments.queries import AttachmentNotFoundError, kept_bytes
from flowpilot.attachments.schemas import ERASED_NAME, ERASED_TYPE, AttachmentRef, ref_of
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError
from flowpilot.identity.actor import Actor
from flowpilot.identity.idempotency import forget_answers
from flowpilot.jobs import DueJob, enqueue
from flowpilot.settings import Settings

EXPIRE_JOB = "attachments.expire"
KEPT_UNUSED = timedelta(days=1)


class AccountFullError(ConflictError):
    """The account keeps as many files as the operator allows."""


class NotAttachableError(ConflictError):
    """A file cannot be attached: it belongs to something else already, or is not the caller's upload."""


class Uploader(Protocol):
    """Who adds a file: a member, or the operator, who has no user id."""

    @property
    def account_id(self) -> uuid.UUID:
        """The account that keeps it."""

    @property
    def user_id(self) -> uuid.UUID | None:
        """The member; None for the operator."""


async def keep(
    db: Db,
    settings: Settings,
    actor: Uploader,
    prepared: PreparedFile,
    now: datetime,
    *,
    goes_to_ticket: bool = True,
) -> AttachmentRef:
    """Keep an upload. What is not attached within a day is removed.

    Raises:
        AccountFullError: the account's files would take more than the settings allow. Uploads at the same moment
            do not see each other, so the sum may be passed by a few files.
    """
    most = settings.attachments_account_megabytes * 1_000_000
    if await kept_bytes(db, actor.account_id) + prepared.byte_count > most:
        raise AccountFullError(
            f"This account's files already take the {most // 1_000_000:,} MB that this installation allows. Ask "
            "whoever runs FlowPilot to allow more."
        )
    made, picture = new_id(), prepared.picture
    attachment = Attachment(
        account_id=actor.account_id,
        id=made,
        name=prepared.name,
        media_type=prepared.media_type,
        byte_count=prepared.byte_count,
        sha256=prepared.sha256,
        width=None if picture is None else picture.width,
        height=None if picture is None else picture.height,
        thumbnail_bytes=None if picture is None else len(picture.thumbnail),
        goes_to_ticket=goes_to_ticket,
        created_by=actor.user_id,
        created_at=now,
    )
    db.add(attachment)
    await db.flush()
    for position, piece in enumerate(prepared.chunks()):
        await _write_chunk(db, attachment, position, piece)
    if picture is not None:
        await _write_chunk(db, attachment, 0, picture.thumbnail, is_thumbnail=True)
    enqueue(db, EXPIRE_JOB, at=now + KEPT_UNUSED, account_id=actor.account_id, attachment_id=made)
    return ref_of(attachment)


@dataclass(frozen=True, slots=True)
class NewFiles:
    """Files to attach: uploads by their ids, and what came in the form itself, from a browser without scripts."""

    ids: Sequence[uuid.UUID] = ()
    sent: Sequence[PreparedFile] = ()
    goes_to_ticket: bool = True


async def attach(
    db: Db,
    settings: Settings,
    actor: Actor,
    files: NewFiles,
    now: datetime,
    *,
    session_id: uuid.UUID,
) -> list[AttachmentRef]:
    """Give files to a session, and return how its content names them, in their order.

    Raises:
        NotAttachableError: an upload is nobody's, somebody else's, or belongs to something already.
        AccountFullError: what came in the form is too much for the account.
    """
    kept = [await keep(db, settings, actor, one, now, goes_to_ticket=files.goes_to_ticket) for one in files.sent]
    ids = list(dict.fromkeys([*files.ids, *(one.id for one in kept)]))
    if not ids:
        return []
    taken = await db.scalars(
        update(Attachment)
        .where(
            Attachment.account_id == actor.account_id,
            Attachment.id.in_(ids),
            Attachment.created_by == actor.user_id,
            Attachment.attached_at.is_(None),
        )
        .values(attached_at=now, session_id=session_id)
        .returning(Attachment)
        .execution_options(synchronize_session=False)
    )
    found = {attachment.id: ref_of(attachment) for attachment in taken}
    if found.keys() != set(ids):
        raise NotAttachableError(
            "A file is no longer there, or belongs to something else already. Choose it again. Nothing was sent."
        )
    return [found[one] for one in ids]


async def choose_for_ticket(
    db: Db, actor: Actor, attachment_id: uuid.UUID, *, goes_to_ticket: bool
) -> AttachmentRef:
    """Say whether an upload of the actor's, not attached yet, is for the ticket.

    Raises:
        AttachmentNotFoundError: there is none.
    """
    mine = (Attachment.created_by == actor.user_id, Attachment.attached_at.is_(None))
    return await _choose(db, actor.account_id, attachment_id, *mine, goes_to_ticket=goes_to_ticket)


async def choose_for_session(
    db: Db, account_id: uuid.UUID, session_id: uuid.UUID, attachment_id: uuid.UUID, *, goes_to_ticket: bool
) -> AttachmentRef:
    """The same of a file of a session, by somebody who may change that.

    Raises:
        AttachmentNotFoundError: the session has no such file.
    """
    its = (Attachment.session_id == session_id, Attachment.is_erased.is_(False))
    return await _choose(db, account_id, attachment_id, *its, goes_to_ticket=goes_to_ticket)


async def _choose(
    db: Db,
    account_id: uuid.UUID,
    attachment_id: uuid.UUID,
    *conditions: ColumnElement[bool],
    goes_to_ticket: bool,
) -> AttachmentRef:
    changed = await db.scalar(
        update(Attachment)
        .where(Attachment.account_id == account_id, Attachment.id == attachment_id, *conditions)
        .values(goes_to_ticket=goes_to_ticket)
        .returning(Attachment)
        .execution_options(synchronize_session=False)
    )
    if changed is None:
        raise AttachmentNotFoundError
    return ref_of(changed)


async def discard(db: Db, actor: Actor, attachment_id: uuid.UUID) -> None:
    """Remove an upload of the actor's that is attached to nothing.

    Raises:
        AttachmentNotFoundError: there is none.
    """
    mine = select(Attachment.id).where(
        Attachment.account_id == actor.account_id,
        Attachment.id == attachment_id,
        Attachment.created_by == actor.user_id,
    )
    if await db.scalar(mine) is None or not await expire(db, actor.account_id, attachment_id):
        raise AttachmentNotFoundError
    # The answer to the upload is kept for a day, in case that is repeated, and has the name.
    await forget_answers(db, actor.account_id, [attachment_id], lambda _: True, is_preview=False)


async def expire(db: Db, account_id: uuid.UUID, attachment_id: uuid.UUID) -> bool:
    """Remove an upload unless it is attached to something by now; whether it was removed."""
    unused = await db.scalar(
        select(Attachment.id)
        .where(
            Attachment.account_id == account_id,
            Attachment.id == attachment_id,
            Attachment.attached_at.is_(None),
        )
        .with_for_update()
    )
    if unused is None:
        return False
    await remove(db, account_id, [attachment_id])
    return True


async def remove(db: Db, account_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    """Remove files as if they had never been there; nothing may name them any more."""
    if ids:
        await _delete_chunks(db, account_id, ids)
        await db.execute(delete(Attachment).where(Attachment.account_id == account_id, Attachment.id.in_(ids)))


async def erase(db: Db, account_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    """Remove the bytes and the names of files for good; that they were there stays known.

    The contents that name them are the caller's to overwrite.
    """
    await _delete_chunks(db, account_id, ids)
    await db.execute(
        update(Attachment)
        .where(Attachment.account_id == account_id, Attachment.id.in_(ids))
        .values(
            name=ERASED_NAME,
            media_type=ERASED_TYPE,
            byte_count=0,
            sha256="",
            width=None,
            height=None,
            thumbnail_bytes=None,
            goes_to_ticket=False,
            is_erased=True,
        )
    )


async def _write_chunk(
    db: Db, attachment: Attachment, position: int, content: bytes, *, is_thumbnail: bool = False
) -> None:
    await db.execute(
        insert(AttachmentChunk).values(
            account_id=attachment.account_id,
            attachment_id=attachment.id,
            is_thumbnail=is_thumbnail,
            position=position,
            content=content,
        )
    )


async def _delete_chunks(db: Db, account_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    await db.execute(
        delete(AttachmentChunk).where(
            AttachmentChunk.account_id == account_id, AttachmentChunk.attachment_id.in_(ids)
        )
    )


_UNUSED = "SELECT id, created_at FROM attachments WHERE account_id = %s AND attached_at IS NULL ORDER BY id"


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> list[DueJob]:
    """What removes the uploads that are attached to nothing."""
    return [
        DueJob(
            EXPIRE_JOB,
            max(now, created_at + KEPT_UNUSED),
            {"account_id": account_id, "attachment_id": attachment_id},
        )
        for attachment_id, created_at in connection.execute(_UNUSED, [account_id])
    ]
