"""What the template shows of a file: its columns with what they are, and its values with what they mean."""

from collections import Counter
from collections.abc import Iterator, Sequence
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
from flowpilot.imports.guess.columns import UNKNOWN, Column, FileSample
from flowpilot.imports.guess.mapping import Draft
from flowpilot.imports.guess.times import is_ambiguous, is_month_first
from flowpilot.imports.mapping.loading import load_mapping, shipped_mappings
from flowpilot.web.imports import written
from flowpilot.web.imports.looking import UploadPreview

# The roles of columns in which people stand.
_PEOPLE = frozenset({"by", "engineer", "assignee", "first_response_by", "escalated_by", "claimed_by"})
_MOST_WRITERS = 200
_NAMES = {
    "machine": (
        "These are no people",
        "Such as an automatic reply. What they write is no step, and claims nothing.",
    ),
    "group": ("These are teams", "They stand where a person's name could, and become no members."),
}


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column with the role that is chosen for it; `place` is that in the file.

    `is_clashing`: another one is chosen for the same, and only one can be that.
    """

    place: int
    column: Column
    role: str
    is_clashing: bool = False


@dataclass(frozen=True, slots=True)
class ValuesView:
    """The frequent values of a column, each with what it means."""

    place: int
    name: str
    values: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class NamesView:
    """Names that are no members: a kind of them, in words, and those that are offered, ticked or not."""

    kind: str
    legend: str
    help: str
    names: list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class HandoverView:
    """Where else tickets are handed over: in their first rows; and whether several rows on end are one handoff."""

    first_row: bool
    run: bool
    has_values: bool


@dataclass(frozen=True, slots=True)
class ChoicesView:
    """What can be chosen, and what is."""

    shape: Shape
    shapes: dict[Shape, str]
    base: str
    lacking: Sequence[str]
    bases: list[tuple[str, str]]
    zone: str
    wrong_zone: str
    system: str
    header_line: int
    names_in_line: int | None
    encoding: str
    delimiter: str
    columns: list[ColumnView]
    roles: tuple[Role, ...]
    values: list[ValuesView]
    meanings: dict[str, str]
    rest: str
    rests: dict[str, str]
    names: list[NamesView]
    writers: list[str]
    hands_over: HandoverView | None
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


def view_of(seen: UploadPreview) -> ChoicesView | None:
    """The choices for a file; None if it cannot be read."""
    if seen.suggested is None or seen.draft is None:
        return None
    draft, sample = seen.draft, seen.suggested.sample
    columns = list(_columns(seen, draft))
    return ChoicesView(
        shape=shape_of(draft),
        shapes=SHAPES,
        base=seen.suggested.base,
        lacking=seen.suggested.lacking,
        bases=list(_bases(seen)),
        zone=seen.form.unknown_zone or str(draft["times"]["zone"]),
        wrong_zone=seen.trouble if seen.form.unknown_zone else "",
        system=draft.get("system", ""),
        header_line=draft.get("file", {}).get("header_line", 1),
        names_in_line=sample.header_line,
        encoding=written.encoding_of(draft),
        delimiter=written.delimiter_of(draft),
        columns=columns,
        roles=roles_for(shape_of(draft)),
        values=list(_values(draft, columns)),
        meanings=meanings_for(draft),
        rest=draft["session"]["status"][-1]["status"],
        rests={name: words for name, words in STATUSES.items() if name != "resolved"},
        names=list(_names(seen, draft)),
        writers=_writers(sample, draft),
        hands_over=_hands_over(draft),
        is_ambiguous=is_ambiguous(draft, sample),
        month_first=is_month_first(draft, sample),
    )


def _hands_over(draft: Draft) -> HandoverView | None:
    """None for a file with one row a ticket, which has columns for it."""
    if "row" not in draft:
        return None
    start = draft.get("handoff", {}).get("start") or {}
    return HandoverView(bool(start.get("first_row")), bool(start.get("run")), bool(start.get("values")))


def _columns(seen: UploadPreview, draft: Draft) -> Iterator[ColumnView]:
    assert seen.suggested is not None
    sent = {} if seen.form.is_afresh else dict(one.partition(":")[::2] for one in seen.form.role)
    for place, column in enumerate(seen.suggested.sample.columns):
        role, chosen = role_of(draft, column.name), sent.get(str(place), "")
        if column.name in seen.clashing:
            yield ColumnView(place, column, chosen or (role.name if role else ""), is_clashing=True)
            continue
        # A status that has no meaning yet is nowhere in the mapping.
        is_status = role is None and chosen == STATUS.name
        yield ColumnView(place, column, STATUS.name if is_status else role.name if role else "")


def _values(draft: Draft, columns: list[ColumnView]) -> Iterator[ValuesView]:
    asked = set(status_columns(draft))
    is_event_log = shape_of(draft) == "events"
    for one in columns:
        if one.column.name in asked or one.role == STATUS.name or (is_event_log and one.role == "content"):
            values = [(value, meaning_of(draft, one.column.name, value)) for value in one.column.common]
            yield ValuesView(one.place, one.column.name, values)


def _names(seen: UploadPreview, draft: Draft) -> Iterator[NamesView]:
    likely = [] if seen.preview is None else seen.preview.figures.likely_machines
    yield _names_view("machine", "machines", [*seen.form.machine, *likely], draft)
    yield _names_view("group", "groups", seen.form.group, draft)


def _names_view(kind: str, key: str, offered: list[str], draft: Draft) -> NamesView:
    named = list(draft.get("people", {}).get(key, ()))
    names = [(name, name in named) for name in dict.fromkeys([*named, *offered])]
    return NamesView(kind, *_NAMES[kind], names)


def _writers(sample: FileSample, draft: Draft) -> list[str]:
    """Who stands in the columns of people, the most frequent first."""
    people = (one for one in sample.columns if (role := role_of(draft, one.name)) and role.name in _PEOPLE)
    counted = Counter(value for column in people for value in column.values if value not in UNKNOWN)
    return [name for name, _ in counted.most_common(_MOST_WRITERS)]


def _bases(seen: UploadPreview) -> Iterator[tuple[str, str]]:
    yield GUESS, "Guessed from the file"
    yield from ((f"{SAVED}{name}", f"Your mapping “{name}”") for name in seen.saved)
    yield from ((name, load_mapping(name).name) for name in shipped_mappings())
