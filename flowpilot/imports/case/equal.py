"""Tickets with a number that is here already: the same ticket, or one of another system? Pure: no I/O."""

from collections.abc import Mapping as Named
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

from flowpilot.errors import InvalidError
from flowpilot.imports.case.beginnings import may_go_on
from flowpilot.imports.case.merging import Added, Statement
from flowpilot.imports.case.model import Case, Row
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.sessions.transitions import ENDED

_EXAMPLES = 5
_LONGEST_TITLE = 200
_A_MINUTE = timedelta(minutes=1)
# Between the clocks of the world's first and last place.
_ZONES = timedelta(hours=26)
_OTHER, _ALIKE, _TWIN = range(3)

Rows = Sequence[Row]
Question = Literal["other", "same", "several"]
"""What is to be said by a person: that tickets with equal numbers are others, that they are the same, or which of
several systems they are from."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What tells a ticket from another one with its number."""

    title: str
    opened: datetime
    resolved: datetime | None

    def in_words(self) -> str:
        """A ticket, in a few words."""
        title = f"“{self.title[:80]}”, " if self.title else ""
        return f"{title}opened {self.opened.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class EqualNumber:
    """A ticket of the file, and the one with its number that is here. `system` is that one's, if it was said."""

    ticket: str
    known: Facts
    now: Facts
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A session that imports brought, which has a ticket's number but is another's as far as is known.

    `system` is that of an import that told of it; `is_told`: one of the file's own system has, too.
    """

    session_id: UUID
    facts: Facts
    system: str | None
    is_told: bool = False


class EqualNumbersError(InvalidError):
    """A person has to say whether tickets with equal numbers are the same.

    `question` is what they seem to be, `n` how many, and `examples` some of them.
    """


@dataclass(slots=True)
class EqualNumbers:
    """The tickets of a file, held against those with their numbers that earlier imports brought.

    `elsewhere` are sessions by the tickets that have a number of theirs. `several` counts numbers that tickets of
    several systems have, so that it cannot be known which are meant. Of `compared` tickets, `other` seem to be
    others than those that they would be added to, and in so many `unsaid` cases nobody said that both are of one
    system. Of `held` ones with the number of one elsewhere, `twins` are surely here, under another system's name
    or another number, and `alike` may be: they count if these are most, because a few are chance.
    """

    mapping: Mapping
    elsewhere: Named[str, Sequence[Elsewhere]] = field(default_factory=dict)
    several: int = 0
    several_tickets: list[str] = field(default_factory=list)
    compared: int = 0
    other: int = 0
    unsaid: int = 0
    held: int = 0
    twins: int = 0
    alike: int = 0
    examples: list[EqualNumber] = field(default_factory=list)
    twin_examples: list[EqualNumber] = field(default_factory=list)
    alike_examples: list[EqualNumber] = field(default_factory=list)

    def see_known(self, ticket: str, earlier: Sequence[Statement], added: Added, case: Case, rows: Rows) -> None:
        """Hold a case of the file alone, of these rows, against the session that it was `added` to."""
        self.compared += 1
        if added.before is None:
            return
        system = self.mapping.system
        is_said = system is not None and any(one.mapping.system == system for one in earlier)
        further = Statement(self.mapping, rows)
        if _is_other(added.before, case, is_said=is_said) and not (
            _is_untitled(added.before, case) and may_go_on(earlier, further)
        ):
            self.other += 1
            self.unsaid += not is_said
            known = next((one.mapping.system for one in earlier if one.mapping.system), None)
            _keep(self.examples, EqualNumber(ticket, _facts(added.before), _facts(case), known))

    def see_new(self, ticket: str, case: Case) -> None:
        """Hold a case of which a session would be made against those of other systems."""
        others = self.elsewhere.get(ticket, ())
        self.held += bool(others)
        one = likely(others, case)
        if one is None:
            return
        now = _facts(case)
        example = EqualNumber(ticket, one.facts, now, one.system)
        if _likeness(one.facts, now) == _TWIN:
            self.twins += 1
            _keep(self.twin_examples, example)
        else:
            self.alike += 1
            _keep(self.alike_examples, example)

    @property
    def here(self) -> int:
        """How many tickets seem to be here, under the name of another system."""
        return self.twins + self.alike if self._are_most else self.twins

    @property
    def _are_most(self) -> bool:
        return (self.twins + self.alike) * 2 > self.held

    @property
    def question(self) -> Question | None:
        """What a person has to say before the file is imported; None if nothing is doubtful, or they have said it.

        If both are said to be of one system, a few edited tickets are no doubt.
        """
        answer = self.mapping.equal_numbers
        if self.several:
            return "several"
        if answer != "same" and (self.unsaid or self.other * 2 > self.compared):
            return "other"
        return "same" if self.here and answer == "ask" else None

    @property
    def n(self) -> int:
        """How many tickets the question is about."""
        return {"several": self.several, "other": self.other, "same": self.here, None: 0}[self.question]

    @property
    def shown(self) -> list[EqualNumber]:
        """Some of those tickets."""
        here = [*self.twin_examples, *(self.alike_examples if self._are_most else [])][:_EXAMPLES]
        return {"several": [], "other": self.examples, "same": here, None: []}[self.question]

    @property
    def system(self) -> str | None:
        """The system that the earlier import named, if it did."""
        return next((one.system for one in self.shown if one.system), None)

    def sentences(self) -> list[str]:
        """What is doubtful, in sentences for everybody."""
        tickets = "1 ticket has" if self.n == 1 else f"{self.n:,} tickets have"
        examples = [
            f"{one.ticket} is {one.known.in_words()}, and here {one.now.in_words()}." for one in self.shown[:2]
        ]
        if self.question == "several":
            named = ", ".join(self.several_tickets)
            return [f"{tickets} a number that tickets of several systems here have: {named}."]
        if self.question == "other":
            return [
                f"{tickets} the number of one that an earlier import brought, but seem to be others.",
                *examples,
            ]
        if self.question == "same":
            one = self.shown[0]
            alike = "number, title and time" if self.here == self.twins else "number and the title or time"
            same = f"{tickets} the {alike} of one that came from {self.system or 'elsewhere'}"
            return [f"{same}, such as {one.ticket}."]
        return []

    def refuse(self) -> None:
        """Refuse to import, if a person has to say something first.

        Raises:
            EqualNumbersError: they have.
        """
        if self.question is None:
            return
        examples = [one.ticket for one in self.shown] or self.several_tickets
        detail = " ".join([*self.sentences(), self.way_out, "Nothing was imported."])
        raise EqualNumbersError(detail, question=self.question, n=self.n, examples=examples)

    @property
    def way_out(self) -> str:
        """What to say in the mapping."""
        if self.question == "several":
            return "Name the ticket system that this file is from, as system."
        if self.question == "same":
            name = f"; if this file is from there, say system = {self.system}, too" if self.system else ""
            others = "" if self.mapping.system else " and name the system of this file, as system"
            return (
                f'If they are the same tickets, say equal_numbers = "same"{name}. Or undo that import and repeat'
                f' it under the name of this system. If they are others, say equal_numbers = "other"{others}.'
            )
        if self.mapping.equal_numbers == "other":
            return f"An earlier import says system = {self.mapping.system}, too: give this one another name."
        return (
            'If they are the same tickets, say equal_numbers = "same". If they are of another ticket system, name'
            ' it as system, with a name of its own, and say equal_numbers = "other".'
        )


def likely(others: Sequence[Elsewhere], case: Case) -> Elsewhere | None:
    """Which of the sessions with a ticket's number is likely to be of the same ticket; None if none is."""
    now = _facts(case)
    one = max(others, key=lambda one: _likeness(one.facts, now), default=None)
    return None if one is None or _likeness(one.facts, now) == _OTHER else one


def _keep(examples: list[EqualNumber], one: EqualNumber) -> None:
    if len(examples) < _EXAMPLES:
        examples.append(one)


def _is_other(before: Case, case: Case, *, is_said: bool) -> bool:
    """Whether a case seems to be another ticket than the one that is known by its number.

    Titles are edited and mappings corrected, so both title and opening must differ. Of logs without titles nothing
    is doubtful if both are said to be of one system, if they have a time in common, or if the case goes on; and
    `may_go_on` says more of logs of one mapping.
    """
    if _is_near(before.created_at, case.created_at):
        return False
    if before.summary and case.summary:
        return _plain(before.summary) != _plain(case.summary)
    known = _moments(before)
    goes_on = before.status not in ENDED and case.created_at >= max(known)
    return not (is_said or goes_on or known & _moments(case))


def _is_untitled(before: Case, case: Case) -> bool:
    return not (before.summary and case.summary)


def _facts(case: Case) -> Facts:
    return Facts(case.summary[:_LONGEST_TITLE], case.created_at, case.resolved_at)


def _likeness(one: Facts, other: Facts) -> int:
    """How much two tickets with one number seem to be the same, though they are said to be of two systems.

    One list has the seconds, and another the minutes; a zone that is not right makes hours.
    """
    is_near = _is_near(one.opened, other.opened)
    if one.title and other.title:
        is_same = _plain(one.title) == _plain(other.title)
        if is_near:
            return _TWIN if is_same else _ALIKE
        return _ALIKE if is_same and abs(one.opened - other.opened) <= _ZONES else _OTHER
    if not is_near:
        return _OTHER
    return _TWIN if one.resolved and other.resolved and _is_near(one.resolved, other.resolved) else _ALIKE


def _is_near(one: datetime, other: datetime) -> bool:
    return abs(one - other) < _A_MINUTE


def _plain(title: str) -> str:
    return " ".join(title[:_LONGEST_TITLE].casefold().split())


def _moments(case: Case) -> set[datetime]:
    ends = {case.resolved_at} if case.resolved_at else set[datetime]()
    return {case.created_at, *ends, *(step.at for step in case.steps), *(one.at for one in case.handoffs)}
