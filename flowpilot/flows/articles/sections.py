"""An article as sections below their headings, and which of them are alternatives to each other. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from flowpilot.flows.articles.outline import Block, BlockKind


class SectionKind(StrEnum):
    """What a heading says of its section. Facts are no steps; an aside has nothing to do with the procedure."""

    PLAIN = "plain"
    ALTERNATIVE = "alternative"
    SYMPTOM = "symptom"
    CAUSE = "cause"
    FIX = "fix"
    FACTS = "facts"
    ASIDE = "aside"


_NUMBERING = re.compile(r"^(?:step\s+)?\d+(?:\.\d+)*[.):]?\s+", re.IGNORECASE)
_STEP = re.compile(r"step\s+\d+[.):]?\s+\w", re.IGNORECASE)
_KINDS = {
    SectionKind.ALTERNATIVE: (
        r"if|when|in case|otherwise|alternatively|(option|method|scenario|case|approach|alternative)(?= ?\w\b|:|$)"
    ),
    SectionKind.SYMPTOM: r"symptoms?|(problem|issue)(?= ?\d|:|$)",
    SectionKind.CAUSE: r"(possible |known )?causes?|reasons?",
    SectionKind.FIX: r"resolutions?|resolve|solutions?|fix|workarounds?|remedy",
    SectionKind.FACTS: (
        r"prerequisites?|before you (begin|start)|requirements|overview|introduction|summary|background"
    ),
    SectionKind.ASIDE: (
        r"see also|related|references?|applies to|feedback|more information|additional resources|attachments"
        r"|next steps|(table of )?contents|in this article|change (log|history)|revisions?"
    ),
}
_PATTERNS = {kind: re.compile(rf"(?:{words})\b", re.IGNORECASE) for kind, words in _KINDS.items()}
# What belongs to the section before it, if that is the problem or the cause that it is about.
_FOLLOWS = {
    SectionKind.ALTERNATIVE: {SectionKind.SYMPTOM, SectionKind.CAUSE, SectionKind.FIX},
    SectionKind.SYMPTOM: {SectionKind.CAUSE, SectionKind.FIX},
    SectionKind.CAUSE: {SectionKind.FIX},
    SectionKind.FIX: set[SectionKind](),
}


@dataclass(slots=True)
class Section:
    """The blocks below a heading, up to the next one, and the sections below it."""

    heading: str
    level: int
    blocks: list[Block] = field(default_factory=list)
    children: list["Section"] = field(default_factory=list)

    @property
    def words(self) -> str:
        """The heading without its number."""
        return _NUMBERING.sub("", self.heading)

    @property
    def is_step(self) -> bool:
        """Whether the heading itself is something to do, as in "Step 2: Restart the computer"."""
        return not self.children and _STEP.match(self.heading) is not None

    @property
    def kind(self) -> SectionKind:
        """What the heading says."""
        found = (kind for kind, pattern in _PATTERNS.items() if pattern.match(self.words))
        return next(found, SectionKind.PLAIN)


def sections(blocks: Iterable[Block]) -> Section:
    """All sections, below one without a heading."""
    stack = [Section("", 0)]
    for block in blocks:
        if block.kind is not BlockKind.HEADING:
            stack[-1].blocks.append(block)
            continue
        while stack[-1].level >= block.level:
            stack.pop()
        section = Section(block.text, block.level)
        stack[-1].children.append(section)
        stack.append(section)
    return stack[0]


def arranged(children: list[Section]) -> list[list[Section]]:
    """The sections in order: one by one, and those that are alternatives together.

    Alternatives say so ("If …", "Option 1", "Otherwise"), or are several symptoms, causes or resolutions, each
    with what follows from it. A lone symptom, its cause and its resolution are one way.
    """
    kinds = [child.kind for child in children]
    counted = (kind for kind in _FOLLOWS if kinds.count(kind) > (kind is not SectionKind.ALTERNATIVE))
    leading = next(counted, None)
    groups: list[list[Section]] = []
    is_open = False
    for child in children:
        if child.kind is leading:
            if not is_open:
                groups.append([])
            groups[-1].append(Section(child.heading, child.level, child.blocks, list(child.children)))
            is_open = True
        elif is_open and leading is not None and child.kind in _FOLLOWS[leading]:
            groups[-1][-1].children.append(child)
        else:
            groups.append([child])
            is_open = False
    return groups
