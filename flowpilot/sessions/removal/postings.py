"""The copies in postings to the ticket, and files: what waits is overwritten, and what went out is listed."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from flowpilot.attachments import service as attachments
from flowpilot.attachments.models import Attachment
from flowpilot.db.session import Db
from flowpilot.psa.postings.models import PsaAttempt, PsaPosting, PsaPostingStep
from flowpilot.psa.provider import Audience, PostingStepKind
from flowpilot.psa.tickets.links import TicketLinks, ticket_links
from flowpilot.sessions.removal.copies import Copy, Fate, Found
from flowpilot.sessions.removal.overwriting import overwrite
from flowpilot.sessions.removal.scope import Removal

_NAMES = {Audience.INTERNAL: "The note", Audience.CLIENT: "The text for the client"}


@dataclass(frozen=True, slots=True)
class _Postings:
    """The session's postings, the steps of them that are on tickets, or may be, and links to those."""

    all: Sequence[PsaPosting]
    arrived: Sequence[PsaPostingStep]
    links: TicketLinks

    def went_out(self, what: str, posting: PsaPosting) -> Copy:
        """A copy on a ticket."""
        ticket = posting.ticket_id
        return Copy(f"{what} on ticket {ticket}", Fate.WENT_OUT, f"/postings/{posting.id}", self.links.url(ticket))


async def of_postings_and_files(db: Db, removal: Removal) -> Found:
    """What waits to be posted, the record of what was, and files. What is on the ticket stays there."""
    found = await _read(db, removal)
    texts = await _of_texts(db, removal, found) if found else Found()
    files, gone = await _of_files(db, removal)
    return texts | Found(_files_outside(found, gone) if found else []) | files


async def _read(db: Db, removal: Removal) -> _Postings | None:
    """The postings, locked: what has begun to be sent is on record by then."""
    query = (
        select(PsaPosting)
        .where(PsaPosting.account_id == removal.account_id, PsaPosting.ai_session_id == removal.session_id)
        .order_by(PsaPosting.id)
    )
    postings = list(await db.scalars(query if removal.is_preview else query.with_for_update(key_share=True)))
    if not postings:
        return None
    steps = select(PsaPostingStep).where(
        PsaPostingStep.account_id == removal.account_id,
        PsaPostingStep.posting_id.in_([one.id for one in postings]),
        PsaPostingStep.kind.in_([PostingStepKind.NOTE, PostingStepKind.FILE]),
    )
    arrived = [one for one in await db.scalars(steps.order_by(PsaPostingStep.id)) if one.may_have_arrived]
    return _Postings(postings, arrived, await ticket_links(removal.account_id).alone(db))


async def _of_texts(db: Db, removal: Removal, found: _Postings) -> Found:
    ids = [one.id for one in found.all]
    said = await overwrite(
        db,
        removal,
        PsaPosting,
        ["text", "text_made", "reason"],
        PsaPosting.id.in_(ids),
        clean=lambda text: _without(removal, text),
    )
    of_these = PsaPostingStep.posting_id.in_(ids)
    answered = await overwrite(db, removal, PsaPostingStep, ["reason"], of_these)
    steps = select(PsaPostingStep.id).where(PsaPostingStep.account_id == removal.account_id, of_these)
    answered |= await overwrite(db, removal, PsaAttempt, ["reason"], PsaAttempt.step_id.in_(steps))
    notes = {one.posting_id for one in found.arrived if one.kind == PostingStepKind.NOTE}
    outside = [one for one in found.all if one.id in notes and one.id in said]
    copies = [found.went_out(_NAMES[Audience(one.audience)], one) for one in outside]
    copies += [Copy(f"Texts of postings ({len(said)})")] if said else []
    return (said | answered).found(*copies)


def _without(removal: Removal, text: str | None) -> str | None:
    """A text for the ticket without the words, and without what others may say, too, in the step's own lines."""
    if text is None or not removal.note_lines:
        return removal.words.clean(text)  # type: ignore[no-any-return]
    lines = (
        removal.words.clean_own(line) if line.strip().removeprefix("- ") in removal.note_lines else line
        for line in text.split("\n")
    )
    return removal.words.clean("\n".join(lines))  # type: ignore[no-any-return]


async def _of_files(db: Db, removal: Removal) -> tuple[Found, set[uuid.UUID]]:
    """The files that go, and other files of the session that are called so; the ids of both."""
    theirs = Attachment.session_id == removal.session_id, Attachment.id.not_in(removal.files)
    named = await overwrite(db, removal, Attachment, ["name"], *theirs, author="created_by")
    copies = [Copy(f"Names of files ({len(named)})", authors=named.authors)] if named else []
    copies += [Copy(f"Files ({len(removal.files)})")] if removal.files else []
    if removal.files and not removal.is_preview:
        await attachments.erase(db, removal.account_id, list(removal.files))
    return named.found(*copies), {*removal.files, *named}


def _files_outside(found: _Postings, gone: Collection[uuid.UUID]) -> list[Copy]:
    on_ticket = [one for one in found.arrived if one.kind == PostingStepKind.FILE and one.attachment_id in gone]
    n_files = {one.id: sum(step.posting_id == one.id for step in on_ticket) for one in found.all}
    return [
        found.went_out("A file" if n_files[one.id] == 1 else f"{n_files[one.id]} files", one)
        for one in found.all
        if n_files[one.id]
    ]
