"""Which mapping fits a file: one that FlowPilot ships, or one made by looking."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flowpilot.imports.guess.columns import FileSample, sample_of
from flowpilot.imports.guess.mapping import Draft, guess
from flowpilot.imports.guess.times import is_ambiguous, times_of
from flowpilot.imports.mapping.loading import draft_of, load_mapping, shipped_mappings
from flowpilot.imports.mapping.toml import as_toml
from flowpilot.imports.reading.errors import LogFileError, columns_in_words
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.limits import PreviewLimit, PreviewTooLongError
from flowpilot.imports.reading.opening import open_log

# Exports whose times do not follow anybody's settings.
FIXED_ZONES = {"halopsa": "UTC"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A draft for a file, and the shipped mapping that it comes from, if the file has all of its columns."""

    shipped: str | None
    draft: Draft
    sample: FileSample


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
    shipped, sample = fitting
    own_zone = said_zone or FIXED_ZONES.get(shipped, zone)
    return Suggestion(shipped, adapted(draft_of(load_mapping(shipped)), sample, own_zone), sample)


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
        yield f"# {file.name} has all columns of the mapping that FlowPilot ships as {found.shipped}. This is that"
        yield "# mapping, with the times as they are written in the file. Set the zone, and try it with --dry-run."
    else:
        rows = f"{found.sample.rows:,} rows"
        yield f"# Made by looking at {rows} of {file.name}. Read, correct, and try with --dry-run."
        yield '# Name the ticket system that it is from, as in: system = "zendesk". Keep the name for each of its'
        yield "# exports: tickets of two systems may have the same numbers."
    if is_ambiguous(found.draft, found.sample):
        yield "# Day and month could be the other way round: compare the times with the file."
    if "row" in found.draft and "handoff" not in found.draft:
        yield '# [handoff] says where tickets are handed over, for example: start = { column = "group" }'


def _fitting(file: Path, sample: FileSample, limit: PreviewLimit | None) -> tuple[str, FileSample] | None:
    """The shipped mapping that finds the most of its columns in the file, and the file as it reads it."""
    fitting = [
        (len(uses), name, seen)
        for name, uses, seen in _candidates(file, sample, limit)
        if uses <= set(seen.header)
    ]
    if not fitting:
        return None
    _, name, seen = max(fitting, key=lambda one: one[:2])
    return name, seen


def _candidates(
    file: Path, sample: FileSample, limit: PreviewLimit | None
) -> Iterator[tuple[str, set[str], FileSample]]:
    for name in shipped_mappings():
        mapping = load_mapping(name)
        seen = sample
        if mapping.file.header_line > 1:
            try:
                seen = read_sample(file, Layout(header_line=mapping.file.header_line), limit=limit)
            except PreviewTooLongError:
                raise
            except LogFileError:
                continue
        yield name, set(mapping.uses), seen
