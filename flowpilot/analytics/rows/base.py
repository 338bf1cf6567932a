"""What a kind of rows is: which of them can be asked for, what each shows, and the SQL that finds them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, Field

from flowpilot.http.fields import Storable
from flowpilot.identity.actor import Permission

# What is looked for as it is: trimmed, it would no longer be what a row has.
FilterText = Annotated[Storable, Field(max_length=2000)]
Minutes = Annotated[float, AfterValidator(lambda value: round(value, 1))]
Seconds = Annotated[float, AfterValidator(lambda value: round(value, 2))]

Weekday = Annotated[int, Field(ge=1, le=7, description="Created on this day of the week, in the window's zone.")]
Hour = Annotated[int, Field(ge=0, le=23, description="Created in this hour of the day, in the window's zone.")]

Item = TypeVar("Item", bound=BaseModel)

# By a filter's field: its condition, or one for each of its values.
Conditions = Mapping[str, str | Mapping[str, str]]


class RowFilter(BaseModel):
    """Which rows of a kind are asked for. A field that is None narrows nothing.

    `always` holds for all rows of the kind. `sql` has the condition of each field; for a yes-or-no field, that of
    yes.
    """

    always: ClassVar[str] = "account_id = :account_id"
    sql: ClassVar[Conditions]

    @property
    def parameters(self) -> dict[str, Any]:
        """The fields that narrow the rows, by name."""
        return self.model_dump(exclude_none=True)

    def where(self) -> str:
        """All conditions together; their parameters are `parameters`."""
        return " AND ".join(f"({condition})" for condition in (self.always, *self._conditions()))

    def _conditions(self) -> Iterator[str]:
        for field, value in self.parameters.items():
            condition = self.sql[field]
            if isinstance(condition, Mapping):
                values = value if isinstance(value, list) else [value]
                yield " OR ".join(condition[value] for value in values) or "false"
            else:
                yield f"NOT ({condition})" if value is False else condition


@dataclass(frozen=True, slots=True, kw_only=True)
class RowKind(Generic[Item]):
    """One kind of rows.

    `shown` selects what is shown of `page`, whose alias is `p`. `moment` is the column by which rows are ordered.
    `people` are the columns with ids of people, which are shown as their names.
    """

    name: str
    description: str
    filter: type[RowFilter]
    item: type[Item]
    table: str
    shown: str
    moment: str = "created_at"
    ctes: str = ""
    people: tuple[str, ...] = ()
    permission: Permission = Permission.VIEW_ANALYTICS


def is_of_client(column: str) -> str:
    """Whether the session whose id is in this column is of the client that is asked for."""
    theirs = "SELECT id FROM ai_sessions WHERE account_id = :account_id AND client_id = :client_id"
    return f"{column} IN ({theirs})"


def session_of(column: str) -> str:
    """Joins the session whose id is in this column of a row, as `s`."""
    return f"LEFT JOIN ai_sessions s ON s.account_id = :account_id AND s.id = p.{column}"
