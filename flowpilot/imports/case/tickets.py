"""The steps and the handoff of a case that is one row, with a column for each moment. Pure: no I/O."""

from dataclasses import dataclass, field
from datetime import datetime

from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.imports.case.model import Claim, Event, Handoff, Row, Step, UnknownEnd, first_after, first_of
from flowpilot.imports.case.people import Members
from flowpilot.imports.case.session import Span
from flowpilot.imports.mapping.handoffs import Done, TicketRules
from flowpilot.imports.mapping.whole import Mapping


@dataclass
class Ticket:
    """A ticket's only row. `unknown` collects the times that the row dates before what they follow."""

    row: Row
    mapping: Mapping
    span: Span
    engineer: str | None
    members: Members
    unknown: list[UnknownEnd] = field(default_factory=list)

    @property
    def rules(self) -> TicketRules:
        """The mapping's rules for such rows."""
        assert self.mapping.ticket is not None, "a mapping without tickets has rows"
        return self.mapping.ticket

    def done(self, *, is_open: bool) -> tuple[list[Step], list[Handoff]]:
        """What the row says was done, and the ticket's handoff, if it was handed over."""
        rule = self.rules.escalated
        at = None if rule is None else self.time(rule.at)
        claim = None if rule is None or at is None else self.claim(at, rule)
        steps = self.steps(claim)
        if rule is None or at is None:
            return steps, []
        claimed_at = None if claim is None else claim.at
        ended = None if is_open else self.end(at if claimed_at is None else claimed_at)
        handoff = Handoff(
            at=at,
            by=self.who(rule, self.engineer),
            reason=(self.row[rule.reason] if rule.reason else None) or "",
            claim=claim,
            first_action=None if claimed_at is None else first_after(claimed_at, steps),
            claimant_action=None if claim is None else first_of(claim, None if ended is None else ended.at, steps),
            ended=ended,
            unknown=tuple(self.unknown),
        )
        return steps, [handoff]

    def steps(self, claim: Claim | None) -> list[Step]:
        """What the row says was done, in order. Whoever claimed acted, unless a column names somebody."""
        done: list[tuple[Done | None, str, str | None]] = [
            (self.rules.first_response, "first response", self.engineer),
            (self.rules.acted, "first action", self.engineer if claim is None else claim.by),
        ]
        steps = [
            Step(at, self.who(rule, default), {"note": words})
            for rule, words, default in done
            if rule is not None and (at := self.time(rule.at)) is not None and at >= self.span.created_at
        ]
        return sorted(steps, key=lambda step: step.at)

    def claim(self, given_at: datetime, given: Done) -> Claim | None:
        """Who took it, if somebody did."""
        rule = self.rules.claimed
        name = None if rule is None else self.who(rule, None)
        at = None if rule is None else self.time(rule.at)
        if rule is None or name is None or at is None:
            return None
        if at < given_at:
            self.note("claimed_at", rule.at, given.at)
            return Claim(None, name)
        return Claim(at, name)

    def end(self, not_before: datetime) -> Event:
        """What ended the handoff: the ticket's being closed or resolved, or what came last."""
        column = self.rules.closed_at
        closed_at = self.span.resolved_at or (None if column is None else self.time(column))
        if closed_at is None or closed_at < not_before:
            return Event(HandoffEventKind.CLOSED, not_before, None)
        return Event(HandoffEventKind.CLOSED, closed_at, self.engineer)

    def time(self, column: str) -> datetime | None:
        """The time in the column, if it is known."""
        text = self.row[column]
        return None if text is None else self.mapping.times.parse(column, text)

    def who(self, rule: Done, default: str | None) -> str | None:
        """Who did it, if that is a member; `default` where the rule names no column."""
        return self.members.name(self.row[rule.by], self.row) if rule.by else default

    def note(self, field_name: str, column: str, begins: str) -> None:
        """Keep in mind that a time could not be kept."""
        text, beginning = self.row[column], self.row[begins]
        assert text is not None
        assert beginning is not None
        self.unknown.append(UnknownEnd(field_name, text, beginning))
