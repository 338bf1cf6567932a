"""What the sections of an article say to do: steps in order, and forks. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from flowpilot.flows.articles.outline import Block, BlockKind, written
from flowpilot.flows.articles.sections import Section, SectionKind, arranged

_ITEM = re.compile(r" *(-|\d+\.) ")
_NO_STEPS = {SectionKind.SYMPTOM, SectionKind.CAUSE, SectionKind.FACTS, SectionKind.ASIDE}


@dataclass(slots=True)
class Step:
    """Something to do, with warnings first, and what explains it."""

    text: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """A section among alternatives, in its own words; its path is empty if there is nothing to do in it."""

    label: str
    path: list["Part"]


@dataclass(slots=True)
class Fork:
    """Where the article parts into alternatives."""

    branches: list[Branch]
    help: str = ""


Part = Step | Fork


@dataclass(slots=True)
class _Found:
    """What was found so far, and the text that has no step yet that it could explain."""

    path: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, part: Part) -> None:
        """Go on with a part; the notes before it explain it."""
        part.help = _joined([*self.notes, part.help])
        self.path.append(part)
        self.notes = []

    def finished(self) -> list[Part]:
        """The path; what comes after its last part explains that."""
        if self.path and self.notes:
            self.path[-1].help = _joined([self.path[-1].help, *self.notes])
        return self.path


def parts(section: Section) -> list[Part]:
    """The section's steps and forks, in order."""
    found = _Found()
    _gather(section, found)
    return found.finished()


def _gather(section: Section, found: _Found) -> None:
    if section.kind is SectionKind.ASIDE:
        return
    steps, notes = _steps(section)
    found.notes += notes
    for step in steps:
        found.add(step)
    for group in arranged(section.children):
        if _parts_here(group):
            found.add(_fork(group))
        else:
            _gather(group[0], found)


def _fork(group: list[Section]) -> Fork:
    branches, unused = [], []
    for section in group:
        inside = _Found()
        _gather(section, inside)
        branches.append(Branch(section.heading, inside.finished()))
        unused += [] if inside.path else inside.notes
    return Fork(branches, _joined(unused))


def _parts_here(group: list[Section]) -> bool:
    return len(group) > 1 or group[0].kind is SectionKind.ALTERNATIVE


def _steps(section: Section) -> tuple[list[Step], list[str]]:
    """The steps in the section's own blocks, and the text before them."""
    steps: list[Step] = []
    notes: list[str] = []
    warnings: list[str] = []
    is_numbered = any(block.number is not None and block.level == 1 for block in section.blocks)
    for block in section.blocks:
        if _is_step(block, section, is_numbered=is_numbered):
            steps.append(Step(_plain([*warnings, block.text])))
            warnings = []
        elif block.is_warning and not (block.level and steps):
            warnings.append(block.text)
        elif block.is_warning:
            steps[-1].text = _plain([block.text, steps[-1].text])
        elif steps:
            steps[-1].help = _joined([steps[-1].help, written(block, outer=1 if block.level > 1 else 0)])
        else:
            notes.append(written(block))
    if not steps and section.is_step:
        return [Step(_plain([*warnings, section.words]), _joined(notes))], []
    if not steps and _acts(section) and (notes or warnings):
        return [Step(_plain([*warnings, *notes[:1]]), _joined(notes[1:]))], []
    if steps:
        steps[-1].help = _joined([steps[-1].help, *warnings])
    else:
        notes += warnings
    if section.heading and (steps or notes) and section.kind not in {SectionKind.FIX, SectionKind.ALTERNATIVE}:
        notes.insert(0, section.heading)
    return steps, notes


def _is_step(block: Block, section: Section, *, is_numbered: bool) -> bool:
    """Whether the block is a step: an item of the outermost list, numbered if the section has numbers."""
    if block.kind is not BlockKind.ITEM or block.level != 1:
        return False
    if block.number is not None:
        return section.kind not in {SectionKind.SYMPTOM, SectionKind.FACTS}
    # Before the first heading, bullets say what the article is about.
    is_preface = not section.heading and any(child.kind is not SectionKind.ASIDE for child in section.children)
    return not (is_numbered or is_preface or section.kind in _NO_STEPS)


def _acts(section: Section) -> bool:
    """Whether the section says in sentences what to do."""
    return section.kind in {SectionKind.FIX, SectionKind.ALTERNATIVE} and not section.children


def _plain(lines: list[str]) -> str:
    """Lines as the text of a step, where code has no marks."""
    return "\n".join(lines).replace("`", "")


def _joined(texts: Iterable[str]) -> str:
    """The texts as paragraphs; the lines of a list stay together."""
    joined = ""
    for text in filter(None, texts):
        is_list = _ITEM.match(text) and _ITEM.match(joined.rpartition("\n")[2])
        joined += f"{'' if not joined else chr(10) if is_list else chr(10) * 2}{text}"
    return joined
