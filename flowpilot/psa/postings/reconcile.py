"""What FlowPilot has posted, compared with what the ticket system has now."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import or_, select

from flowpilot.db.session import ReadDb
from flowpilot.psa.postings.models import IS_OF_POSTING, PsaPosting, PsaPostingStep, State
from flowpilot.psa.provider import (
    CredentialsError,
    NoSuchTicketError,
    PostingStepKind,
    Provider,
    ProviderError,
    UnavailableError,
)


class Verdict(StrEnum):
    """How a step and its record compare.

    `rounded`: the minutes differ by less than the ticket system's unit of time. `unsure`: not confirmed yet, and
    not there. `unreadable`: the ticket system's answer about it was not readable, so nothing is known. All others
    but `equal` are differences.
    """

    EQUAL = "equal"
    ROUNDED = "rounded"
    UNSURE = "unsure"
    MISSING = "missing"
    DIFFERENT = "different"
    NO_TICKET = "no ticket"
    UNREADABLE = "unreadable"


_DIFFERENCES = frozenset({Verdict.MISSING, Verdict.DIFFERENT, Verdict.NO_TICKET})


@dataclass(frozen=True, slots=True)
class PostedStep:
    """A note or somebody's time that was sent to a ticket; `minutes` is None for a note."""

    session_id: uuid.UUID
    ticket_id: str
    kind: PostingStepKind
    marker: str
    minutes: int | None
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """A step, and the minutes that its record has; None if there is no record or no time in it."""

    step: PostedStep
    verdict: Verdict
    booked_minutes: float | None = None

    @property
    def is_difference(self) -> bool:
        """Whether the ticket system has something else than FlowPilot says."""
        return self.verdict in _DIFFERENCES

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to look at it."""
        return not self.is_difference and self.verdict is not Verdict.UNREADABLE


async def posted_steps(
    db: ReadDb,
    account_id: uuid.UUID,
    connection_id: uuid.UUID,
    session_id: uuid.UUID | None = None,
    since: datetime | None = None,
) -> list[PostedStep]:
    """The notes and times that a connection's ticket system has taken, oldest first; of one session, or of all.

    With `since`, only those that were sent then or later.

    Steps count that are confirmed, and those that were sent and not seen there yet.
    """
    query = (
        select(PsaPosting.ai_session_id, PsaPosting.ticket_id, PsaPostingStep)
        .join(PsaPosting, IS_OF_POSTING)
        .where(
            PsaPostingStep.account_id == account_id,
            PsaPosting.account_id == account_id,
            PsaPosting.connection_id == connection_id,
            PsaPostingStep.state.in_([State.CONFIRMED, State.SENT]),
            or_(PsaPostingStep.kind == PostingStepKind.NOTE, PsaPostingStep.kind == PostingStepKind.TIME),
        )
        .order_by(PsaPosting.id, PsaPostingStep.position)
    )
    if since is not None:
        query = query.where(or_(PsaPostingStep.confirmed_at >= since, PsaPostingStep.asked_at >= since))
    if session_id is not None:
        query = query.where(PsaPosting.ai_session_id == session_id)
    return [
        PostedStep(
            session, ticket, PostingStepKind(step.kind), step.marker, step.minutes, step.state == State.CONFIRMED
        )
        for session, ticket, step in await db.execute(query)
    ]


async def compare(
    provider: Provider, steps: list[PostedStep], report: Callable[[], None] = lambda: None
) -> list[Comparison]:
    """Look up each step's record, one after the other.

    Args:
        provider: the ticket system. No transaction may be open.
        steps: to compare.
        report: called after each step.

    Raises:
        CredentialsError, UnavailableError: the ticket system cannot be asked.
    """
    comparisons = []
    for step in steps:
        comparisons.append(await _compare(provider, step))
        report()
    return comparisons


async def _compare(provider: Provider, step: PostedStep) -> Comparison:
    try:
        if (await provider.read_ticket(step.ticket_id)).is_deleted:
            return Comparison(step, Verdict.NO_TICKET)
        # By its own number: if its ticket was merged since, some systems find it by that alone.
        if step.minutes is None:
            found = await provider.find_record(step.ticket_id, step.marker, step.kind)
            return Comparison(step, _absent(step) if found is None else Verdict.EQUAL)
        booked = await provider.booked_minutes(step.ticket_id, step.marker)
    except NoSuchTicketError:
        return Comparison(step, Verdict.NO_TICKET)
    except (CredentialsError, UnavailableError):
        raise
    except ProviderError:
        return Comparison(step, Verdict.UNREADABLE)
    if booked is None:
        return Comparison(step, _absent(step))
    return Comparison(step, _of_minutes(step.minutes, booked, provider.capabilities.time_unit_seconds), booked)


def _absent(step: PostedStep) -> Verdict:
    return Verdict.MISSING if step.is_confirmed else Verdict.UNSURE


def _of_minutes(posted: int, booked: float, unit_seconds: float) -> Verdict:
    # What systems keep as hours in decimals comes back as a number that is not exact.
    apart = abs(posted - booked)
    if apart < 0.001:
        return Verdict.EQUAL
    return Verdict.ROUNDED if apart < unit_seconds / 60 - 0.001 else Verdict.DIFFERENT
