"""Text files that have the words in them: read before others wait for the session, and checked again then."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flowpilot.attachments.kinds import TEXT
from flowpilot.attachments.models import Attachment
from flowpilot.attachments.queries import files_of_session, read_whole
from flowpilot.attachments.texts import text_in
from flowpilot.db.session import ReadDb
from flowpilot.sessions.removal.copies import Copy, Fate
from flowpilot.sessions.removal.scope import Removal


@dataclass(frozen=True, slots=True)
class FilesRead:
    """Whether each text file has these words in it. What a file holds never changes."""

    words: Sequence[str] = ()
    has_them: Mapping[uuid.UUID, bool] = field(default_factory=dict)


async def read_files(
    db: ReadDb, removal: Removal, words: Sequence[str], before: FilesRead = FilesRead()
) -> tuple[FilesRead, list[Copy]]:
    """The text files with the words in them. A log is evidence, so it goes only if somebody chooses the file.

    Args:
        db: the transaction.
        removal: that is asked for.
        words: of it, in which one removal differs from another of the same session.
        before: what was read before. Only what was added since is read, unless it was for other words.
    """
    files = await files_of_session(db, removal.account_id, removal.session_id)
    texts = [one for one in files if one.media_type == TEXT.media_type and one.id not in removal.files]
    known = before.has_them if list(before.words) == list(words) else {}
    has_them = {one.id: known[one.id] if one.id in known else await _has(db, removal, one) for one in texts}
    return FilesRead(words, has_them), [_of_file(removal, one) for one in texts if has_them[one.id]]


def _of_file(removal: Removal, file: Attachment) -> Copy:
    path = f"/sessions/{removal.session_id}/remove#file-{file.id}"
    authors = frozenset[uuid.UUID]() if file.created_by is None else frozenset({file.created_by})
    return Copy(f"The file {removal.words.clean(file.name)}", Fate.KEPT, path, authors=authors)


async def _has(db: ReadDb, removal: Removal, file: Attachment) -> bool:
    return await asyncio.to_thread(_is_said, removal, await read_whole(db, file) or b"")


def _is_said(removal: Removal, content: bytes) -> bool:
    """Whether a file says the words. Nobody has cut them off there: a log is as it was written."""
    text = text_in(content)
    return removal.words.are_said_in(text) or removal.telling.are_said_in(text)
