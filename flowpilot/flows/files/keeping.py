"""The files of a flow in the database: what a tree names is looked up, attached, and one day removed."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB

from flowpilot.attachments.models import Attachment
from flowpilot.attachments.service import remove
from flowpilot.db.session import Db, ReadDb
from flowpilot.flows.author import Author
from flowpilot.flows.files.names import ids_in, with_files
from flowpilot.flows.files.node import NodeFile
from flowpilot.flows.locking import lock_library
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.jobs import enqueue

REMOVE_JOB = "flows.remove_files"

# So long can an edit be undone that took a file out of a flow.
KEPT_UNUSED = timedelta(days=1)

_IDS: ColumnElement[str] = literal_column("'$.nodes.*.files[*].id'::jsonpath")


async def settle_files(db: Db, author: Author, flow_id: uuid.UUID, tree: Tree, now: datetime) -> Tree:
    """The tree of a draft with what is known of its files. The author's uploads in it become the flow's."""
    tree = await with_known_files(db, author, tree)
    if ids := ids_in(tree):
        await db.execute(
            update(Attachment)
            .where(Attachment.account_id == author.account_id, Attachment.id.in_(ids), _is_upload_of(author))
            .values(attached_at=now, flow_id=flow_id)
            .execution_options(synchronize_session=False)
        )
    return tree


async def with_known_files(db: ReadDb, author: Author, tree: Tree) -> Tree:
    """The tree with what is known of its files. One that the author cannot use loses its type, not its name.

    An author can use files of the account's flows, and their own uploads that belong to nothing yet. The files of
    sessions show clients' screens, so they do not get into flows.
    """
    ids = ids_in(tree)
    if not ids:
        return with_files(tree, _unknown)
    rows = await db.scalars(
        select(Attachment).where(
            Attachment.account_id == author.account_id,
            Attachment.id.in_(ids),
            or_(Attachment.flow_id.is_not(None), _is_upload_of(author)),
        )
    )
    known = {row.id: _named(row) for row in rows}
    return with_files(tree, lambda file: known.get(file.id, _unknown(file)) if file.id else _unknown(file))


async def drop_files(
    db: Db, account_id: uuid.UUID, before: Tree | None, after: Tree | None, now: datetime
) -> None:
    """Enqueue that files are removed that one tree names and the next does not, if no flow names them then."""
    ids = (ids_in(before) if before else set()) - (ids_in(after) if after else set())
    if ids:
        listed = " ".join(sorted(map(str, ids)))
        enqueue(db, REMOVE_JOB, at=now + KEPT_UNUSED, account_id=account_id, attachment_ids=listed)


async def remove_unnamed(db: Db, account_id: uuid.UUID, ids: Collection[uuid.UUID]) -> int:
    """Remove those of these files of flows that nobody can come to see any more; their number.

    A session may show every version that was ever published, an author the draft of a flow that is not deleted.
    """
    # Nobody saves a flow meanwhile.
    await lock_library(db, account_id)
    may_be_shown = or_(FlowVersion.published_at.is_not(None), Flow.deleted_at.is_(None))
    named = (
        select(func.jsonb_path_query_array(FlowVersion.structure, _IDS, type_=JSONB))
        .join(Flow, and_(Flow.account_id == FlowVersion.account_id, Flow.id == FlowVersion.tree_id))
        .where(FlowVersion.account_id == account_id, may_be_shown)
    )
    rows = select(Attachment.id).where(
        Attachment.account_id == account_id, Attachment.id.in_(ids), Attachment.flow_id.is_not(None)
    )
    used = {uuid.UUID(one) for version in await db.scalars(named) for one in version}
    unused = set(await db.scalars(rows)) - used
    await remove(db, account_id, sorted(unused))
    return len(unused)


def _is_upload_of(author: Author) -> ColumnElement[bool]:
    return and_(Attachment.attached_at.is_(None), Attachment.created_by == author.user_id)


def _named(row: Attachment) -> NodeFile:
    return NodeFile(
        id=row.id,
        name=row.name,
        type=row.media_type,
        bytes=row.byte_count,
        width=row.width,
        height=row.height,
    )


def _unknown(file: NodeFile) -> NodeFile:
    return NodeFile(id=file.id, name=file.name)
