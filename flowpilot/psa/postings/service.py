"""What people do to postings: retry, abandon, correct before they go, and let them go."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.errors import InvalidError, NotFoundError
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record as put_on_record
from flowpilot.psa import hooks
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.postings import health, policy, rollup
from flowpilot.psa.postings.days import day_end, span, zones_of
from flowpilot.psa.postings.lanes import give_turn
from flowpilot.psa.postings.loaded import LoadedPosting, lock
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep, State
from flowpilot.psa.postings.policy import PostingAction, PostingGoneError
from flowpilot.psa.postings.queries import connections_of
from flowpilot.psa.provider import PostingStepKind


class PostingNotFoundError(NotFoundError):
    """No such posting in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such posting.")


class WhoseMinutesError(InvalidError):
    """It is not said whose minutes are meant."""


async def retry(db: Db, actor: Actor, posting_id: uuid.UUID, now: datetime) -> None:
    """Try what is left of a posting again, at once. What may have been written is looked for first.

    Raises:
        PostingGoneError: nothing of it is left, or the account is no longer connected to its ticket system.
    """
    loaded, connection = await _load(db, actor, posting_id, PostingAction.RETRY)
    for step in policy.left_to_try(loaded.steps):
        step.due_at, step.looks = None, 0
        if step.state == State.FAILED:
            step.state, step.reason, step.external_id = State.QUEUED, None, None
    loaded.posting.reason, loaded.posting.due_at = None, now
    await rollup.roll_up(db, loaded, now)
    await _go(db, loaded, connection)


async def abandon(db: Db, actor: Actor, posting_id: uuid.UUID, now: datetime) -> None:
    """Give up what has not arrived. What is being written at this moment may still arrive.

    Raises:
        ForbiddenError: somebody else works on its session.
        PostingGoneError: all of it has arrived.
    """
    loaded, _ = await _load(db, actor, posting_id, PostingAction.ABANDON)
    for step in policy.left_to_give_up(loaded.steps):
        if step.may_have_arrived and not step.is_there_wrongly:
            step.reason = "It was sent and not seen there: look at the ticket."
        step.state = State.ABANDONED
    loaded.posting.state = State.QUEUED  # A held one too is derived from its steps from now on.
    await rollup.roll_up(db, loaded, now)
    loaded.posting.state, loaded.posting.ended_at = State.ABANDONED, now
    await _put_on_record(db, actor, posting_id, "abandoned", {"ticket": loaded.posting.ticket_id}, now)


async def correct(
    db: Db,
    actor: Actor,
    posting_id: uuid.UUID,
    now: datetime,
    *,
    text: str | None = None,
    minutes: int | None = None,
    user_id: uuid.UUID | None = None,
    step_id: uuid.UUID | None = None,
) -> None:
    """Change a posting's text, or somebody's minutes, before it goes, or after it was refused: then retry it.

    Args:
        user_id: whose minutes; not needed if the posting has the time of one person.
        step_id: which minutes; needed if a person has several, one for each day.

    Raises:
        ForbiddenError: somebody else works on its session.
        PostingGoneError: it has gone, or is being tried.
        WhoseMinutesError: the posting has the time of several people, or none of this one.
    """
    loaded, connection = await _load(db, actor, posting_id, PostingAction.CORRECT)
    posting = loaded.posting
    open_ones = policy.changeable(posting, loaded.steps)
    if text is not None and posting.text is None:
        raise PostingGoneError("This posting has no note. Write one to the ticket instead.")
    if text is not None and all(step.kind != PostingStepKind.NOTE for step in open_ones):
        raise PostingGoneError("The note is on the ticket already, or may be, so it can no longer be changed.")
    if text is not None:
        posting.text_made = posting.text if posting.text_made is None else posting.text_made
        posting.text, posting.edited_by = text, actor.user_id
    before: dict[str, Any] | None = None
    after: dict[str, Any] = {"text": text is not None}
    if minutes is not None:
        step = _time_step(open_ones, user_id, step_id)
        before = {"minutes": step.minutes}
        after |= {"minutes": minutes, "user_id": step.user_id and str(step.user_id), "step_id": str(step.id)}
        _set_minutes(step, minutes, zones_of(connection, actor.timezone))
    await _put_on_record(db, actor, posting_id, "corrected", after, now, before)


async def send(db: Db, actor: Actor, posting_id: uuid.UUID, now: datetime) -> None:
    """Let a held posting go now.

    Raises:
        ForbiddenError: somebody else works on its session.
        PostingGoneError: it is not held, or the account is no longer connected to its ticket system.
    """
    loaded, connection = await _load(db, actor, posting_id, PostingAction.SEND)
    posting = loaded.posting
    posting.state, posting.due_at, posting.released_at, posting.reason = State.QUEUED, now, now, None
    await _go(db, loaded, connection)


async def _put_on_record(
    db: Db,
    actor: Actor,
    posting_id: uuid.UUID,
    what: str,
    after: dict[str, Any],
    now: datetime,
    before: dict[str, Any] | None = None,
) -> None:
    """The audit log says who did it. It holds no words of the note."""
    target = ("psa_posting", posting_id)
    await put_on_record(
        db, actor.account_id, actor.user_id, f"posting.{what}", target, at=now, before=before, after=after
    )


def _set_minutes(step: PsaPostingStep, minutes: int, zones: Sequence[ZoneInfo]) -> None:
    """From the beginning of the work, however often they were corrected before."""
    began_at = step.first_started_at or step.started_at
    assert began_at is not None
    step.first_started_at, step.minutes = began_at, minutes
    step.started_at, step.ended_at = span(began_at, minutes, day_end(began_at, minutes, zones))


def _time_step(
    steps: Sequence[PsaPostingStep], user_id: uuid.UUID | None, step_id: uuid.UUID | None
) -> PsaPostingStep:
    wanted = [
        step
        for step in steps
        if step.kind == PostingStepKind.TIME and user_id in {None, step.user_id} and step_id in {None, step.id}
    ]
    if len(wanted) != 1:
        whose = (
            "has several times: say which with user_id or step_id"
            if wanted
            else "has no such time that can be changed"
        )
        raise WhoseMinutesError(f"This posting {whose}.")
    (step,) = wanted
    return step


async def _load(
    db: Db, actor: Actor, posting_id: uuid.UUID, action: PostingAction
) -> tuple[LoadedPosting, PsaConnection | None]:
    """The posting, locked, if this can be done with it; and the connection over which it goes."""
    known = select(PsaPosting.id).where(PsaPosting.account_id == actor.account_id, PsaPosting.id == posting_id)
    if await db.scalar(known) is None:
        raise PostingNotFoundError
    loaded = await lock(db, actor.account_id, posting_id)
    connections = await connections_of(db, actor.account_id)
    if action in policy.OF_THE_SESSION:
        session_id = loaded.posting.ai_session_id
        others = await hooks.not_theirs(db, actor, [session_id])
        if session_id in others:
            raise others[session_id]
    refused = policy.refusal(loaded.posting, loaded.steps, connections, action)
    if refused is not None:
        raise refused
    return loaded, policy.way(loaded.posting, connections)


async def _go(db: Db, loaded: LoadedPosting, connection: PsaConnection | None) -> None:
    assert connection is not None  # Otherwise it was refused.
    loaded.posting.connection_id = connection.id
    await health.end_rest(db, connection)
    await give_turn(db, loaded.posting.account_id, connection.id)
