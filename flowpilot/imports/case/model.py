"""A case of a log, as it will be written: a session, its steps and its handoffs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flowpilot.handoffs.acting.claimants import is_during_claim
from flowpilot.handoffs.models import HandoffEventKind

Row = dict[str, str | None]
"""The columns that the mapping uses; None if a value is unknown."""


class Step(NamedTuple):
    """Something a person did. An unknown person is None, here and below."""

    at: datetime
    by: str | None
    content: dict[str, str]


@dataclass(frozen=True, slots=True)
class UnknownEnd:
    """An end that the log dates before its beginning, so that its time is unknown.

    `field` is the column that it is missing from, `text` its time in the log, and `begins` that of its beginning.
    """

    field: str
    text: str
    begins: str


@dataclass(frozen=True, slots=True)
class Claim:
    """Who claimed a handoff, and when; `at` is None if the log dates the claim before the handoff."""

    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Event:
    """One transition of a handoff."""

    kind: HandoffEventKind
    at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class Handoff:
    """One handoff. It has an end, `ended`, unless it is the last one of a case that is open.

    `unknown` lists its times that could not be kept.
    """

    at: datetime
    by: str | None
    reason: str
    claim: Claim | None
    first_action: Step | None
    claimant_action: Step | None
    ended: Event | None
    unknown: tuple[UnknownEnd, ...] = ()

    def events(self) -> Iterator[Event]:
        """What happened to the handoff, in order, if the time is known."""
        yield Event(HandoffEventKind.CREATED, self.at, self.by)
        if self.claim is not None and self.claim.at is not None:
            yield Event(HandoffEventKind.CLAIMED, self.claim.at, self.claim.by)
        if self.ended is not None:
            yield self.ended


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a log, as a session. `unknown` lists the times that could not be kept."""

    ticket: str
    engineer: str | None
    status: str
    summary: str
    domain: str | None
    client: str | None
    created_at: datetime
    resolved_at: datetime | None
    steps: list[Step]
    handoffs: list[Handoff]
    unknown: tuple[UnknownEnd, ...] = ()


def first_after(moment: datetime, steps: list[Step]) -> Step | None:
    """The earliest step strictly after the moment; of several at the same time, the first one."""
    first = None
    for step in steps:
        if step.at > moment and (first is None or step.at < first.at):
            first = step
    return first


def first_of(claim: Claim, ended: datetime | None, steps: list[Step]) -> Step | None:
    """The claimant's earliest step strictly after the claim, and not after the end of the handoff."""
    if claim.at is None:
        return None
    own = [step for step in steps if step.by == claim.by and is_during_claim(step.at, claim.at, ended)]
    return first_after(claim.at, own)
