"""What a log will read like: its figures, and what about them should make one look again. Pure: no I/O."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, median_low

from flowpilot.imports.case.model import Case, Handoff
from flowpilot.imports.progress import OddTimes

SHOWN_CASES = 10
_WITHIN = timedelta(minutes=1)
_FEWEST_ANSWERS = 5
_LARGE_CASE = 0.4
# So many rows are hardly all of one case: a column that is the same everywhere is taken for the ticket's number.
_MANY_ROWS = 100


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that should make one look again, and where: in the mapping, or on the page that makes one."""

    what: str
    in_mapping: str = ""
    on_page: str = ""


@dataclass
class Figures:
    """What the cases so far come to. Memory grows by a number a case, and by the names of people.

    `known` are cases that earlier imports brought. Of those, only what would be written again counts, and that as
    people, as ends that are unknown, as times in the future and as handoffs `outside` of the case; `less` of them
    would lose something.
    """

    now: datetime
    odd_times: OddTimes = field(default_factory=OddTimes)
    cases: int = 0
    known: int = 0
    less: int = 0
    rows: int = 0
    handoffs: int = 0
    claims: int = 0
    actions: int = 0
    steps: int = 0
    ends_unknown: int = 0
    in_the_future: int = 0
    outside: int = 0
    largest: tuple[str, int] = ("", 0)
    minutes: list[float] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    first: list[Case] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    _answers: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, case: Case, rows: int) -> None:
        """Count one more case, which was made of so many rows."""
        self.cases += 1
        self.rows += rows
        self.steps += len(case.steps)
        self.handoffs += len(case.handoffs)
        self.claims += sum(handoff.claim is not None for handoff in case.handoffs)
        self.actions += sum(handoff.first_action is not None for handoff in case.handoffs)
        self.largest = max(self.largest, (case.ticket, rows), key=lambda one: one[1])
        self.statuses[case.status] += 1
        if case.resolved_at is not None:
            self.minutes.append((case.resolved_at - case.created_at) / timedelta(minutes=1))
        self._see_what_is_written(case)
        self._show(case)
        self._see_answers(case)

    def _show(self, case: Case) -> None:
        """Keep the case if it is among the first, as people count: HELP-2 is before HELP-10."""
        if len(self.first) < SHOWN_CASES or _counted(case) < _counted(self.first[-1]):
            self.first = sorted([*self.first, case], key=_counted)[:SHOWN_CASES]

    def add_known(self, case: Case, *, is_different: bool, says_less: bool = False) -> None:
        """Count a case that an earlier import brought, as it would be now."""
        self.known += 1
        self.less += says_less
        if is_different:
            self._see_what_is_written(case)

    def _see_what_is_written(self, case: Case) -> None:
        self.ends_unknown += len(case.unknown)
        self.in_the_future += max(_moments(case)) > self.now
        self.outside += any(not _is_within(handoff, case) for handoff in case.handoffs)
        self.people.update(_people(case))

    @property
    def mean_minutes(self) -> float | None:
        """The mean time to resolution, in minutes; None if no case is resolved at a known time."""
        return fmean(self.minutes) if self.minutes else None

    @property
    def median_minutes(self) -> float | None:
        """The median time to resolution, in minutes, of two the shorter, as in reports; None if none is known."""
        return median_low(self.minutes) if self.minutes else None

    @property
    def likely_machines(self) -> list[str]:
        """Who answers within a minute in most of the cases that name them: no person is that quick."""
        return sorted(
            name
            for name, (cases, quick) in self._answers.items()
            if cases >= _FEWEST_ANSWERS and quick > cases / 2
        )

    def warnings(self) -> list[str]:
        """What should make one look at the mapping again, in sentences for who writes it."""
        return [f"{doubt.what} {doubt.in_mapping}".strip() for doubt in self.doubts()]

    def doubts(self) -> Iterator[Doubt]:
        """What about the figures is doubtful."""
        if not self.cases and not self.known:
            yield Doubt(
                "No case would be made.",
                "Look at case.id, and at the rules of session.status.",
                "Look at the column with the ticket's number, and at what is left out.",
            )
            return
        if self.less:
            yield Doubt(
                f"Cases that would lose steps, handoffs or claims, or be open again: {self.less:,}.",
                "This file says less than what is there. Is it an older export, or is the mapping another one?",
                "This file says less than what is there. Is it an older export, or do its columns mean something"
                " else now?",
            )
        yield from self._doubts_of_times()
        if self.cases:
            yield from self._doubts_of_new_cases()

    def _doubts_of_new_cases(self) -> Iterator[Doubt]:
        if self.minutes and not any(self.minutes):
            yield Doubt(
                "Every time to resolution is 0.",
                "In a log that only says what happened, created_at is"
                ' { row = "first" } and resolved_at { row = "last" }.',
                "Look at the columns that say when a ticket was opened and resolved, and at what each row is.",
            )
        if not self.minutes:
            yield Doubt(
                "No case has a time to resolution.",
                "Look at session.resolved_at, and at the rules of session.status.",
                "Choose the column that says when a ticket was resolved, or the value that says that it is.",
            )
        yield from self._doubts_of_people()
        is_only_one = self.cases == 1 and not self.known and self.rows > _MANY_ROWS
        # Of two tickets one always has half of the rows, and of few with one row each one has many.
        is_several = self.largest[1] > 1 and (self.cases > 2 or (self.cases == 2 and self.rows > _MANY_ROWS))
        if (is_several or is_only_one) and self.largest[1] > _LARGE_CASE * self.rows:
            yield Doubt(
                f"Case {self.largest[0]} has {self.largest[1]:,} of {self.rows:,} rows.",
                "Look at case.id, and at what stands for an unknown case.",
                "Look at the column with the ticket's number.",
            )

    def _doubts_of_times(self) -> Iterator[Doubt]:
        for sentence in self.odd_times.sentences():
            yield Doubt(sentence, "Look at times.zone.", "Look at the time zone.")
        if self.ends_unknown:
            yield Doubt(f"Ends dated before their beginnings: {self.ends_unknown:,}. They would be unknown.")
        if self.outside:
            yield Doubt(
                f"Cases handed over before they were opened, or after they were resolved: {self.outside:,}.",
                "Look at times.zone, and at the columns of these times.",
                "Look at the time zone, and at the columns of these times.",
            )
        if self.in_the_future:
            yield Doubt(
                f"Cases with times in the future: {self.in_the_future:,}.",
                "Look at times.format and times.zone.",
                "Look at the time zone, and at which is the day and which the month.",
            )

    def _doubts_of_people(self) -> Iterator[Doubt]:
        if self.cases >= 10 and len(self.people) > self.cases / 2:
            yield Doubt(
                f"{len(self.people):,} people in {self.cases:,} cases.",
                "If these are customers or teams, name them under [people], or name another column.",
                "Each becomes a member of the account. If these are customers, choose another column; if they are"
                " teams, name them below.",
            )
        if not self.handoffs:
            yield Doubt(
                "There is no handoff.",
                "If tickets are handed over, say where under [handoff] or [ticket].",
                "If the file says when tickets are handed over, choose the column or the value that says so.",
            )
        elif not self.claims:
            yield Doubt(
                "No handoff is claimed.",
                "If tickets are taken on by somebody else, say so under [handoff] or [ticket].",
                "If the file says who took a ticket on, or when, choose the column that says so: without it nobody"
                " knows how long tickets waited.",
            )
        elif not self.actions:
            yield Doubt(
                "Nobody acts after a claim.",
                "Without steps, or acted under [ticket], the reports say of each that it was never acted on.",
                "If the file says when somebody first worked on a ticket that was handed over, choose that column:"
                " without it the reports say of each that it was never acted on.",
            )
        for name in self.likely_machines:
            yield Doubt(
                f"{name} answers within a minute in most cases.",
                f'If that is no person, name it: machines = ["{name}"] under [people].',
                "If that is no person, tick it below.",
            )

    def _see_answers(self, case: Case) -> None:
        """Count who wrote in the case, and who of them answered somebody else within a minute."""
        quick = {
            after.by
            for before, after in pairwise(case.steps)
            if after.by != before.by and after.at - before.at <= _WITHIN
        }
        for name in {step.by for step in case.steps} - {None}:
            counted = self._answers[str(name)]
            counted[0] += 1
            counted[1] += name in quick


def _counted(case: Case) -> list[tuple[bool, int, str]]:
    """Where a ticket's number stands among others."""
    # So that a very long row of digits is compared, too.
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", case.ticket)
    return [(False, int(part), "") if part.isascii() and part.isdigit() else (True, 0, part) for part in parts]


def _is_within(handoff: Handoff, case: Case) -> bool:
    return case.created_at <= handoff.at and (case.resolved_at is None or handoff.at <= case.resolved_at)


def _moments(case: Case) -> Iterator[datetime]:
    yield case.created_at
    if case.resolved_at is not None:
        yield case.resolved_at
    yield from (step.at for step in case.steps)
    yield from (handoff.at for handoff in case.handoffs)


def _people(case: Case) -> Iterator[str]:
    names = [case.engineer, *(step.by for step in case.steps)]
    for handoff in case.handoffs:
        names += [handoff.by, handoff.claim.by if handoff.claim else None]
    return (name for name in names if name is not None)
