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


# What to do when nothing helped is no alternative: it is where every other path ends.
_NOTHING_HELPED = re.compile(
    r"((if|when) .*(\b(nothing|none|not)\b|n't\b).*\b(help|work|solv|fix)"
    r"|(if|when) .*\b(persists?|remains?|continues?)\b|escalat|last resort)",
    re.IGNORECASE,
)
_HANDS_OVER = re.compile(
    r"\b(escalat\w*|hand (it|this|the \w+)? ?(over|to)|(second|2nd|third|3rd|next) (line|level)|(level|tier) [23]"
    r"|(call|contact|ask|tell|inform) (a|the|your|our) (senior|vendor|supplier|provider|administrator|team))\b",
    re.IGNORECASE,
)
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
    def hands_over(self) -> bool:
        """Whether it says to whom the problem goes when nothing helped, and nothing else."""
        is_said = not self.children and all(block.kind is BlockKind.PARAGRAPH for block in self.blocks)
        text = " ".join(block.text for block in self.blocks)
        return is_said and bool(_NOTHING_HELPED.match(self.words) and _HANDS_OVER.search(text))

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


def take_handover(section: Section) -> str:
    """Take what hands the problem over out of the sections below this one. Returns its text, empty without any."""
    found = [child for child in section.children if child.hands_over]
    section.children = [child for child in section.children if not child.hands_over]
    texts = [block.text for child in found for block in child.blocks]
    return "\n".join([*texts, *filter(None, map(take_handover, section.children))])


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
