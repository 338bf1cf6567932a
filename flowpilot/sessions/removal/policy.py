"""Who may remove words or files that no step is named for: who wrote them, who holds the session, team admins."""

import uuid
from collections.abc import Iterable

from flowpilot.attachments.models import Attachment
from flowpilot.identity.actor import Actor, ForbiddenError, Permission
from flowpilot.sessions import policy
from flowpilot.sessions.models import AISession
from flowpilot.sessions.removal.copies import Copy


class NotYourWordsError(ForbiddenError):
    """The actor did not write the words, or add the file, and somebody else works on the session."""

    def __init__(self) -> None:
        super().__init__(
            "You did not write this here. The person who did, the person who works on the session, or a team "
            "admin can remove it."
        )


def may_remove_all(session: AISession, actor: Actor) -> bool:
    """Whether the actor may remove whatever anybody wrote in the session."""
    return policy.may_work_on_all(actor) or session.worked_on_by == actor.user_id


def only_texts_of(session: AISession, actor: Actor) -> uuid.UUID | None:
    """Whose texts the actor may remove words from: only their own; None if everybody's."""
    return None if may_remove_all(session, actor) else actor.user_id


def may_remove_file(session: AISession, actor: Actor, file: Attachment) -> bool:
    """Whether the actor may remove a file of the session."""
    return actor.may(Permission.WORK) and (file.created_by == actor.user_id or may_remove_all(session, actor))


def check_theirs(session: AISession, actor: Actor, found: Iterable[Copy]) -> None:
    """Make sure that the actor wrote some of what was found, if they may not remove all.

    Raises:
        NotYourWordsError: they did not.
    """
    if not may_remove_all(session, actor) and not any(actor.user_id in copy.authors for copy in found):
        raise NotYourWordsError
