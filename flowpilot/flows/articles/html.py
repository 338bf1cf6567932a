"""HTML as an article. Nothing of it is ever shown as HTML: only its text is kept, and scripts are dropped."""

import re
from html.parser import HTMLParser

from flowpilot.flows.articles.outline import Article, Block, BlockKind, titled

_DROPPED = {
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "iframe",
    "object",
    "nav",
    "footer",
    "select",
    "button",
}
# What the exports of wikis put around an article.
_AROUND = {"breadcrumb-section", "breadcrumbs", "footer", "page-metadata", "pageSection", "navigation"}
_VOID = {"br", "hr", "img", "input", "meta", "link", "col", "wbr", "source", "area", "base", "embed", "track"}
_BREAKS = {"p", "div", "section", "article", "main", "header", "blockquote", "dl", "dt", "dd", "body", "figure"}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_WARNS = re.compile(r"warning|caution|danger", re.IGNORECASE)
# Comments, and the conditions and instructions of Word. The parser takes very long over those that never end.
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[.*?(?:\]>|\Z)|<\?.*?(?:>|\Z)", re.DOTALL)
_CALLOUT = re.compile(r"\[!(\w+)\]\s*")

Attributes = list[tuple[str, str | None]]


def read_html(text: str, title: str = "") -> Article:
    """The article in an HTML page. Its title is the only h1, otherwise `title`, otherwise that of the page."""
    reader = _Reader()
    reader.feed(_COMMENT.sub("", text))
    reader.close()
    reader.flush()
    return titled(title or reader.title, reader.blocks)


class _Reader(HTMLParser):
    """Gathers text until a block begins or ends. Missing end tags do no harm."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.blocks: list[Block] = []
        self.words: list[str] = []
        self.kind, self.level = BlockKind.PARAGRAPH, 0
        # The number of the last item of each list around, None for a bulleted one.
        self.lists: list[int | None] = []
        self.dropping: list[str] = []
        self.rows: list[list[str]] | None = None
        self.tables = 0
        self.link = ""
        self.warns = self.in_pre = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Begin a block, or note what the text inside is."""
        given = {name: value or "" for name, value in attrs}
        if self.dropping or tag in _DROPPED or _is_around(given):
            if tag not in _VOID:
                self.dropping.append(tag)
            return
        if tag in {"br", "img", "a", "code", "kbd"}:
            self._inline(tag, given)
        elif tag == "table" and given.get("role") != "presentation":
            self._begin_table()
        elif self.rows is not None:
            self._in_table(tag)
        else:
            self._block(tag, given)

    def handle_endtag(self, tag: str) -> None:
        """End the block."""
        if self.dropping:
            if tag in self.dropping:
                del self.dropping[len(self.dropping) - 1 - self.dropping[::-1].index(tag) :]
            return
        if tag == "title":
            self.title, self.words = _squeezed(self.words), []
        elif tag in {"a", "code", "kbd"}:
            self._end_inline(tag)
        elif tag == "table":
            self._end_table()
        elif self.rows is not None:
            return
        elif tag in {"ol", "ul"}:
            self.flush()
            if self.lists:
                self.lists.pop()
        elif tag in _HEADINGS or tag in _BREAKS or tag in {"li", "pre"}:
            self.flush()
            self.in_pre = self.in_pre and tag != "pre"

    def handle_data(self, data: str) -> None:
        """Text: its white space counts only in code."""
        if not self.dropping:
            self.words.append(data if self.in_pre else re.sub(r"\s+", " ", data))

    def flush(self) -> None:
        """Keep the block that was gathered, if it has words."""
        text = "".join(self.words).strip("\n").rstrip() if self.in_pre else _squeezed(self.words)
        kind, self.words, self.kind = self.kind, [], BlockKind.PARAGRAPH
        if callout := _CALLOUT.match(text):
            text = f"{callout[1].capitalize()}: {text[callout.end() :]}"
        if not text or (self.warns and text.casefold() in {"warning", "caution", "danger"}):
            return
        if self.warns and not _WARNS.match(text):
            text = f"Warning: {text}"
        self.warns = False
        number = None
        if kind is BlockKind.ITEM and self.lists and self.lists[-1] is not None:
            number = self.lists[-1] = self.lists[-1] + 1
        level = self.level if kind is BlockKind.HEADING else max(len(self.lists), kind is BlockKind.ITEM)
        self.blocks.append(Block(kind, text, level, number))

    def _block(self, tag: str, given: dict[str, str]) -> None:
        if tag in _HEADINGS:
            self._begin(BlockKind.HEADING, int(tag[1]))
        elif tag == "pre":
            self._begin(BlockKind.CODE)
            self.in_pre = True
        elif tag in {"ol", "ul"}:
            self.flush()
            self.lists.append(_first_number(given) if tag == "ol" else None)
        elif tag == "li":
            self._begin(BlockKind.ITEM)
        elif tag in _BREAKS:
            self._break()
            self.warns = self.warns or (tag == "div" and _WARNS.search(given.get("class", "")) is not None)

    def _begin(self, kind: BlockKind, level: int = 0) -> None:
        self.flush()
        self.kind, self.level, self.in_pre = kind, level, False

    def _break(self) -> None:
        # A paragraph that opens an item is the item's own text.
        if _squeezed(self.words):
            self.flush()

    def _inline(self, tag: str, given: dict[str, str]) -> None:
        if tag == "br":
            self.words.append("\n")
        elif tag == "img" and given.get("alt", "").strip():
            self.words.append(f" (Picture: {given['alt'].strip()}) ")
        elif tag == "a":
            self.link = given.get("href", "")
        elif tag == "code" and not self.in_pre:
            self.words.append("`")

    def _end_inline(self, tag: str) -> None:
        if tag == "a":
            # The address may be what the step is about; one that is written out already is not repeated.
            if self.link.startswith(("https://", "http://")) and self.link not in "".join(self.words[-2:]):
                self.words.append(f" ({self.link})")
            self.link = ""
        elif tag == "code" and not self.in_pre:
            self.words.append("`")

    def _begin_table(self) -> None:
        self.tables += 1
        if self.tables == 1:
            self.flush()
            self.rows = []

    def _in_table(self, tag: str) -> None:
        if self.rows is None or self.tables > 1:
            self.words.append(" ")
        elif tag in {"tr", "td", "th"}:
            self._end_cell()
            self.rows.append([]) if tag == "tr" or not self.rows else self.rows[-1].append("")
        else:
            self.words.append(" ")

    def _end_cell(self) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] = _squeezed(self.words).replace("\n", " ")
        self.words = []

    def _end_table(self) -> None:
        if self.tables == 1 and self.rows is not None:
            self._end_cell()
            lines = [" | ".join(row) for row in self.rows if any(row)]
            self.rows = None
            if lines:
                self.blocks.append(Block(BlockKind.TABLE, "\n".join(lines), len(self.lists)))
        self.tables = max(self.tables - 1, 0)


def _is_around(given: dict[str, str]) -> bool:
    return given.get("role") == "navigation" or bool(
        _AROUND & {given.get("id", ""), *given.get("class", "").split()}
    )


def _first_number(given: dict[str, str]) -> int:
    start = given.get("start", "1")
    return int(start) - 1 if re.fullmatch(r"\d{1,4}", start) else 0


def _squeezed(words: list[str]) -> str:
    """The text on as few lines as it has line breaks."""
    lines = (re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(words).split("\n"))
    return "\n".join(line for line in lines if line)
