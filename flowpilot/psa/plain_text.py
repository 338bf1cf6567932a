"""What people wrote in a ticket system, as plain text: notes come as HTML, from mail programs and by markdown."""

import re
import unicodedata
from html import unescape
from urllib.parse import unquote

from flowpilot.text import with_plain_breaks

# A note that is longer is a log file, or was written to keep somebody busy.
_LONGEST = 100_000
# Outlook puts an address of its own in the place of the one that was written.
_URL = r"[^\s<>\"')\]]"
_SAFE_LINK = re.compile(
    rf"https://[\w.-]{{0,100}}safelinks\.protection\.outlook\.com/{_URL}{{0,200}}?[?&]url=([^&\s<>\"')\]]+){_URL}*"
)
_IMAGE = re.compile(r"!\[([^\]\n]{0,200})\]\([^)\n]{0,4000}\)")
_EMPTY_LINES = re.compile(r"\n{3,}")
# Some languages and some emoji need these two, which join letters and keep them apart.
_JOINERS = "\u200c\u200d"

# Python's own parser takes minutes for HTML that opens thousands of tags and closes none. These go through it
# once; the price is a tag with `<` or `>` in an attribute.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"(<[^<>]*>)")
_NAME = re.compile(r"<(/?[a-z][a-z0-9]*)")
_ATTRIBUTE = re.compile(r"\s(href|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_UNSEEN = frozenset({"head", "script", "style", "title"})
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "blockquote",
        "div",
        "dl",
        "dt",
        "footer",
        "form",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
    }
    | {"dd", "pre", "section", "table", "tr", "ul", "h1", "h2", "h3", "h4", "h5", "h6"}
)


def plain(text: str) -> str:
    """Text without what nobody can read: a SafeLink is the address that it hides, an image is its caption."""
    text = with_plain_breaks(text[:_LONGEST]).replace("\u00a0", " ")
    text = "".join(letter for letter in text if _is_readable(letter))
    text = _SAFE_LINK.sub(lambda link: unquote(link[1]), text)
    text = _IMAGE.sub(lambda image: f"[image: {image[1]}]" if image[1].strip() else "[image]", text)
    return _EMPTY_LINES.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()


def plain_from_html(html: str) -> str:
    """The text of some HTML, with a line for each block, and the addresses of links that are not in the text."""
    page = _Page()
    for part in _TAG.split(_COMMENT.sub("", html[:_LONGEST])):
        if not _TAG.fullmatch(part):
            page.add_text(unescape(part))
        elif name := _NAME.match(part.lower()):
            page.add_tag(name[1], part)
    return plain("".join(page.parts))


class _Page:
    """Collects what a browser would show."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._unseen: str | None = None
        self._is_verbatim = False
        self._link = ("", 0)

    def add_text(self, text: str) -> None:
        """Add what is between two tags."""
        if self._unseen:
            return
        if not self._is_verbatim:
            text = _SPACES.sub(" ", text)
            text = text.lstrip(" ") if self._is_at_gap() else text
        if text:
            self.parts.append(text)

    def add_tag(self, name: str, tag: str) -> None:
        """Add what a tag, or the end of one, does to the text."""
        kind, is_end = name.removeprefix("/"), name.startswith("/")
        if kind in _UNSEEN and self._unseen in {None, kind}:
            self._unseen = None if is_end else kind
        if kind in _BLOCKS and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
        if kind == "pre":
            self._is_verbatim = not is_end
        elif name in {"br", "/p"}:
            self.parts.append("\n")
        elif name == "li":
            self.parts.append("- ")
        elif name in {"td", "th"} and not self._is_at_gap():
            self.parts.append(" ")
        elif name == "img":
            self.parts.append(f"![{_attributes(tag).get('alt', '')}]()")
        elif kind == "a":
            self._add_link(tag, is_end=is_end)

    def _add_link(self, tag: str, *, is_end: bool) -> None:
        address, start = self._link
        if is_end and address.startswith(("http://", "https://")) and address not in "".join(self.parts[start:]):
            self.parts.append(f" ({address})")
        self._link = ("", 0) if is_end else (_attributes(tag).get("href", ""), len(self.parts))

    def _is_at_gap(self) -> bool:
        return not self.parts or self.parts[-1].endswith((" ", "\n"))


def _attributes(tag: str) -> dict[str, str]:
    return {
        found[1].lower(): unescape(found[2] or found[3] or found[4] or "") for found in _ATTRIBUTE.finditer(tag)
    }


def _is_readable(letter: str) -> bool:
    return letter in f"\n\t{_JOINERS}" or unicodedata.category(letter) not in {"Cc", "Cf", "Cs"}
