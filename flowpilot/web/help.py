"""A node's help for its page: what to read, and commands to copy.

As in Markdown, lines between two lines of three backticks are a command, and words between single backticks are
code. An address that begins with http:// or https:// is a link. Everything else stays the plain text that it is.
"""

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

_FENCE = "```"
# Where an editor broke a long line within a sentence: what follows is no item of a list.
_HARD_BREAK = re.compile(r"^(.{80,}[^\s.:;!?])\n(?=\w+\b(?![.)])|[\"'(`])", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
# Punctuation after an address belongs to the sentence.
_LINK = re.compile(r"""(https?://[^\s<>"'`]*[^\s<>"'`.,;:!?)\]])""")


@dataclass(frozen=True, slots=True)
class Piece:
    """Text to read, or lines of commands to copy."""

    text: str
    is_command: bool


def pieces(text: str) -> list[Piece]:
    """The help in pieces, in order. A command that is never closed goes on to the end."""
    found: list[Piece] = []
    lines: list[str] = []
    is_command = False
    for line in [*text.split("\n"), None]:
        if line is not None and line.strip() != _FENCE:
            lines.append(line)
            continue
        body = "\n".join(lines).strip("\n")
        if body.strip():
            found.append(Piece(body if is_command else _HARD_BREAK.sub(r"\1 ", body), is_command))
        lines, is_command = [], not is_command
    return found


def within(text: str) -> list[Piece]:
    """Text to read in its pieces: by turns what it says, and code."""
    parts = enumerate(_CODE.split(text))
    return [Piece(part, is_command=bool(number % 2)) for number, part in parts if part]


def inline(text: str) -> Markup:
    """Text to read as HTML, with its code marked and its addresses as links."""
    code = Markup("<code>{}</code>")
    found = within(text)
    return Markup("").join(code.format(one.text) if one.is_command else links(one.text) for one in found)


def links(text: str) -> Markup:
    """What a person wrote as HTML, with its addresses as links."""
    link = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>')
    parts = enumerate(_LINK.split(text))
    return Markup("").join(link.format(part) if number % 2 else escape(part) for number, part in parts)
