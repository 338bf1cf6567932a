"""A note in sections, in Markdown and in plain text. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

# What means something in Markdown: the number of a list, or a sign, some only at the beginning of a line.
_MEANS_SOMETHING = re.compile(r"^(\d+)(?=[.)](?:\s|$))|([\\`*_{}\[\]<>#|~]|&(?=#?\w+;)|^[-+=])")
# A line that goes on below: Markdown would run the two together.
_BREAK = re.compile(r"(?<=[^\n])\n(?=[^\n])")
_NEXT_LINE = re.compile(r"\n(?=[^\n])")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the note, in plain text that may have several lines."""

    title: str
    paragraphs: Sequence[str] = ()
    bullets: Sequence[str] = ()


def moment_in(zone: ZoneInfo, moment: datetime) -> str:
    """A moment as clocks show it in the zone, to the minute."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def as_markdown(sections: Sequence[Section]) -> str:
    """The note in Markdown, with all text escaped."""
    return "\n\n".join(map(_markdown, sections)) + "\n"


def as_text(sections: Sequence[Section]) -> str:
    """The note in plain text."""
    return "\n\n".join(map(_text, sections)) + "\n"


def _markdown(section: Section) -> str:
    blocks = [f"## {section.title}", *map(_escaped, section.paragraphs)]
    if section.bullets:
        blocks.append("\n".join(f"- {_indented(_escaped(bullet))}" for bullet in section.bullets))
    return "\n\n".join(blocks)


def _text(section: Section) -> str:
    bullets = [f"- {_indented(_lines(bullet))}" for bullet in section.bullets]
    return "\n".join([section.title.upper(), *map(_lines, section.paragraphs), *bullets])


def _lines(text: str) -> str:
    return "\n".join(text.strip().splitlines())


def _escaped(text: str) -> str:
    lines = (_MEANS_SOMETHING.sub(_meaning_itself, line.strip()) for line in text.strip().splitlines())
    return _BREAK.sub("  \n", "\n".join(lines))


def _meaning_itself(found: re.Match[str]) -> str:
    number, sign = found.groups()
    return f"{number}\\" if number else f"\\{sign}"


def _indented(text: str) -> str:
    return _NEXT_LINE.sub("\n  ", text)
