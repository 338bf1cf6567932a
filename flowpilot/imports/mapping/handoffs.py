"""Where handoffs begin, and who claimed them: in the rows of a case, or in the columns of its only row."""

from typing import Annotated, Literal, Self

from pydantic import model_validator

from flowpilot.imports.mapping.sections import NAME, TEXT, TIME, Column, ColumnUse, Section


class StartRules(Section):
    """In which rows a handoff starts.

    With `counter`: when that number is higher than in the row before. With `column` and `values`: in each row that
    has one of these values, and with `run` only in the first of several such rows on end (unknown values between
    them do not end a run). With `column` alone: when its value differs from that of `before` in the same row or,
    without `before`, from the last one known; a change from or to an unknown value is not a handoff.

    With `first_row`, a handoff starts in each case's first row too.
    """

    counter: Annotated[Column | None, ColumnUse("number", required=True)] = None
    column: Annotated[Column | None, TEXT] = None
    before: Annotated[Column | None, TEXT] = None
    values: tuple[str, ...] = ()
    run: bool = False
    first_row: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.counter is not None) + (self.column is not None) + (self.first_row and self.is_bare) != 1:
            raise ValueError("give either counter or column, or first_row = true")
        for key in ("before", "values"):
            if getattr(self, key) and self.column is None:
                raise ValueError(f"{key} needs column")
        if self.before is not None and self.values:
            raise ValueError("give before or values, not both")
        if self.run and not self.values:
            raise ValueError("run needs values")
        return self

    @property
    def is_bare(self) -> bool:
        """Whether neither a counter nor a column is given."""
        return self.counter is None and self.column is None


class ClaimRules(Section):
    """The first later row, before the case's next handoff, that is a claim.

    With `column` and `values`: one that has such a value, claimed by who wrote it. With `assignee`: one in which
    that column names somebody else than the person who handed over, claimed by whom it names.
    """

    column: Annotated[Column | None, TEXT] = None
    values: tuple[str, ...] = ()
    assignee: Annotated[Column | None, NAME] = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.column is None) == (self.assignee is None):
            raise ValueError("give either column with values, or assignee")
        if (self.column is None) == bool(self.values):
            raise ValueError("column and values need each other")
        return self


class HandoffRules(Section):
    """Handoffs: where they start, who handed over (by default who wrote the row), and who claimed.

    The claim "first_row_by_another" is the first later row, before the case's next handoff, that was written by
    somebody other than the person who handed over. "none" leaves every handoff unclaimed.
    """

    start: StartRules
    by: Annotated[Column | None, NAME] = None
    reason: Annotated[Column | None, TEXT] = None
    claim: Literal["first_row_by_another", "none"] | ClaimRules = "first_row_by_another"


class Done(Section):
    """Something that a ticket's only row says was done: when, and by whom, if that is known."""

    at: Annotated[Column, TIME]
    by: Annotated[Column | None, NAME] = None


class Escalated(Done):
    """When a ticket was handed over, by whom, and why."""

    reason: Annotated[Column | None, TEXT] = None


class TicketRules(Section):
    """An export with one row a ticket: what its columns say was done.

    The first response is a step, by default of the ticket's engineer, and so is `acted`, by default of whoever
    claimed. The first action is the earlier one of those after the claim. A claim needs `by`.
    """

    first_response: Done | None = None
    escalated: Escalated | None = None
    claimed: Done | None = None
    acted: Done | None = None
    closed_at: Annotated[Column | None, TIME] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.escalated is None and (self.claimed or self.acted):
            raise ValueError("claimed and acted need escalated")
        if self.acted is not None and self.claimed is None:
            raise ValueError("acted needs claimed")
        if self.claimed is not None and self.claimed.by is None:
            raise ValueError("claimed needs by")
        return self
