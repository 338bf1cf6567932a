"""Markdown as an article: it is made HTML, which may be part of it anyway, and read as that."""

import re

from markdown_it import MarkdownIt

from flowpilot.flows.articles.html import read_html
from flowpilot.flows.articles.outline import Article
from flowpilot.text import with_plain_breaks

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title:[ \t]*(.+)$", re.MULTILINE)
# Lines with which some documentation sites place pictures, tabs and the like.
_DIRECTIVE = re.compile(r"^[ \t]*:::.*$", re.MULTILINE)

_PARSER = MarkdownIt("commonmark").enable("table")


def read_markdown(text: str) -> Article:
    """The article in a Markdown text. Its title is the only first-level heading, or that of its front matter."""
    text = with_plain_breaks(text)
    title = ""
    if front := _FRONT_MATTER.match(text):
        text = text[front.end() :]
        if found := _TITLE.search(front[1]):
            title = found[1].strip().strip("\"'")
    return read_html(_PARSER.render(_DIRECTIVE.sub("", text)), title)
