"""A problem's title and body, from the text as it came in: as of revision 0045, which splits old texts.

It stays as it is, whatever becomes of the product's own: every database is migrated alike.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from flowpilot.migrations.frozen.problem import vocabulary as said
from flowpilot.migrations.frozen.problem.parts import own_words, subject_of

# One line no longer than this is a title already.
MAX_LINE = 160
# A title that is made ends here, at a word.
MAX_TITLE = 120

# Fewer words say nothing: "Urgent!" goes on with the next sentence, and a subject "Help" is not used.
_LEAST_WORDS = 3
_LEAST_SUBJECT_WORDS = 2
# A line as long as this was broken by a mail program, and goes on in the next.
_WRAPPED = 50

_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+")
_BULLET = re.compile(r"[-*•·]\s|\d{1,2}[.)]\s")
_LAST_WORD = re.compile(r"([\w]+)\.\Z")


class Problem(NamedTuple):
    """What a case is about: a line, and the whole text if there is more. `body` is the text as it was written."""

    title: str
    body: str


def problem_of(text: str) -> Problem:
    """The title and the body of a text. A short line is its own title, and has no body."""
    text = text.strip()
    if len(text) <= MAX_LINE and len(text.splitlines()) <= 1:
        return Problem(text, "")
    return Problem(title_of(text) or _tidy(text, MAX_TITLE), text)


def title_of(text: str) -> str:
    """The subject if a mail was pasted with it, otherwise the first sentence of the text's own words."""
    subject = _tidy(subject_of(text), MAX_TITLE)
    if len(subject.split()) >= _LEAST_SUBJECT_WORDS:
        return subject
    title = ""
    for sentence in _sentences(own_words(text)):
        title = f"{title} {sentence}".strip()
        if len(title.split()) >= _LEAST_WORDS:
            break
    return _begun(_tidy(title, MAX_TITLE).removesuffix(".")) or subject


def _begun(title: str) -> str:
    """After a greeting a sentence may begin in lower case. A name such as `iPhone` stays as it is."""
    first = title.split(" ", 1)[0]
    return title[:1].upper() + title[1:] if first.islower() else title


def _sentences(text: str) -> Iterator[str]:
    """The sentences, without greetings and pleasantries."""
    for line in _unwrapped(text):
        greeting = said.GREETING.match(line)
        rest = line[greeting.end() :].lstrip(" ,.!:;-–") if greeting and _is_greeting(greeting, line) else line
        for sentence in _split(rest):
            if sentence and not said.PLEASANTRY.match(sentence):
                yield sentence


def _is_greeting(found: re.Match[str], line: str) -> bool:
    """`Hi all` greets, and so does `Dear Sir or Madam,`; `Hello screen is black` does not."""
    most = 2 if found.end() == len(line) else 4
    return len(found["whom"].split()) <= most


def _unwrapped(text: str) -> Iterator[str]:
    """The lines as they were before a mail program broke them."""
    whole_line, is_open = "", False
    for line in map(str.strip, text.splitlines()):
        if is_open and line and not _BULLET.match(line):
            whole_line = f"{whole_line} {line}"
        else:
            if whole_line:
                yield whole_line
            whole_line = line
        is_open = len(line) >= _WRAPPED
    if whole_line:
        yield whole_line


def _split(line: str) -> Iterator[str]:
    begun = 0
    for end in _END.finditer(line):
        sentence = line[begun : end.start()].strip()
        last = _LAST_WORD.search(sentence)
        if last and (last[1].casefold() in said.ABBREVIATIONS or last[1].isdigit()):
            continue
        yield line[begun : end.end()].strip()
        begun = end.end()
    yield line[begun:].strip()


def _tidy(text: str, limit: int) -> str:
    """The text on one line, cut at a word if it is too long, and without control characters."""
    printable = (" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    line = " ".join("".join(printable).split())
    if len(line) <= limit:
        return line
    cut, whole_words = line[: limit - 1], line[:limit].rpartition(" ")[0]
    # A word longer than half of the line, such as a path, is cut rather than dropped.
    return f"{(whole_words if len(whole_words) > limit // 2 else cut).rstrip(' ,;:')}…"
