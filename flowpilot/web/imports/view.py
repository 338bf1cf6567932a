"""What the template shows of a file: its columns with what they are, and its values with what they mean."""

from collections.abc import Iterator
from dataclasses import dataclass

from flowpilot.imports.choosing.bases import GUESS, SAVED
from flowpilot.imports.choosing.roles import (
    SHAPES,
    STATUS,
    Role,
    Shape,
    role_of,
    roles_for,
    shape_of,
    status_columns,
)
from flowpilot.imports.choosing.values import STATUSES, meaning_of, meanings_for
from flowpilot.imports.guess.columns import Column
from flowpilot.imports.guess.mapping import Draft
from flowpilot.imports.guess.times import is_ambiguous, is_month_first
from flowpilot.imports.mapping.loading import load_mapping, shipped_mappings
from flowpilot.web.imports.looking import LookedAt


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column with the role that is chosen for it; `place` is that in the file."""

    place: int
    column: Column
    role: str


@dataclass(frozen=True, slots=True)
class ValuesView:
    """The frequent values of a column, each with what it means."""

    place: int
    name: str
    values: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ChoicesView:
    """What can be chosen, and what is."""

    shape: Shape
    shapes: dict[Shape, str]
    base: str
    bases: list[tuple[str, str]]
    zone: str
    header_line: int
    columns: list[ColumnView]
    roles: tuple[Role, ...]
    values: list[ValuesView]
    meanings: dict[str, str]
    rest: str
    rests: dict[str, str]
    machines: list[tuple[str, bool]]
    is_ambiguous: bool
    month_first: bool

    @property
    def used(self) -> list[ColumnView]:
        """The columns that are something."""
        return [one for one in self.columns if one.role]

    @property
    def unused(self) -> list[ColumnView]:
        """The columns that are not read."""
        return [one for one in self.columns if not one.role]


def view_of(seen: LookedAt) -> ChoicesView | None:
    """The choices for a file; None if it cannot be read."""
    if seen.beginning is None or seen.draft is None:
        return None
    draft, looked = seen.draft, seen.beginning.looked
    columns = list(_columns(seen, draft))
    return ChoicesView(
        shape=shape_of(draft),
        shapes=SHAPES,
        base=seen.beginning.base,
        bases=list(_bases(seen)),
        zone=str(draft["times"]["zone"]),
        header_line=draft.get("file", {}).get("header_line", 1),
        columns=columns,
        roles=roles_for(shape_of(draft)),
        values=list(_values(draft, columns)),
        meanings=meanings_for(draft),
        rest=draft["session"]["status"][-1]["status"],
        rests={name: words for name, words in STATUSES.items() if name != "resolved"},
        machines=list(_machines(seen, draft)),
        is_ambiguous=is_ambiguous(draft, looked),
        month_first=is_month_first(draft, looked),
    )


def _columns(seen: LookedAt, draft: Draft) -> Iterator[ColumnView]:
    assert seen.beginning is not None
    sent = {} if seen.form.is_afresh else dict(one.partition(":")[::2] for one in seen.form.role)
    for place, column in enumerate(seen.beginning.looked.columns):
        role = role_of(draft, column.name)
        # A status that has no meaning yet is nowhere in the mapping.
        is_status = role is None and sent.get(str(place)) == STATUS.name
        yield ColumnView(place, column, STATUS.name if is_status else role.name if role else "")


def _values(draft: Draft, columns: list[ColumnView]) -> Iterator[ValuesView]:
    asked = set(status_columns(draft))
    is_event_log = shape_of(draft) == "events"
    for one in columns:
        if one.column.name in asked or one.role == STATUS.name or (is_event_log and one.role == "content"):
            values = [(value, meaning_of(draft, one.column.name, value)) for value in one.column.common]
            yield ValuesView(one.place, one.column.name, values)


def _machines(seen: LookedAt, draft: Draft) -> Iterator[tuple[str, bool]]:
    named = list(draft.get("people", {}).get("machines", ()))
    likely = [] if seen.preview is None else seen.preview.figures.likely_machines
    for name in dict.fromkeys([*named, *seen.form.machine, *likely]):
        yield name, name in named


def _bases(seen: LookedAt) -> Iterator[tuple[str, str]]:
    yield GUESS, "Guessed from the file"
    yield from ((f"{SAVED}{name}", f"Your mapping “{name}”") for name in seen.saved)
    yield from ((name, load_mapping(name).name) for name in shipped_mappings())
