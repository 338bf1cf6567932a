"""What still has the words after a removal: what others wrote, and the contents of text files."""

import asyncio
import uuid
from collections.abc import Sequence

from flowpilot.attachments.kinds import TEXT
from flowpilot.attachments.models import Attachment
from flowpilot.attachments.queries import files_of_session, read_whole
from flowpilot.attachments.texts import text_in
from flowpilot.db.session import ReadDb
from flowpilot.sessions.models import AISession, AISessionStep
from flowpilot.sessions.removal.copies import Copy, Fate
from flowpilot.sessions.removal.scope import Removal

# What is said of a row that still has the words, and which page has it: that of the session, if no other does.
NAMES = {
    "AISession": ("The problem, or what else the session says of itself", None),
    "StatusChange": ("Why its status changed", None),
    "SessionSuggestion": ("Suggestions of the copilot", None),
    "SuggestionOutcome": ("What became of suggestions", None),
    "SessionHandoff": ("A handoff", "/handoffs/{}"),
    "HandoffQuestion": ("Questions and answers", None),
    "HandoffEvent": ("Why a handoff was given back or closed", None),
    "PsaPosting": ("A text for the ticket", "/postings/{}"),
    "PsaPostingStep": ("What the ticket system has answered", None),
    "PsaAttempt": ("What the ticket system has answered", None),
    "Attachment": ("Names of files", None),
    "Notification": ("Notifications", None),
    "NotificationDelivery": ("Why a message was not delivered", None),
    "FlowProposal": ("A proposal for a flow", "/proposals/{}"),
    "Flow": ("A draft of a flow", "/flows/{}"),
    "FlowVersion": ("What drafts of flows say", "/flows"),
    "AiTask": ("What an AI has worded", "/proposals"),
}


def texts_that_stay(session: AISession, steps: Sequence[AISessionStep], removal: Removal) -> list[Copy]:
    """What still has the words: it is not the actor's own, or says only a part of what is removed."""
    rows = {(row, row_id) for row, row_id, _ in removal.kept}
    at = f"/sessions/{session.id}"
    copies = [
        Copy(f"Step {step.position}", Fate.KEPT, f"{at}#step-{step.id}")
        for step in steps
        if (AISessionStep.__name__, step.id) in rows
    ]
    for row, (name, path) in NAMES.items():
        ids = sorted(row_id for kept, row_id in rows if kept == row)
        # Where no page is a row's own, one line says it of all of them.
        paths = dict.fromkeys((path or at).format(row_id) for row_id in ids)
        copies += [Copy(name, Fate.KEPT, one) for one in paths]
    return copies + _of_client(session, removal)


def _of_client(session: AISession, removal: Removal) -> list[Copy]:
    """The client and the ticket are named wherever the session is, and are changed by an edit of it."""
    if not removal.telling.are_in([session.client_name, session.psa_ticket_id]):
        return []
    return [Copy("The client or the ticket of the session", Fate.KEPT, f"/sessions/{session.id}")]


async def files_that_stay(db: ReadDb, removal: Removal) -> list[Copy]:
    """The text files with the words in them. A log is evidence, so it goes only if somebody chooses the file."""
    files = await files_of_session(db, removal.account_id, removal.session_id)
    texts = [one for one in files if one.media_type == TEXT.media_type and one.id not in removal.files]
    return [_of_file(removal, one) for one in texts if await _has(db, removal, one)]


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
