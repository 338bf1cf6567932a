"""What a preview answers: the figures of a file, its first cases, and what it would change."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from flowpilot.imports.case.equal import EqualNumbers, Question
from flowpilot.imports.case.model import Case
from flowpilot.imports.preview import Preview


class HandoffPreview(BaseModel):
    """A handoff as it will be."""

    at: datetime
    by: str | None
    claimed_at: datetime | None
    claimed_by: str | None


class CasePreview(BaseModel):
    """A case as it will read."""

    ticket: str
    summary: str
    status: str
    domain: str | None
    client: str | None
    engineer: str | None
    created_at: datetime
    resolved_at: datetime | None
    n_steps: int
    handoffs: list[HandoffPreview]

    @classmethod
    def of(cls, case: Case) -> Self:
        """The case."""
        said = {name: getattr(case, name) for name in cls.model_fields if name not in {"n_steps", "handoffs"}}
        handoffs = [
            HandoffPreview(
                at=one.at,
                by=one.by,
                claimed_at=one.claim.at if one.claim else None,
                claimed_by=one.claim.by if one.claim else None,
            )
            for one in case.handoffs
        ]
        return cls(**said, n_steps=len(case.steps), handoffs=handoffs)


class UnusableRowOut(BaseModel):
    """A row that cannot be used; `ticket` is null if it does not say one."""

    model_config = ConfigDict(from_attributes=True)

    line: int
    ticket: str | None
    column: str | None
    problem: str


class UpdatedCaseOut(BaseModel):
    """A case of an earlier import that would be updated: `different` has what was and what would be, by field."""

    ticket: str
    different: dict[str, str]


class TicketFactsOut(BaseModel):
    """What tells a ticket from another one with its number."""

    model_config = ConfigDict(from_attributes=True)

    title: str
    opened: datetime


class EqualNumberOut(BaseModel):
    """A ticket of the file, and the one with its number that is here; `system` is that one's, if it was said."""

    model_config = ConfigDict(from_attributes=True)

    ticket: str
    known: TicketFactsOut
    now: TicketFactsOut
    system: str | None


class EqualNumbersOut(BaseModel):
    """Tickets with the numbers of others: as long as nobody has said what they are, the file is not imported.

    `question` is `other` if they seem to be other tickets than those of earlier imports, `same` if they seem to be
    the same though they are said to be of another system, and `several` if tickets of several systems have their
    numbers. Answer by `system` and `equal_numbers` in the mapping.
    """

    question: Question
    n: int
    sentences: list[str]
    examples: list[EqualNumberOut]

    @classmethod
    def of(cls, found: EqualNumbers) -> Self | None:
        """What has to be said; None if nothing has."""
        if found.question is None:
            return None
        examples = [EqualNumberOut.model_validate(one) for one in found.shown]
        return cls(question=found.question, n=found.n, sentences=found.sentences(), examples=examples)


class ImportPreviewOut(BaseModel):
    """What an import would bring. Nothing was written.

    `is_cut`: the file is longer, and these are its first rows. `mttr_minutes` and `median_minutes` are over the
    `n_resolved` cases that are resolved at a known time. `cases_updated` and `cases_unchanged` are cases that
    earlier imports brought. `people` are in cases that are new or updated; `people_new` of them are no members.
    `updated_fields` counts the updated cases by what is different, and `first_updated` has some of them; those of
    `cases_losing` would lose steps, handoffs, claims or their end.
    `rows_repeated` do not count, because a later row is of the same ticket; `repeated_tickets` has some of those,
    and the rows of `tickets_repeated_otherwise` tickets do not all say the same.
    `cases_already_here` would stay as they are. Because of `rows_unusable`, of which `unusable` has the first,
    `tickets_unusable` are left out.
    """

    rows: int
    is_cut: bool
    cases: int
    statuses: dict[str, int]
    steps: int
    people: int
    people_new: int
    handoffs: int
    claims: int
    n_resolved: int
    mttr_minutes: float | None
    median_minutes: float | None
    cases_updated: int
    cases_unchanged: int
    cases_losing: int
    updated_fields: dict[str, int]
    first_updated: list[UpdatedCaseOut]
    rows_repeated: int
    repeated_tickets: list[str]
    tickets_repeated_otherwise: int
    equal_numbers: EqualNumbersOut | None
    cases_already_here: int
    cases_left_out: int
    lines_left_out: list[str]
    rows_unusable: int
    tickets_unusable: int
    unusable: list[UnusableRowOut]
    first_cases: list[CasePreview]
    warnings: list[str]
    likely_machines: list[str]

    @classmethod
    def of(cls, found: Preview) -> Self:
        """What was found."""
        figures = found.figures
        return cls(
            rows=found.rows,
            is_cut=found.is_cut,
            cases=figures.cases,
            statuses=dict(figures.statuses),
            steps=figures.steps,
            people=len(figures.people),
            people_new=found.new_people,
            handoffs=figures.handoffs,
            claims=figures.claims,
            n_resolved=len(figures.minutes),
            mttr_minutes=figures.mean_minutes,
            median_minutes=figures.median_minutes,
            cases_updated=found.changes.updated,
            cases_unchanged=found.changes.unchanged,
            cases_losing=found.changes.less,
            updated_fields=found.changes.fields,
            first_updated=[
                UpdatedCaseOut(ticket=ticket, different=different) for ticket, different in found.changes.examples
            ],
            rows_repeated=found.repeated.rows,
            repeated_tickets=found.repeated.examples,
            tickets_repeated_otherwise=found.repeated.different,
            equal_numbers=EqualNumbersOut.of(found.equal),
            cases_already_here=found.cases_already_here,
            cases_left_out=found.cases_left_out,
            lines_left_out=found.lines_left_out,
            rows_unusable=found.unusable.rows,
            tickets_unusable=found.unusable.tickets,
            unusable=[UnusableRowOut.model_validate(row) for row in found.unusable.listed],
            first_cases=[CasePreview.of(case) for case in figures.first],
            warnings=found.warnings(),
            likely_machines=figures.likely_machines,
        )
