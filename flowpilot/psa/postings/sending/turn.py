"""A turn of a connection: posts what is due, one request after the other, for a while.

No transaction is open while the ticket system is asked.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.members.tokens import refuse_token
from flowpilot.psa.postings import health, record
from flowpilot.psa.postings.loaded import LoadedPosting
from flowpilot.psa.postings.models import PsaPosting, PsaPostingStep, State
from flowpilot.psa.postings.sending import due, unshown
from flowpilot.psa.postings.sending.acts import LookUp, SetStatus, Wait, Write, lacks_member, next_act
from flowpilot.psa.postings.sending.files import KeptHere, file_record
from flowpilot.psa.postings.sending.records import record_of
from flowpilot.psa.postings.sending.sentences import HAS_LEFT, NOT_MATCHED, keeps_status, no_status
from flowpilot.psa.postings.sending.writers import Writers
from flowpilot.psa.provider import (
    BooksFor,
    CredentialsError,
    NoSuchTicketError,
    Outcome,
    PostingStepKind,
    Provider,
    ProviderError,
    Refused,
    Ticket,
    TryLater,
    UnavailableError,
)

# After this time a connection queues again behind those that wait for a worker. One request may take longer.
_TURN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn works with. `zone` is the account's."""

    database: Database
    connection: PsaConnection
    provider: Provider
    members: Mapping[uuid.UUID, str]
    names: Mapping[uuid.UUID, str]
    zone: ZoneInfo
    writers: Writers = field(default_factory=Writers)

    @property
    def account_id(self) -> uuid.UUID:
        """The connection's account."""
        return self.connection.account_id


async def run(turn: Turn) -> datetime | None:
    """Post what is due, and return when there is more to do: now, if the turn was too short; None for never.

    Raises:
        CredentialsError: the ticket system does not accept the credentials any more.
    """
    ends = now() + _TURN
    await _take_over(turn)
    while (moment := now()) < ends:
        async with turn.database.read(turn.account_id) as db:
            is_open = await due.open_connection(db, turn.account_id, turn.connection.id) is not None
            posting = await due.next_due(db, turn.account_id, turn.connection.id) if is_open else None
        if posting is None or posting.due_at is None:
            return None
        if posting.due_at > moment:
            return posting.due_at
        rests_until = await _advance(turn, posting, moment)
        if rests_until is not None:
            return rests_until
    return now()


async def _take_over(turn: Turn) -> None:
    """A lane has one turn at a time, so requests that are open as one begins were sent by a process that died."""
    async with turn.database.write(turn.account_id) as db:
        for posting_id in await due.left_open(db, turn.account_id, turn.connection.id):
            await record.take_over(db, turn.account_id, posting_id, now())


async def _advance(turn: Turn, posting: PsaPosting, moment: datetime) -> datetime | None:
    """Take one posting as far as it goes now. Returns until when the connection rests, if the system is down."""
    if await _is_for_later(turn, posting, moment):
        return None
    try:
        ticket = await turn.provider.read_ticket(posting.ticket_id)
    except NoSuchTicketError as error:
        await _refuse(turn, posting, f"{error.detail} Correct the number under Edit details in the session.")
        return None
    except UnavailableError as error:
        return await unshown.step_back(turn.database, turn.connection, turn.provider, posting, error)
    except CredentialsError:
        raise
    except ProviderError as error:
        await unshown.put_off(turn.database, posting, now() + timedelta(hours=1), error.detail)
        return None
    if ticket.is_deleted:
        await _refuse(turn, posting, f"Ticket {posting.ticket_id} is deleted, so nothing was written to it.")
        return None
    if not ticket.is_called(posting.ticket_id):
        async with turn.database.write(turn.account_id) as db:
            await due.say_merged(db, posting, ticket.id)
    rests_until = await _work(turn, posting, ticket)
    if rests_until is None:
        # A system that can be read and takes nothing is still down.
        await health.record_answer(turn.database, turn.connection)
    return rests_until


