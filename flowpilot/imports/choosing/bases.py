"""What a mapping made by looking begins with: what fits best, a guess, a shipped mapping, or a saved one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from flowpilot.imports.choosing.roles import Shape
from flowpilot.imports.guess.columns import FileSample
from flowpilot.imports.guess.lacking import as_far_as_there
from flowpilot.imports.guess.mapping import Draft, guess
from flowpilot.imports.guess.suggest import FIXED_ZONES, adapted, read_sample, suggest
from flowpilot.imports.guess.systems import Earlier, system_of
from flowpilot.imports.mapping.loading import draft_of, load_mapping, mapping_of, shipped_mappings
from flowpilot.imports.mapping.sections import MappingError
from flowpilot.imports.mapping.whole import Mapping as Whole
from flowpilot.imports.reading.errors import LogFileError
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.limits import PreviewLimit, PreviewTooLongError

GUESS = "guess"
SAVED = "saved:"


@dataclass(frozen=True, slots=True)
class SuggestedDraft:
    """A file as it is read, and the draft of its mapping. `base` says where that comes from.

    `lacking` are columns of the base that the file does not have.
    """

    base: str
    draft: Draft
    sample: FileSample
    lacking: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """Where to begin: with what fits best if `base` is empty, the account's own mappings first.

    `zone` is that of times for which neither a person nor a mapping says one: `said_zone` is what a person says.
    `shape` is what each row is, if a person says so. `layout` is how a file is written for which nothing else says
    it. `earlier` are imports of the account that named a system, and `connected` is the ticket system that it is
    connected to.
    """

    zone: str
    base: str = ""
    shape: Shape | None = None
    layout: Layout = field(default_factory=Layout)
    earlier: Earlier = ()
    connected: str | None = None
    said_zone: str | None = None

    def zone_of(self, own: str | None = None) -> str:
        """The zone of times that state none, if a mapping has this one of its own."""
        return self.said_zone or own or self.zone


def begin(
    file: Path, asked: DraftRequest, saved: Mapping[str, Any], *, limit: PreviewLimit | None = None
) -> SuggestedDraft:
    """The file, and the draft to begin with. `saved` are the account's mappings by name.

    A draft that does not name the ticket system has that of an earlier file with these columns, or otherwise the
    connected one: tickets of two systems may have equal numbers. If neither is known, nothing is made up.

    Raises:
        LogFileError: the file cannot be read.
        MappingError: there is no such base.
    """
    found = _begin(file, asked, saved, limit)
    if found.draft.get("system"):
        return found
    system = system_of(found.sample.header, asked.earlier) or asked.connected
    if system is None:
        return found
    return replace(found, draft={"name": found.draft["name"], "system": system} | found.draft)


def _begin(
    file: Path, asked: DraftRequest, saved: Mapping[str, Any], limit: PreviewLimit | None
) -> SuggestedDraft:
    if asked.shape is not None or asked.layout != Layout() or asked.base == GUESS:
        return _guessed(file, asked, limit)
    if not asked.base:
        own = _own(file, asked, saved, limit)
        if own is not None:
            return own
        found = suggest(file, file.stem, asked.zone, said_zone=asked.said_zone, limit=limit)
        return SuggestedDraft(found.shipped or GUESS, found.draft, found.sample, found.lacking)
    mapping, own_zone = _named(asked.base, saved)
    sample = read_sample(file, mapping.file.layout, limit=limit)
    lacking = [column for column in mapping.uses if column not in sample.header]
    there = as_far_as_there(mapping, sample.header) if lacking else None
    draft = adapted(draft_of(there or mapping), sample, asked.zone_of(own_zone))
    return SuggestedDraft(asked.base, draft, sample, lacking if there else ())


def _own(
    file: Path, asked: DraftRequest, saved: Mapping[str, Any], limit: PreviewLimit | None
) -> SuggestedDraft | None:
    """The account's own mapping that finds the most columns, if the file has all of one's."""
    samples: dict[Layout, FileSample | None] = {}
    fitting = []
    for name, content in saved.items():
        mapping = mapping_of(content)
        layout = mapping.file.layout
        if layout not in samples:
            samples[layout] = _readable(file, layout, limit)
        sample = samples[layout]
        if sample is not None and mapping.uses.keys() <= set(sample.header):
            fitting.append((len(mapping.uses), name, mapping, sample))
    if not fitting:
        return None
    _, name, mapping, sample = max(fitting, key=lambda one: one[:2])
    draft = adapted(draft_of(mapping), sample, asked.zone_of(str(mapping.times.zone)))
    return SuggestedDraft(f"{SAVED}{name}", draft, sample)


def _readable(file: Path, layout: Layout, limit: PreviewLimit | None) -> FileSample | None:
    """The first rows of the file, if it can be read as another one was written."""
    try:
        return read_sample(file, layout, limit=limit)
    except PreviewTooLongError:
        raise
    except LogFileError:
        return None


def _named(base: str, saved: Mapping[str, Any]) -> tuple[Whole, str | None]:
    """The mapping of this name, and its zone, unless that is only an example."""
    if base.startswith(SAVED):
        content = saved.get(base.removeprefix(SAVED))
        if content is None:
            raise MappingError("This saved mapping is no longer there. Choose another one.")
        mapping = mapping_of(content)
        return mapping, str(mapping.times.zone)
    if base not in shipped_mappings():
        raise MappingError(f"There is no mapping {base}: there are {', '.join(shipped_mappings())}.")
    return load_mapping(base), FIXED_ZONES.get(base)


def _guessed(file: Path, asked: DraftRequest, limit: PreviewLimit | None) -> SuggestedDraft:
    sample = read_sample(file, asked.layout, limit=limit)
    repeats = None if asked.shape is None else asked.shape != "ticket"
    draft = guess(sample, file.stem, asked.zone_of(), repeats=repeats)
    if asked.shape == "attributes":
        draft["session"]["attributes"] = "last_row"
    stated = {name: value for name, value in asdict(asked.layout).items() if value != getattr(Layout(), name)}
    if stated:
        draft["file"] = stated | draft.get("file", {})
    return SuggestedDraft(GUESS, draft, sample)
