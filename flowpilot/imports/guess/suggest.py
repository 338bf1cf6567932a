"""Which mapping fits a file: one that FlowPilot ships, or one made by looking."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flowpilot.imports.guess.columns import FileSample, sample_of
from flowpilot.imports.guess.lacking import as_far_as_there
from flowpilot.imports.guess.mapping import Draft, guess
from flowpilot.imports.guess.times import is_ambiguous, times_of
from flowpilot.imports.mapping.loading import draft_of, load_mapping, shipped_mappings
from flowpilot.imports.mapping.toml import as_toml
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.reading.errors import LogFileError, columns_in_words
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.limits import PreviewLimit, PreviewTooLongError
from flowpilot.imports.reading.opening import open_log

# Exports whose times do not follow anybody's settings.
FIXED_ZONES = {"halopsa": "UTC"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A draft for a file, and the shipped mapping that it comes from, if one fits.

    `lacking` are the columns of that mapping that the file does not have.
    """

    shipped: str | None
    draft: Draft
    sample: FileSample
    lacking: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Fitting:
    """A shipped mapping, as far as a file has its columns, and the file as it reads that."""

    name: str
    mapping: Mapping
    sample: FileSample
    lacking: Sequence[str]

    @property
    def rank(self) -> tuple[bool, int, str]:
        """One that finds all of its columns comes before others, and then the one that finds more."""
        return not self.lacking, len(self.mapping.uses), self.name


def read_sample(file: Path, layout: Layout | None = None, *, limit: PreviewLimit | None = None) -> FileSample:
    """The first rows of a file, by column.

    Raises:
        LogFileError: the file cannot be read.
    """
    with open_log(file, layout, limit=limit) as reader:
        return sample_of(reader)


def suggest(
    file: Path, name: str, zone: str, *, said_zone: str | None = None, limit: PreviewLimit | None = None
) -> Suggestion:
    """The mapping that fits a file best. `name` is for people.

    `zone` is that of times that state none, unless they are known to be in another; `said_zone` in any case.

    Raises:
        LogFileError: the file cannot be read.
    """
    sample = read_sample(file, limit=limit)
    fitting = _fitting(file, sample, limit)
    if fitting is None:
        return Suggestion(None, guess(sample, name, said_zone or zone), sample)
    own_zone = said_zone or FIXED_ZONES.get(fitting.name, zone)
    draft = adapted(draft_of(fitting.mapping), fitting.sample, own_zone)
    return Suggestion(fitting.name, draft, fitting.sample, fitting.lacking)


def adapted(draft: Draft, sample: FileSample, zone: str, *, month_first: bool | None = None) -> Draft:
    """A mapping made for other files, with the zone and the times of this one."""
    return draft | {"times": times_of(draft, sample, zone, month_first=month_first)}


def suggest_mapping(file: Path, zone: str) -> str:
    """A mapping for the file, as TOML with remarks. `zone` is that of times that state none.

    Raises:
        LogFileError: the file cannot be read, or no column looks like the id of a case or like a time.
    """
    found = suggest(file, file.stem, zone)
    draft, columns = found.draft, found.sample.columns
    if not draft["case"] or not any(column.patterns for column in columns):
        raise LogFileError(
            f"{file.name} has no column that looks like the id of a case, or none of times."
            f" {columns_in_words(found.sample.header)} Write the mapping by hand:"
            " docs/how-to/import-a-log.md says how."
        )
    return "\n".join([*_remarks(file, found), as_toml(draft)])


def _remarks(file: Path, found: Suggestion) -> Iterator[str]:
    if found.shipped:
        has = "most columns" if found.lacking else "all columns"
        yield f"# {file.name} has {has} of the mapping that FlowPilot ships as {found.shipped}. This is that"
        yield "# mapping, with the times as they are written in the file. Set the zone, and try it with --dry-run."
        if found.lacking:
            yield f"# Not in the file: {', '.join(found.lacking)}."
    else:
        rows = "1 row" if found.sample.rows == 1 else f"{found.sample.rows:,} rows"
        yield f"# Made by looking at {rows} of {file.name}. Read, correct, and try with --dry-run."
        yield '# Name the ticket system that it is from, as in: system = "zendesk". Keep the name for each of its'
        yield "# exports: tickets of two systems may have the same numbers."
    if is_ambiguous(found.draft, found.sample):
        yield "# Day and month could be the other way round: compare the times with the file."
    if "row" in found.draft and "handoff" not in found.draft:
        yield '# [handoff] says where tickets are handed over, for example: start = { column = "group" }'


def _fitting(file: Path, sample: FileSample, limit: PreviewLimit | None) -> _Fitting | None:
    """The shipped mapping that finds the most of its columns in the file."""
    fitting = []
    for name, mapping, seen in _candidates(file, sample, limit):
        there = _there(mapping, seen.header)
        if there is not None:
            lacking = [column for column in mapping.uses if column not in seen.header]
            fitting.append(_Fitting(name, there, seen, lacking))
    return max(fitting, key=lambda one: one.rank, default=None)


def _candidates(
    file: Path, sample: FileSample, limit: PreviewLimit | None
) -> Iterator[tuple[str, Mapping, FileSample]]:
    for name in shipped_mappings():
        mapping = load_mapping(name)
        seen = sample
        if mapping.file.header_line > 1:
            try:
                with open_log(file, Layout(header_line=mapping.file.header_line), limit=limit) as reader:
                    # Of most files the header says that it is none of these, so no row has to be read.
                    if _there(mapping, reader.header) is None:
                        continue
                    seen = sample_of(reader)
            except PreviewTooLongError:
                raise
            except LogFileError:
                continue
        yield name, mapping, seen


def _there(mapping: Mapping, header: Sequence[str]) -> Mapping | None:
    """The mapping as far as a file with this header has its columns; None if it is not one for it."""
    return mapping if mapping.uses.keys() <= set(header) else as_far_as_there(mapping, header)
