"""A node's help for its page: what to read, and commands to copy.

As in Markdown, lines between two lines of three backticks are a command, and words between single backticks are
code. Everything else stays the plain text that it is.
"""

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

_FENCE = "```"
_CODE = re.compile(r"`([^`\n]+)`")


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
            found.append(Piece(body, is_command))
        lines, is_command = [], not is_command
    return found


def inline(text: str) -> Markup:
    """Text to read as HTML, with its code marked."""
    parts = _CODE.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )
