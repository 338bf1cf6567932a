"""What an escalation fills in its session just before it: client and ticket, if they are missing, and a note."""

from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.errors import OutdatedError
from flowpilot.handoffs.schemas.requests import HandoffIn
from flowpilot.identity.actor import Actor
from flowpilot.sessions import api, service
from flowpilot.sessions.locking import LockedSession, load
from flowpilot.sessions.schemas import DetailsIn

_FILLED = ("client_id", "client_name", "psa_ticket_id")


class FilledOtherwiseError(OutdatedError):
    """The session has another client or ticket by now."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else has changed this in the meantime, and saving yours would undo that. Nothing was saved."
        )


def details_of(body: HandoffIn) -> DetailsIn:
    """The details that an escalation fills."""
    return DetailsIn(**body.model_dump(include={*_FILLED}, exclude_none=True))


async def fill_in(db: Db, actor: Actor, locked: LockedSession, body: HandoffIn, now: datetime) -> None:
    """Fill in what the session lacks, and add what was found as a note.

    Raises:
        FilledOtherwiseError: somebody else has filled it in otherwise.
        ClientNotFoundError: the account has no client with the id.
    """
    details = details_of(body)
    for name in details.model_fields_set:
        if getattr(locked.session, name) not in {None, getattr(details, name)}:
            raise FilledOtherwiseError
    if details.model_fields_set:
        await api.correct_session(details, actor, locked, db, now)
    if body.found:
        await service.write_text(db, actor, await load(db, locked), body.found, is_note=True)
