"""The parts of a pasted text: its own words, and what folds away around them. Pure, and nothing is lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from flowpilot.sessions.problem import vocabulary as said

# "On 3 March, Anna Smith <anna@…>\nwrote:" is broken over so many lines at most.
_INTRODUCTION_LINES = 3
# A header of a quoted mail has its second line within so many.
_HEADER_LINES = 3


class PartKind(StrEnum):
    """What a part of a text is."""

    HEAD = "head"
    OWN = "own"
    SIGNATURE = "signature"
    DISCLAIMER = "disclaimer"
    QUOTED = "quoted"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text, as it was written. The parts of a text, joined, are the text."""

    kind: PartKind
    text: str


def parts_of(text: str) -> list[Part]:
    """The text's parts, in its order."""
    lines = text.splitlines(keepends=True)
    bare = [line.strip() for line in lines]
    kinds = _kinds(bare)
    runs = groupby(zip(kinds, lines, strict=True), key=lambda pair: pair[0])
    return [Part(kind, "".join(line for _, line in run)) for kind, run in runs]


def own_words(text: str) -> str:
    """The text without header, signature, disclaimer and quoted mails; all of it if nothing else is there."""
    own = "".join(part.text for part in parts_of(text) if part.kind is PartKind.OWN).strip()
    return own or text.strip()


def subject_of(text: str) -> str:
    """The subject of a pasted mail, without `Re:`; empty if it has none."""
    for part in parts_of(text):
        if part.kind is PartKind.HEAD:
            for line in part.text.splitlines():
                found = said.HEADER.match(line.strip())
                if found and found["name"].casefold() in said.SUBJECT.casefold().split("|"):
                    return said.REPLY.sub("", found["value"] or "", count=1).strip()
    return ""


def _kinds(lines: Sequence[str]) -> list[PartKind]:
    """What each line is part of. A blank line goes with the line before."""
    begin = _head_end(lines)
    end = _quote_begin(lines, begin)
    kinds = [PartKind.HEAD] * begin + [PartKind.OWN] * (end - begin) + [PartKind.QUOTED] * (len(lines) - end)
    for place in range(begin, end):
        is_between = not lines[place] and place > begin and kinds[place - 1] is PartKind.QUOTED
        if lines[place].startswith(">") or is_between:
            kinds[place] = PartKind.QUOTED
    _mark_introductions(lines, kinds)
    _mark_signature(lines, kinds)
    _mark_disclaimers(lines, kinds)
    return kinds


def _head_end(lines: Sequence[str]) -> int:
    """Where the mail's header ends, 0 if there is none. A forward without words of its own is read as its mail."""
    place, headers = 0, 0
    has_subject = False
    for line in lines:
        header = said.HEADER.match(line)
        if header:
            headers += 1
            has_subject |= header["name"].casefold() in said.SUBJECT.casefold().split("|")
        elif line and not said.QUOTE_LINE.match(line) and not said.RULE.match(line):
            break
        place += 1
    return place if headers > 1 or has_subject else 0


def _quote_begin(lines: Sequence[str], begin: int) -> int:
    """Where all that follows is an older mail."""
    for place in range(begin, len(lines)):
        if said.QUOTE_LINE.match(lines[place]) or _is_header(lines, place):
            return place - 1 if place > begin and said.RULE.match(lines[place - 1]) else place
        length = _introduction(lines, place)
        after = next((line for line in lines[place + length :] if line), "")
        if length and not after.startswith(">"):
            return place
    return len(lines)


def _is_header(lines: Sequence[str], place: int) -> bool:
    """Whether a quoted mail's header begins here, as Outlook writes it: the sender first, and more below."""
    first = said.HEADER.match(lines[place])
    if not first or first["name"].casefold() not in said.SENDER.casefold().split("|"):
        return False
    return any(said.HEADER.match(line) for line in lines[place + 1 : place + 1 + _HEADER_LINES])


def _introduction(lines: Sequence[str], place: int) -> int:
    """How many lines say who wrote what is quoted below; 0 if none."""
    for length in range(1, _INTRODUCTION_LINES + 1):
        line = " ".join(lines[place : place + length])
        if any(pattern.match(line) for pattern in said.QUOTE_INTRODUCTIONS):
            return length
    return 0


def _mark_introductions(lines: Sequence[str], kinds: list[PartKind]) -> None:
    for place, kind in enumerate(kinds):
        if kind is PartKind.OWN and (length := _introduction(lines, place)):
            kinds[place : place + length] = [PartKind.QUOTED] * length


def _mark_signature(lines: Sequence[str], kinds: list[PartKind]) -> None:
    """From the line that ends the letter to the end of its words, without a postscript."""
    own = [place for place, kind in enumerate(kinds) if kind is PartKind.OWN and lines[place]]
    for number, place in enumerate(own):
        is_end = said.SIGNATURE_RULE.match(lines[place]) or said.SENT_FROM.match(lines[place])
        if number and (is_end or said.CLOSING.match(lines[place])):
            _fold(lines, kinds, place)
            return


def _fold(lines: Sequence[str], kinds: list[PartKind], begin: int) -> None:
    for place in range(begin, len(kinds)):
        if said.POSTSCRIPT.match(lines[place]):
            return
        if kinds[place] is PartKind.OWN:
            kinds[place] = PartKind.SIGNATURE


def _mark_disclaimers(lines: Sequence[str], kinds: list[PartKind]) -> None:
    for places in _paragraphs(lines):
        mine = [place for place in places if kinds[place] in {PartKind.OWN, PartKind.SIGNATURE}]
        if mine and said.DISCLAIMER.search(" ".join(lines[place] for place in mine)):
            for place in mine:
                kinds[place] = PartKind.DISCLAIMER


def _paragraphs(lines: Sequence[str]) -> Iterator[list[int]]:
    paragraph: list[int] = []
    for place, line in enumerate(lines):
        paragraph.append(place)
        if not line:
            yield paragraph
            paragraph = []
    yield paragraph
