"""A problem's title and body, from the text as it came in. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flowpilot.sessions.problem import vocabulary as said
from flowpilot.sessions.problem.parts import own_words, subject_of
from flowpilot.text import one_line, tidy

# One line no longer than this is a title already, and one sentence that is a little longer.
MAX_LINE = 100
MAX_SENTENCE = 160
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
# The mark that a ticket system puts into a subject: [#420731], [RT #420731], ##420731##.
_TICKET_MARK = re.compile(r"\[(?:[\w.-]{2,30}\s+)?#\s?\d{2,12}\]|##\d{2,12}##")
_SHOUTS = re.compile(r"([!?])[!?]+")
# Longer words are no abbreviations, and no numbers of a list.
_LONGEST_LAST_WORD = 40
# "2. Stock" goes on after its number, which a ticket's number is too long for.
_LONGEST_ORDINAL = 2


class Problem(NamedTuple):
    """What a case is about: a line, and the whole text if there is more. `body` is the text as it was written."""

    title: str
    body: str


def problem_of(text: str) -> Problem:
    """The title and the body of a text. A short line is its own title, and has no body."""
    text = text.strip()
    is_line = len(text.splitlines()) <= 1
    if is_line and (len(text) <= MAX_LINE or (len(text) <= MAX_SENTENCE and len(list(_split(text))) <= 1)):
        return Problem(one_line(text), "")
    return Problem(title_of(text) or tidy(text, MAX_TITLE), text)


def given(summary: str, body: str | None) -> Problem:
    """The problem as a caller has sent it: a summary alone may be the whole text."""
    return problem_of(summary) if body is None else Problem(one_line(summary), body)


def with_problem(details: Mapping[str, Any]) -> dict[str, Any]:
    """Details of a session. A summary that is longer than a title, sent without a body, is split into both."""
    if "problem_summary" not in details:
        return dict(details)
    problem = given(details["problem_summary"], details.get("problem_body"))
    has_body = problem.body or "problem_body" in details
    return {
        **details,
        "problem_summary": problem.title,
        **({"problem_body": problem.body} if has_body else {}),
    }


def title_of(text: str) -> str:
    """The subject if a mail was pasted with it, otherwise the first sentence of the text's own words."""
    subject = tidy(_calm(subject_of(text)), MAX_TITLE)
    if len(subject.split()) >= _LEAST_SUBJECT_WORDS:
        return subject
    title = ""
    for sentence in _sentences(own_words(text)):
        title = f"{title} {sentence}".strip()
        if len(title.split()) >= _LEAST_WORDS:
            break
    return _begun(tidy(_calm(title), MAX_TITLE).removesuffix(".")) or subject


def _calm(title: str) -> str:
    """Without a ticket's number, which stands beside the title, and without shouting."""
    bare = " ".join(_TICKET_MARK.sub(" ", title).split()).strip(" :-–")
    return _SHOUTS.sub(r"\1", bare).removesuffix("!")


def without_greeting(text: str) -> str:
    """A text from where it comes to its point; all of it if it only greets."""
    lines = text.strip().splitlines()
    for place, line in enumerate(map(str.strip, lines)):
        rest = _after_greeting(line)
        if rest and not said.PLEASANTRY.match(rest):
            return "\n".join([rest, *lines[place + 1 :]])
    return text.strip()


def _begun(title: str) -> str:
    """After a greeting a sentence may begin in lower case. A name such as `iPhone` stays as it is."""
    first = title.split(" ", 1)[0]
    return title[:1].upper() + title[1:] if first.islower() else title


def in_words(title: str, body: str) -> str:
    """A problem for people: its title, unless the text's own words have it, and below it these words."""
    if not body:
        return title
    words = own_words(body)
    return words if title in " ".join(words.split()) else f"{title}\n\n{words}"


def telling(title: str, body: str) -> str:
    """What a problem is compared by: its title, and the own words of its text."""
    return f"{title}\n{own_words(body)}" if body else title


def _sentences(text: str) -> Iterator[str]:
    """The sentences, without greetings and pleasantries."""
    for line in _unwrapped(text):
        for sentence in _split(_after_greeting(line)):
            if sentence and not said.PLEASANTRY.match(sentence):
                yield sentence


def _after_greeting(line: str) -> str:
    """What a line says after a greeting; all of it if it does not begin with one."""
    greeting = said.GREETING.match(line)
    return line[greeting.end() :].lstrip(" ,.!:;-–") if greeting and _is_greeting(greeting, line) else line


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
        # A list of numbers would be searched from its beginning at each of them.
        before = line[max(begun, end.start() - _LONGEST_LAST_WORD) : end.start()]
        last = _LAST_WORD.search(before.strip())
        if last and (last[1].casefold() in said.ABBREVIATIONS or _is_ordinal(last[1])):
            continue
        yield line[begun : end.end()].strip()
        begun = end.end()
    yield line[begun:].strip()


def _is_ordinal(word: str) -> bool:
    return word.isdigit() and len(word) <= _LONGEST_ORDINAL