async def _is_for_later(turn: Turn, posting: PsaPosting, moment: datetime) -> bool:
    """Release what was held, or put off what only waits, without asking the ticket system for the ticket."""
    if posting.state == State.HELD:
        async with turn.database.write(turn.account_id) as db:
            await due.release_held(db, posting, moment)
        return True
    async with turn.database.read(turn.account_id) as db:
        steps = await due.wanted_steps(db, posting)
    act = next_act(steps, turn.provider.capabilities, turn.members, turn.writers, now())
    if isinstance(act, Wait):
        await _wait(turn, posting, steps, act.until)
    return isinstance(act, Wait)


async def _work(turn: Turn, posting: PsaPosting, ticket: Ticket) -> datetime | None:
    absent: set[uuid.UUID] = set()
    while True:
        async with turn.database.read(turn.account_id) as db:
            steps = await due.wanted_steps(db, posting)
        if not steps:
            return None
        act = next_act(steps, turn.provider.capabilities, turn.members, turn.writers, now(), absent)
        match act:
            case None:
                await _settle(turn, posting)
                return None
            case Wait(until):
                await _wait(turn, posting, steps, until)
                return None
            case LookUp(asked):
                rests_until = await _look_up(turn, posting, asked, absent)
            case Write((PsaPostingStep(kind=PostingStepKind.FILE) as step,)):
                rests_until = await _write_file(turn, posting, ticket, step)
                absent.clear()
            case Write(asked):
                rests_until = await _write(turn, posting, ticket, asked)
                absent.clear()
            case SetStatus(step):
                rests_until = await _set_status(turn, posting, ticket, step)
        if rests_until is not None:
            return rests_until


async def _look_up(
    turn: Turn, posting: PsaPosting, steps: tuple[PsaPostingStep, ...], absent: set[uuid.UUID]
) -> datetime | None:
    try:
        found = await turn.provider.find_record(posting.ticket_id, steps[0].marker, PostingStepKind(steps[0].kind))
    except UnavailableError as error:
        rests_until = await unshown.step_back(turn.database, turn.connection, turn.provider, posting, error)
        if rests_until is None:
            await _put_off_steps(turn, posting, steps, error.detail)
        return rests_until
    except CredentialsError:
        raise
    except ProviderError as error:
        await _put_off_steps(turn, posting, steps, error.detail)
        return None
    ids = [step.id for step in steps]
    async with turn.database.write(turn.account_id) as db:
        await record.seen(db, turn.account_id, posting.id, ids, found, now(), asked_at=steps[0].asked_at)
    if found is None:
        absent.update(step.id for step in steps if step.state == State.QUEUED)
    return None


async def _write(
    turn: Turn, posting: PsaPosting, ticket: Ticket, steps: tuple[PsaPostingStep, ...]
) -> datetime | None:
    ids = [step.id for step in steps]
    begun = await _begin(turn, posting, ids)
    if begun is None:
        return None
    to_write = tuple(begun.of(ids))
    writer = turn.writers.of(to_write)
    provider = turn.provider if writer is None else turn.writers.providers[writer]
    is_anybodys = writer is None and provider.capabilities.books_for is BooksFor.CREDENTIAL_OWNER
    names = turn.names if is_anybodys else None
    to_send = record_of(begun.posting, to_write, turn.members, names, turn.zone)
    try:
        outcome = await provider.write(ticket.id, to_send)
    except CredentialsError:
        if writer is None:
            raise
        outcome = await _refuse_token(turn, writer)
    return await _finish(turn, posting, ids, outcome)


async def _write_file(turn: Turn, posting: PsaPosting, ticket: Ticket, step: PsaPostingStep) -> datetime | None:
    # On record before it is read: a removal after that lists it as sent, and one before that is seen here.
    if await _begin(turn, posting, [step.id]) is None:
        return None
    is_anybodys = turn.provider.capabilities.books_for is BooksFor.CREDENTIAL_OWNER
    name = turn.names.get(step.user_id) if is_anybodys and step.user_id is not None else None
    record_ = await file_record(turn.database, posting, step, name)
    if isinstance(record_, KeptHere):
        async with turn.database.write(turn.account_id) as db:
            await record.leave_out(db, turn.account_id, posting.id, step.id, record_.reason, now())
        return None
    return await _finish(turn, posting, [step.id], await turn.provider.write(ticket.id, record_))


