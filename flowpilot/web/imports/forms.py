"""The form in which a person says what the columns of a file mean."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Request
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from flowpilot.clock import zone_names
from flowpilot.http.fields import Storable, Text
from flowpilot.imports.choosing.bases import GUESS, DraftRequest, SuggestedDraft
from flowpilot.imports.choosing.choices import Choices
from flowpilot.imports.choosing.roles import Shape
from flowpilot.imports.guess.columns import Column
from flowpilot.imports.guess.systems import Earlier
from flowpilot.imports.reading.layout import Layout
from flowpilot.web.imports import written

Encoding = Annotated[Text, AfterValidator(written.known_encoding)]
Delimiter = Annotated[Text, AfterValidator(written.known_delimiter)]

# As long as a name in a file may be.
Name = Annotated[Storable, Field(max_length=300)]


class ChoicesForm(BaseModel):
    """All that the page shows, as the browser sends it.

    `role` has a text for each column, such as `3:summary`, and `meaning` one for each value, as in `4:0:resolved`:
    the places of the column and of the value among those that are shown. `shown_base` and `shown_shape` are those
    for which the page was made: when a person changes one of them, the columns are looked at afresh.
    """

    base: Text = ""
    shown_base: Text = ""
    shape: Shape | None = None
    shown_shape: Shape | None = None
    forced: Shape | None = None
    header_line: Annotated[int, Field(ge=1, le=1_000)] = 1
    shown_header_line: int = 1
    encoding: Encoding = ""
    shown_encoding: Text = ""
    delimiter: Delimiter = ""
    shown_delimiter: Text = ""
    sheet: Text = ""
    records: Text = ""
    zone: Text = ""
    role: list[str] = Field(default_factory=list)
    meaning: list[str] = Field(default_factory=list)
    rest: Text = ""
    month_first: bool | None = None
    machine: list[Name] = Field(default_factory=list)
    group: list[Name] = Field(default_factory=list)
    shows_names: bool = False
    shows_handoffs: bool = False
    first_row: bool = False
    run: bool = False
    leave_out: bool = False
    name: Text = ""
    system: Text = ""
    shows_system: bool = False
    equal_numbers: Literal["same", "other"] | None = None

    @property
    def is_afresh(self) -> bool:
        """Whether the columns are to be looked at without what was chosen before."""
        return (
            not self.shown_base
            or self.base != self.shown_base
            or self.shape != self.shown_shape
            or self.is_read_anew
        )

    @property
    def is_read_anew(self) -> bool:
        """Whether the person has said that the file is written in another way than was shown."""
        said = self.header_line, self.encoding, self.delimiter
        return bool(self.shown_base) and said != (
            self.shown_header_line,
            self.shown_encoding,
            self.shown_delimiter,
        )

    @property
    def forced_shape(self) -> Shape | None:
        """What each row is, if the person has said so."""
        if self.shown_base and self.base != self.shown_base:
            return None
        return self.shape if self.shown_shape is not None and self.shape != self.shown_shape else self.forced

    def asked(self, account_zone: str, earlier: Earlier = (), connected: str | None = None) -> DraftRequest:
        """Where to begin."""
        base = GUESS if self.is_read_anew else self.base
        # A mapping that was made for such files knows how they are written.
        is_guess = base in {"", GUESS} or self.forced_shape is not None
        read = Layout(
            delimiter=written.separator(self.delimiter),
            encoding=self.encoding or None,
            header_line=self.header_line,
            sheet=self.sheet or None,
            records=self.records or None,
        )
        layout = read if is_guess else Layout()
        return DraftRequest(account_zone, base, self.forced_shape, layout, earlier, connected, self.said_zone)

    @property
    def said_zone(self) -> str | None:
        """The zone that was chosen, if there is one of that name."""
        return self._typed_zone if self._typed_zone in zone_names() else None

    @property
    def unknown_zone(self) -> str:
        """What was written for the zone, if there is none of that name."""
        return "" if self._typed_zone in zone_names() else self._typed_zone

    @property
    def _typed_zone(self) -> str:
        """What was written; if something else is begun with, that is still of the mapping before."""
        is_other = bool(self.shown_base) and self.base != self.shown_base
        return "" if is_other else self.zone.strip()

    def choices(self, found: SuggestedDraft) -> Choices:
        """What was chosen, by the names of columns and values."""
        zone = str(found.draft["times"]["zone"])
        if self.is_afresh:
            return Choices(zone)
        columns = found.sample.columns
        return Choices(
            zone=zone,
            roles=dict(_roles(self.role, columns)),
            meanings=dict(_meanings(self.meaning, columns)),
            rest=self.rest or None,
            machines=tuple(self.machine) if self.shows_names else None,
            groups=tuple(self.group) if self.shows_names else None,
            month_first=self.month_first,
            first_row=self.first_row if self.shows_handoffs else None,
            run=self.run if self.shows_handoffs else None,
            system=self.system if self.shows_system else None,
            equal_numbers=self.equal_numbers,
        )


def _roles(sent: Sequence[str], columns: Sequence[Column]) -> list[tuple[str, str]]:
    found = []
    for text in sent:
        place, _, role = text.partition(":")
        if place.isdecimal() and int(place) < len(columns):
            found.append((columns[int(place)].name, role))
    return found


def _meanings(sent: Sequence[str], columns: Sequence[Column]) -> list[tuple[tuple[str, str], str]]:
    found = []
    for text in sent:
        place, value, meaning = [*text.split(":"), "", ""][:3]
        if place.isdecimal() and value.isdecimal() and int(place) < len(columns):
            column = columns[int(place)]
            if int(value) < len(column.common):
                found.append(((column.name, column.common[int(value)]), meaning))
    return found


def kept_form(choices: dict[str, Any] | None) -> ChoicesForm:
    """The form as it was when somebody last looked at the file; an empty one if nobody did, or it was another."""
    try:
        return ChoicesForm.model_validate(choices or {})
    except ValidationError:
        return ChoicesForm()


async def sent_form(request: Request) -> ChoicesForm:
    """The form of a request: a file may have more columns than a form usually has fields."""
    form = await request.form(max_fields=10_000)
    lists: dict[str, list[Any]] = {name: form.getlist(name) for name in ("role", "meaning")}
    for name in ("machine", "group"):
        # The field for another name may be empty.
        lists[name] = [
            *dict.fromkeys(text.strip() for text in form.getlist(name) if isinstance(text, str) and text.strip())
        ]
    return ChoicesForm.model_validate({**{name: value for name, value in form.items() if value}, **lists})
