"""One of a session's files as a record of the ticket system."""

from dataclasses import dataclass

from sqlalchemy import select

from flowpilot.attachments.models import Attachment
from flowpilot.attachments.queries import read_whole
from flowpilot.db.session import Database
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep
from flowpilot.psa.provider import Audience, Record, TicketFile


@dataclass(frozen=True, slots=True)
class KeptHere:
    """Why a file is not sent after all."""

    reason: str


async def file_record(
    database: Database, posting: PsaPosting, step: PsaPostingStep, name: str | None
) -> Record | KeptHere:
    """What is sent of a file; internal if the posting's note is.

    Args:
        database: from which it is read, with its bytes on one snapshot. They are in memory while they are sent.
        posting: whose step it is.
        step: that attaches it.
        name: of who added it, to be said where the record is in somebody else's name.
    """
    assert step.attachment_id is not None
    account_id = posting.account_id
    async with database.read(account_id) as db:
        query = select(Attachment).where(Attachment.account_id == account_id, Attachment.id == step.attachment_id)
        found = (await db.scalars(query)).one()
        if found.is_erased:
            return KeptHere("It was removed for good.")
        if not found.goes_to_ticket:
            return KeptHere("Somebody chose to keep it out of the ticket.")
        content = await read_whole(db, found)
    if content is None:
        return KeptHere("A part of it is missing here, so nothing was sent.")
    by = f", added by {name}" if name else ""
    return Record(
        marker=step.marker,
        audience=Audience(posting.audience),
        text=f"File: {found.name}{by}",
        file=TicketFile(found.name, found.media_type, content),
    )
