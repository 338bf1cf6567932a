"""Which rows are a case, who wrote them, and what a case becomes."""

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from flowpilot.imports.mapping.sections import NAME, TEXT, TIME, Column, Columns, ColumnUse, Section


class CaseRules(Section):
    """Which rows belong together, and their order: by these columns, then by their times, then as in the file.

    The id of a case is the ticket's id in the ticket system, and `number` a second one by which people and exports
    call it there. The columns of `order` are numbers or times, and with
    `order_as` "text" they sort as words. `newest_first` says that the file begins with what happened last; if it
    says nothing, the times of the rows do. With `whole`, each export has all rows of its cases, so that
    only those of the latest count.
    """

    id: Annotated[Column, ColumnUse("name", required=True)]
    number: Annotated[Column | None, NAME] = None
    order: Annotated[Columns, ColumnUse("order", required=True)] = ()
    order_as: Literal["number", "text"] = "number"
    newest_first: bool | None = None
    whole: bool = False


class RowRules(Section):
    """When a row was written, and by whom, if that is known."""

    at: Annotated[Column, ColumnUse("time", required=True)]
    by: Annotated[Column | None, NAME] = None


class PeopleRules(Section):
    """Who is no member of the desk.

    What `machines` write is no step, no claim and no action. `groups` are names of teams where a person's could
    stand. `requester` is the column of the customer who asked. Neither groups nor requesters become members.
    """

    machines: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    requester: Annotated[Column | None, TEXT] = None

    @cached_property
    def machine_names(self) -> frozenset[str]:
        """The machines, as a row that is checked has their names."""
        return frozenset(name.strip() for name in self.machines)

    @cached_property
    def never_members(self) -> frozenset[str]:
        """Machines and groups."""
        return self.machine_names | {name.strip() for name in self.groups}


class OfRows(Section):
    """Rows of a case with a value in the column: one of `values`, if they are given.

    With `after`, only those after the last row that has one of these in the column: what was resolved and then
    reopened is not.
    """

    column: Annotated[Column | None, TEXT] = None
    values: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _values_of_something(self) -> Self:
        if self.column is None:
            for key in ("values", "after"):
                if getattr(self, key):
                    raise ValueError(f"{key} needs column")
        return self

    @model_serializer(mode="wrap")
    def _without_young_keys(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Keys that are younger than imports are not written if they say nothing: a mapping stays what it was."""
        return {key: value for key, value in write(self).items() if value or key not in _YOUNG}


_YOUNG = frozenset({"after", "run", "otherwise"})


class Moment(OfRows):
    """The time of a case's first or last row; with `column`, of those that have a value there.

    With `run`, `last` is the row that begins the last run of the values: a ticket that is said to be resolved
    twice on end was so the first time. The values of `otherwise` count in cases that have none of `values`.
    """

    row: Literal["first", "last"]
    run: bool = False
    otherwise: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _otherwise_than_values(self) -> Self:
        for key in ("run", "otherwise"):
            if getattr(self, key) and not self.values:
                raise ValueError(f"{key} needs values")
        return self


class StatusRule(OfRows):
    """The status of a case whose last row has a value in the column: one of `values`, if they are given.

    With `row` "any", any row of the case may have it, or any that comes after the last one with one of `after`.
    Without a column, the rule always applies. `open` is a
    ticket that is still worked on, and `left_out` brings no session.
    """

    status: Literal["resolved", "abandoned", "open", "left_out"]
    row: Literal["last", "any"] = "last"


class SessionRules(Section):
    """What a case becomes.

    It is read from the last row, or with `attributes` "last_known" from the last row that has the value: in many
    logs they do not repeat. The engineer is the last known value of the first column that has one. `resolved_at`
    is kept if the status is `resolved`. Parts of a summary are joined by a dash.
    """

    created_at: Annotated[Column | Moment, ColumnUse("time", required=True)]
    resolved_at: Annotated[Column | Moment | None, TIME] = None
    domain: Annotated[Column | None, NAME] = None
    client: Annotated[Column | None, ColumnUse("client")] = None
    summary: Annotated[Columns, TEXT] = ()
    engineer: Annotated[Columns, NAME] = ()
    attributes: Literal["last_row", "last_known"] = "last_row"
    status: tuple[StatusRule, ...]

    @field_validator("status")
    @classmethod
    def _complete(cls, rules: tuple[StatusRule, ...]) -> tuple[StatusRule, ...]:
        if [rule.column is None for rule in rules] != [False] * (len(rules) - 1) + [True]:
            raise ValueError("only the last rule must have no column, so that every case gets a status")
        return rules


class StepRules(Section):
    """Which rows are steps, and which of their columns are kept.

    With `where_known`, rows in which one of these columns is known. With `where_changed`, rows in which one of
    them differs from the row before (in the first row: is known). With neither, all rows.
    """

    content: Annotated[Columns, TEXT] = ()
    where_known: Annotated[Columns, TEXT] = ()
    where_changed: Annotated[Columns, TEXT] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.where_known and self.where_changed:
            raise ValueError("give where_known or where_changed, not both")
        return self
