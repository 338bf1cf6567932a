"""Importing and exporting a flow together with its files."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import IO, BinaryIO

from sqlalchemy import select

from flowpilot.attachments.models import Attachment
from flowpilot.attachments.preparing import most_of_a_request
from flowpilot.attachments.queries import pieces
from flowpilot.attachments.service import keep
from flowpilot.db.session import Database, Db
from flowpilot.flows import queries
from flowpilot.flows.author import Author
from flowpilot.flows.files.bundle import Bundle, BundledFile, BundleWriter, read_bundle
from flowpilot.flows.files.names import names_apart, with_files
from flowpilot.flows.files.node import NodeFile
from flowpilot.flows.importing import Imported, import_text
from flowpilot.flows.subflows.names import with_names
from flowpilot.flows.text import render
from flowpilot.settings import Settings


def read_within_limits(settings: Settings, file: BinaryIO) -> Bundle:
    """Read an archive within the limits of uploads.

    Raises:
        InvalidError: it cannot be taken, and why.
    """
    return read_bundle(file, settings.attachment_megabytes * 1_000_000, most_of_a_request(settings))


async def import_bundle(
    db: Db, settings: Settings, author: Author, bundle: Bundle, now: datetime, *, publish: bool
) -> Imported:
    """Import a flow with its files. Those that a flow of the account has already are not kept twice.

    Raises:
        FlowProblemsError: it should be published, but is not complete.
        AccountFullError: the files would take more than the settings allow.
    """
    known = await _known(db, author, bundle.files.values())
    kept = {}
    for name, one in bundle.files.items():
        same = known.get(one.sent_sha256) or known.get(one.prepared.sha256)
        kept[name] = NodeFile(id=same or (await keep(db, settings, author, one.prepared, now)).id)
    tree = with_files(bundle.text.tree, lambda file: kept.get(file.name, file))
    return await import_text(db, author, bundle.text.model_copy(update={"tree": tree}), now, publish=publish)


async def export_bundle(
    database: Database, account_id: uuid.UUID, flow_id: uuid.UUID, number: int | None
) -> tuple[IO[bytes], str, int]:
    """A version of a flow with its files, as an archive; the flow's name, and the number of the version.

    Raises:
        FlowNotFoundError, VersionNotFoundError: there is none.
    """
    async with database.read(account_id) as db:
        text, number = await queries.flow_text(db, account_id, flow_id, number)
        text = await with_names(db, account_id, text)
    writer = BundleWriter(render(text))
    for name, file in names_apart(text.tree).items():
        if file.id is not None and file.type:
            writer.add(name, [piece async for piece in pieces(database, account_id, file.id)])
    return writer.close(), text.name, number


async def _known(db: Db, author: Author, files: Collection[BundledFile]) -> dict[str, uuid.UUID]:
    """The files of the account's flows with the same content, by its digest."""
    digests = {digest for file in files for digest in (file.sent_sha256, file.prepared.sha256)}
    if not digests:
        return {}
    same = select(Attachment.sha256, Attachment.id).where(
        Attachment.account_id == author.account_id, Attachment.flow_id.is_not(None), Attachment.sha256.in_(digests)
    )
    return {row.sha256: row.id for row in await db.execute(same.order_by(Attachment.id.desc()))}
