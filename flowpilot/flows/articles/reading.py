"""From the bytes of a file, or pasted text, to an article."""

import re
from enum import StrEnum
from pathlib import PurePath

from flowpilot.flows.articles.docx import read_docx
from flowpilot.flows.articles.html import read_html
from flowpilot.flows.articles.markdown import read_markdown
from flowpilot.flows.articles.outline import Article, ArticleError

MAX_BYTES = 900_000

_SUFFIXES = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html", ".docx": "docx"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class ArticleFormat(StrEnum):
    """What an article may be written in. Word files cannot be pasted."""

    MARKDOWN = "markdown"
    HTML = "html"
    DOCX = "docx"


# A page's HTML is mostly markup; Markdown is text, and slow to parse if somebody makes it so.
_MAX_CHARACTERS = {ArticleFormat.MARKDOWN: 100_000, ArticleFormat.HTML: 500_000}


def format_of(file_name: str) -> ArticleFormat:
    """The format that the file's name says.

    Raises:
        ArticleError: it is none of those that can be read.
    """
    suffix = PurePath(file_name).suffix.lower()
    if suffix not in _SUFFIXES:
        raise ArticleError("Choose a Markdown (.md), HTML (.html) or Word file (.docx).")
    return ArticleFormat(_SUFFIXES[suffix])


def read_file(content: bytes, file_name: str) -> Article:
    """The article in a file. Without a title of its own, it has the file's name.

    Raises:
        ArticleError: the file is too large, or is not what its name says.
    """
    kind = format_of(file_name)
    if len(content) > MAX_BYTES:
        raise ArticleError(f"The file has more than {MAX_BYTES:,} bytes. Remove its pictures, or split it.")
    article = read_docx(content) if kind is ArticleFormat.DOCX else read_text(_decoded(content), kind)
    return Article(article.title or PurePath(file_name).stem, article.blocks)


def read_text(text: str, kind: ArticleFormat) -> Article:
    """The article in a text.

    Raises:
        ArticleError: it is too long, or a Word file, which is not text.
    """
    if len(text) > (limit := _MAX_CHARACTERS.get(kind, 0)) > 0:
        raise ArticleError(f"The article has more than {limit:,} characters. Split it.")
    # The database stores neither NUL nor half a character, and flows take no control characters.
    text = _CONTROL.sub("", text)
    match kind:
        case ArticleFormat.MARKDOWN:
            return read_markdown(text)
        case ArticleFormat.HTML:
            return read_html(text)
        case ArticleFormat.DOCX:
            raise ArticleError("A Word file cannot be pasted. Choose the file, or paste Markdown or HTML.")


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise ArticleError("The file is not UTF-8 text. Save it with that encoding, and try again.") from None
