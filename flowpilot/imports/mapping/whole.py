"""What the columns of a log mean. A mapping is data, in TOML, so that no log needs code of its own."""

from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from flowpilot.imports.mapping.cases import CaseRules, Moment, PeopleRules, RowRules, SessionRules, StepRules
from flowpilot.imports.mapping.file import FileFormat, Times
from flowpilot.imports.mapping.handoffs import HandoffRules, TicketRules
from flowpilot.imports.mapping.sections import ColumnUse, Section, uses_of

# Small letters, or those of writings that know no others.
_SYSTEM = r"^[\p{Ll}\p{Lo}\p{Lm}][\p{Ll}\p{Lo}\p{Lm}\p{M}\p{N}_]{0,39}$"
Answer = Literal["ask", "same", "other"]


class Mapping(Section):
    """A whole mapping. `name` is for people.

    `system` is the kind of ticket system that the log is from. A ticket that `import psa` brings from one is the
    same, also if the log calls it by another number. Those of other systems are others, also with equal numbers.

    `equal_numbers` is what a person has said of tickets with the number of one that is here and looks different:
    that they are the `same`, or `other` ones than those of imports that named no system, or another.

    A log with a row for each change of a case has `row`, `step` and `handoff`; an export with one row a ticket has
    `ticket` instead of them.
    """

    name: str = Field(min_length=1)
    system: str | None = Field(default=None, pattern=_SYSTEM)
    equal_numbers: Answer = "ask"
    file: FileFormat = FileFormat()
    times: Times
    case: CaseRules
    row: RowRules | None = None
    ticket: TicketRules | None = None
    people: PeopleRules = PeopleRules()
    session: SessionRules
    step: StepRules = StepRules()
    handoff: HandoffRules | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if (self.row is None) == (self.ticket is None):
            raise ValueError(
                "give either [row], for a log with a row for each change, or [ticket], for one row a ticket"
            )
        if self.ticket is not None:
            if self.handoff is not None or self.step != StepRules():
                raise ValueError(
                    "[step] and [handoff] are for logs with [row]; with [ticket], name its columns there"
                )
            if isinstance(self.session.created_at, Moment) or isinstance(self.session.resolved_at, Moment):
                raise ValueError("with [ticket], created_at and resolved_at are columns")
        if self.equal_numbers == "other" and self.system is None:
            raise ValueError('equal_numbers = "other" needs system: name the ticket system that the file is from')
        unused = [column for column in self.times.columns if column not in self.uses]
        if unused:
            raise ValueError(f"times.columns names {', '.join(unused)}, which nothing else in the mapping does")
        return self

    @cached_property
    def identity(self) -> str:
        """What tells it from others, as JSON: a file is imported once with each."""
        # Without keys that are younger than imports, if they say nothing: those would be others otherwise.
        case = ({"number"} if self.case.number is None else set()) | (set() if self.case.whole else {"whole"})
        file = set[str]() if self.file.leave_out_unusable else {"leave_out_unusable"}
        return self.model_dump_json(exclude={"system": True, "equal_numbers": True, "case": case, "file": file})

    @cached_property
    def reads(self) -> str:
        """What it makes of the rows of a file, as JSON, without what is for people and how the file was found."""
        file = {"kind", "delimiter", "header_line", "sheet", "records", "leave_out_unusable"}
        return self.model_dump_json(exclude={"name": True, "system": True, "equal_numbers": True, "file": file})

    def leaving_out(self, *, unusable: bool) -> Self:
        """The same mapping, which leaves tickets with unusable rows out, or not."""
        return self.model_copy(update={"file": self.file.model_copy(update={"leave_out_unusable": unusable})})

    @cached_property
    def uses(self) -> dict[str, dict[str, ColumnUse]]:
        """The columns that are read, each with the keys that name it and how they use it."""
        uses: dict[str, dict[str, ColumnUse]] = {}
        for key, column, use in uses_of(self):
            uses.setdefault(column, {})[key] = use
        return uses
