"""What people do to postings: retry, abandon, correct before they go, and let them go."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.errors import InvalidError, NotFoundError, OutdatedError
from flowpilot.identity.actor import Actor
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.postings import health, record
from flowpilot.psa.postings.lanes import give_turn
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep, State
from flowpilot.psa.postings.record import LoadedPosting
from flowpilot.psa.provider import StepKind

_CHANGEABLE = frozenset({State.HELD, State.QUEUED})


class PostingNotFoundError(NotFoundError):
    """No such posting in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such posting.")


class PostingGoneError(OutdatedError):
    """The posting has gone too far for this."""


class WhoseMinutesError(InvalidError):
    """It is not said whose minutes are meant."""


async def retry(db: Db, actor: Actor, posting_id: uuid.UUID, now: datetime) -> None:
    """Try what is left of a posting again, at once. What may have been written is looked for first.

    Raises:
        PostingGoneError: nothing of it is left.
    """
    loaded = await _load(db, actor, posting_id)
    left = [step for step in loaded.steps if step.state in {State.QUEUED, State.SENT, State.FAILED}]
    if loaded.posting.state in {State.CONFIRMED, State.ABANDONED, State.HELD} or not left:
        raise PostingGoneError(f"This posting is {loaded.posting.state}, so there is nothing to try again.")
    connection = await _connection(db, loaded.posting)
    for step in left:
        step.due_at, step.looks = None, 0
        if step.state == State.FAILED:
            step.state, step.reason, step.external_id = State.QUEUED, None, None
    loaded.posting.reason, loaded.posting.due_at = None, now
    await record.roll_up(db, loaded, now)
    await health.end_rest(db, connection)
    await give_turn(db, actor.account_id, connection.id)


async def abandon(db: Db, actor: Actor, posting_id: uuid.UUID, now: datetime) -> None:
    """Give up what has not arrived. What is being written at this moment may still arrive.

    Raises:
        PostingGoneError: all of it has arrived.
    """
    loaded = await _load(db, actor, posting_id)
    left = [step for step in loaded.steps if step.state not in {State.CONFIRMED, State.ABANDONED}]
    if not left:
        raise PostingGoneError(f"This posting is {loaded.posting.state}, so there is nothing to give up.")
    for step in left:
        unsure = step.asked_at is not None or step.state == State.SENT
        step.reason = "It was sent and not seen there: look at the ticket." if unsure else step.reason
        step.state = State.ABANDONED
    loaded.posting.state = State.QUEUED  # A held one too is derived from its steps from now on.
    await record.roll_up(db, loaded, now)
    loaded.posting.state, loaded.posting.ended_at = State.ABANDONED, now
    await db.flush()


async def correct(
    db: Db,
    actor: Actor,
    posting_id: uuid.UUID,
    *,
    text: str | None = None,
    minutes: int | None = None,
    user_id: uuid.UUID | None = None,
) -> None:
    """Change a posting's text, or somebody's minutes, before it goes.

    Args:
        user_id: whose minutes; not needed if the posting has the time of one person.

    Raises:
        PostingGoneError: it has gone, or is being tried.
        WhoseMinutesError: the posting has the time of several people, or none of this one.
    """
    loaded = await _load(db, actor, posting_id)
    posting = loaded.posting
    if posting.state not in _CHANGEABLE or any(step.attempts for step in loaded.steps):
        raise PostingGoneError("This posting is already on its way, so it can no longer be changed.")
    if text is not None and posting.text is None:
        raise PostingGoneError("This posting has no note. Write one to the ticket instead.")
    if text is not None:
        posting.text_made = posting.text if posting.text_made is None else posting.text_made
        posting.text, posting.edited_by = text, actor.user_id
    if minutes is not None:
        _set_minutes(loaded, minutes, user_id)
    await db.flush()


async def send(db: Db, actor: Actor, posting_id: uuid.UUID, now: datetime) -> None:
    """Let a held posting go now.

    Raises:
        PostingGoneError: it is not held.
    """
    loaded = await _load(db, actor, posting_id)
    if loaded.posting.state != State.HELD:
        raise PostingGoneError(f"This posting is {loaded.posting.state}: it waits for nobody.")
    loaded.posting.state, loaded.posting.due_at = State.QUEUED, now
    await db.flush()
    await give_turn(db, actor.account_id, loaded.posting.connection_id)


def _set_minutes(loaded: LoadedPosting, minutes: int, user_id: uuid.UUID | None) -> None:
    times: list[PsaPostingStep] = [step for step in loaded.steps if step.kind == StepKind.TIME]
    wanted = [step for step in times if user_id is None or step.user_id == user_id]
    if len(wanted) != 1:
        whose = "has the time of several people: say whose with user_id" if wanted else "has no such time"
        raise WhoseMinutesError(f"This posting {whose}.")
    (step,) = wanted
    assert step.started_at is not None
    step.minutes, step.ended_at = minutes, step.started_at + timedelta(minutes=minutes)


async def _load(db: Db, actor: Actor, posting_id: uuid.UUID) -> LoadedPosting:
    known = select(PsaPosting.id).where(PsaPosting.account_id == actor.account_id, PsaPosting.id == posting_id)
    if await db.scalar(known) is None:
        raise PostingNotFoundError
    return await record.lock(db, actor.account_id, posting_id)


async def _connection(db: Db, posting: PsaPosting) -> PsaConnection:
    """The posting's connection; if that was removed, the one to the same ticket system that replaced it.

    Raises:
        PostingGoneError: the account is no longer connected to that ticket system.
    """
    of_account = select(PsaConnection).where(PsaConnection.account_id == posting.account_id)
    own = (await db.scalars(of_account.where(PsaConnection.id == posting.connection_id))).one()
    if own.removed_at is None:
        return own
    same = of_account.where(
        PsaConnection.removed_at.is_(None),
        PsaConnection.provider == own.provider,
        PsaConnection.base_url == own.base_url,
    )
    replacement = await db.scalar(same)
    if replacement is None:
        raise PostingGoneError(
            f"The connection to {own.name} was removed. Connect it again, or abandon this posting."
        )
    posting.connection_id = replacement.id
    return replacement