async def _refuse_token(turn: Turn, user_id: uuid.UUID) -> Outcome:
    """A token of somebody's own is not accepted: what is theirs waits, and everybody else's goes on."""
    turn.writers.refused.add(user_id)
    async with turn.database.write(turn.account_id) as db:
        await refuse_token(db, turn.writers.members[user_id], now())
    return TryLater(_token_refused(turn, user_id))


async def _set_status(turn: Turn, posting: PsaPosting, ticket: Ticket, step: PsaPostingStep) -> datetime | None:
    async with turn.database.read(turn.account_id) as db:
        chosen = await due.chosen_status(db, turn.connection, ticket.board_id, posting.occasion)
    if chosen is None:
        return await _finish(turn, posting, [step.id], Refused(no_status(ticket)))
    if chosen.status_id is None:
        async with turn.database.write(turn.account_id) as db:
            await record.leave_out(db, turn.account_id, posting.id, step.id, keeps_status(ticket), now())
        return None
    if await _begin(turn, posting, [step.id]) is None:
        return None
    outcome = await turn.provider.set_status(ticket.id, chosen.status_id)
    return await _finish(turn, posting, [step.id], outcome)


async def _begin(turn: Turn, posting: PsaPosting, ids: list[uuid.UUID]) -> LoadedPosting | None:
    """What to send, as it is now; None if it is not to be sent any more."""
    async with turn.database.write(turn.account_id) as db:
        if await due.open_connection(db, turn.account_id, turn.connection.id) is None:
            return None
        return await record.begin(db, posting, ids, now())


async def _finish(turn: Turn, posting: PsaPosting, ids: list[uuid.UUID], outcome: Outcome) -> datetime | None:
    async with turn.database.write(turn.account_id) as db:
        await record.finish(db, turn.account_id, posting.id, ids, outcome, now())
    if isinstance(outcome, TryLater) and outcome.is_down:
        await unshown.put_behind(turn.database, posting)
        return await health.record_failure(turn.database, turn.connection, outcome.reason, outcome.not_before)
    return None


def _waits_for(turn: Turn, step: PsaPostingStep) -> str | None:
    """What somebody has to do before the step can go; None if nothing."""
    if lacks_member(step, turn.provider.capabilities, turn.members):
        name = None if step.user_id is None else turn.names.get(step.user_id)
        return HAS_LEFT if name is None else NOT_MATCHED.format(name=name)
    if step.user_id is not None and step.user_id in turn.writers.refused:
        return _token_refused(turn, step.user_id)
    return None


def _token_refused(turn: Turn, user_id: uuid.UUID) -> str:
    name = turn.names.get(user_id, "somebody")
    return f"The ticket system refuses {name}'s own token. Enter it again or remove it."


async def _refuse(turn: Turn, posting: PsaPosting, reason: str) -> None:
    async with turn.database.write(turn.account_id) as db:
        await record.refuse(db, turn.account_id, posting.id, reason, now())


async def _settle(turn: Turn, posting: PsaPosting) -> None:
    async with turn.database.write(turn.account_id) as db:
        await record.settle(db, turn.account_id, posting.id, now())


async def _wait(turn: Turn, posting: PsaPosting, steps: list[PsaPostingStep], until: datetime | None) -> None:
    queued = [step for step in steps if step.state == State.QUEUED]
    reasons = {step.id: reason for step in queued if (reason := _waits_for(turn, step)) is not None}
    async with turn.database.write(turn.account_id) as db:
        await due.put_off(db, posting, until)
        if reasons:
            await record.explain(db, turn.account_id, posting.id, reasons, now())


async def _put_off_steps(turn: Turn, posting: PsaPosting, steps: tuple[PsaPostingStep, ...], reason: str) -> None:
    async with turn.database.write(turn.account_id) as db:
        await record.put_off(db, turn.account_id, posting.id, [step.id for step in steps], reason, now())
