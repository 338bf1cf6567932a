"""Which of a session's files go to its ticket."""

import uuid
from collections.abc import Collection

from flowpilot.attachments.queries import files_for_ticket
from flowpilot.attachments.schemas import attachments_in
from flowpilot.db.session import ReadDb
from flowpilot.psa.connections.files import takes_files
from flowpilot.psa.postings.context import PostingContext
from flowpilot.sessions import path
from flowpilot.sessions.models import SessionStatus
from flowpilot.sessions.queries import SessionHistory


async def files_to_post(db: ReadDb, history: SessionHistory, context: PostingContext) -> Collection[uuid.UUID]:
    """The files of steps that count, and of handoffs, that were not posted yet; they follow the note.

    No statement for a session that has none: its steps say so, and only a handoff has others.
    """
    connection = context.connection
    if connection is None or not context.rules.posts_note or not takes_files(connection):
        return ()
    all_ = {one.id for step in history.steps for one in attachments_in(step.content)}
    if not all_ and all(one.to_status != SessionStatus.REQUESTING_ESCALATION for one in history.changes):
        return ()
    counts = {one.id for step in path.standing(history.steps) for one in attachments_in(step.content)}
    session = history.session
    kept = await files_for_ticket(db, session.account_id, session.id)
    return [one for one in kept if one not in context.posted.files and (one in counts or one not in all_)]
