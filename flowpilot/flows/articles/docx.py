"""A Word file as an article. It is a zip of XML, and both are read as what a stranger may have made."""

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from flowpilot.flows.articles.outline import Article, ArticleError, Block, BlockKind, titled

# What one part may have unpacked, and how many files an honest document has at most.
_MAX_PART = 8_000_000
_MAX_FILES = 2_000
_MAX_BLOCKS = 20_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_OLE = b"\xd0\xcf\x11\xe0"
_HEADING = re.compile(r"heading ([1-6])")
_CODE = re.compile(r"code|preformatted|macro text", re.IGNORECASE)
_BROKEN = "The Word file is damaged. Open it in Word, save it again as .docx, and try again."
_CONTROL = re.compile(r"[\x7f-\x9f]")
# What the readers of zip and XML raise on bytes that are neither.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, ET.ParseError),
)


def read_docx(content: bytes) -> Article:
    """The article in a Word file. Its title is in the style "Title", or its only heading of the first level.

    Raises:
        ArticleError: it is encrypted, damaged, not a Word file, or far larger than it looks.
    """
    if content.startswith(_OLE):
        raise ArticleError("The file has a password, or is an old .doc. Save it as .docx without a password.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            document = _part(archive, "word/document.xml")
            styles, lists = _part(archive, "word/styles.xml"), _part(archive, "word/numbering.xml")
            links = _part(archive, "word/_rels/document.xml.rels")
    except _DAMAGE:
        raise ArticleError(_BROKEN) from None
    body = None if document is None else document.find(f"{_W}body")
    if body is None:
        raise ArticleError("This is not a Word file. Choose a .docx, or paste Markdown or HTML.")
    return _Document(_styles(styles), _numbering(lists), _links(links)).read(body)


def _part(archive: zipfile.ZipFile, name: str) -> ET.Element | None:
    """One part of the file as XML; None if it has no such part. Sizes are checked before anything is unpacked."""
    if len(archive.infolist()) > _MAX_FILES:
        raise ArticleError(_BROKEN)
    if name not in archive.NameToInfo:
        return None
    info = archive.getinfo(name)
    if info.flag_bits & 1:
        raise ArticleError("The file has a password. Save it without one, and try again.")
    with archive.open(info) as packed:
        # The size that the archive states may be a lie.
        text = b"" if info.file_size > _MAX_PART else packed.read(_MAX_PART + 1)
    if not 0 < len(text) <= _MAX_PART:
        raise ArticleError(f"The Word file has more than {_MAX_PART:,} bytes of text, unpacked. Split it.")
    decoded = text.decode("utf-8-sig")
    # Word writes none; only with one can a few lines grow into gigabytes, or point to other files.
    if "<!DOCTYPE" in decoded:
        raise ArticleError(_BROKEN)
    return ET.fromstring(decoded)  # noqa: S314 -- without a DTD there are no entities.


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    numbering: tuple[str, int] | None


@dataclass(slots=True)
class _Document:
    """Reads the body. `counts` are the last numbers of the lists, by level."""

    styles: dict[str, _Style]
    numbered: dict[tuple[str, int], bool]
    links: dict[str, str]
    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def read(self, body: ET.Element) -> Article:
        """The whole article."""
        for part in _content(body):
            self._table(part) if part.tag == f"{_W}tbl" else self._paragraph(part)
            if len(self.blocks) > _MAX_BLOCKS:
                raise ArticleError(f"The article has more than {_MAX_BLOCKS:,} paragraphs. Split it.")
        return Article(self.title, tuple(self.blocks)) if self.title else titled("", self.blocks)

    def _paragraph(self, paragraph: ET.Element) -> None:
        text = self._text(paragraph)
        style = self.styles.get(_value(paragraph.find(f"{_W}pPr/{_W}pStyle")), _Style("", None))
        listed = _numbered_as(paragraph.find(f"{_W}pPr/{_W}numPr"), style.numbering)
        if not text.strip():
            return
        if style.name == "title" and not self.title:
            self.title = _line(text)
        elif heading := _HEADING.fullmatch(style.name):
            self.blocks.append(Block(BlockKind.HEADING, _line(text), int(heading[1])))
        elif _CODE.search(style.name):
            self._code(text)
        elif listed:
            self._item(text.strip(), *listed)
        else:
            self.blocks.append(Block(BlockKind.PARAGRAPH, text.strip()))

    def _code(self, text: str) -> None:
        # Each line of a command is a paragraph of its own.
        if self.blocks and self.blocks[-1].kind is BlockKind.CODE:
            text = f"{self.blocks.pop().text}\n{text}"
        self.blocks.append(Block(BlockKind.CODE, text.rstrip()))

    def _item(self, text: str, list_id: str, level: int) -> None:
        number = None
        if self.numbered.get((list_id, level), False):
            number = self.counts[list_id, level] = self.counts.get((list_id, level), 0) + 1
        for deeper in [key for key in self.counts if key[0] == list_id and key[1] > level]:
            del self.counts[deeper]
        self.blocks.append(Block(BlockKind.ITEM, text, level + 1, number))

    def _table(self, table: ET.Element) -> None:
        rows = [[_line(self._text(cell)) for cell in row.findall(f"{_W}tc")] for row in table.findall(f"{_W}tr")]
        if lines := [" | ".join(row) for row in rows if any(row)]:
            self.blocks.append(Block(BlockKind.TABLE, "\n".join(lines)))

    def _text(self, element: ET.Element) -> str:
        """The text inside, without what was deleted, with the addresses of links."""
        found: list[str] = []
        pending: list[ET.Element | str] = [element]
        while pending:
            match pending.pop():
                case str() as text:
                    found.append(text)
                case one if one.tag == f"{_W}t":
                    found.append(one.text or "")
                case one if one.tag in {f"{_W}tab", f"{_W}br", f"{_W}cr"}:
                    found.append("\t" if one.tag == f"{_W}tab" else "\n")
                case one if one.tag not in {_FALLBACK, f"{_W}pPr"}:
                    address = self.links.get(one.get(f"{_R}id", "")) if one.tag == f"{_W}hyperlink" else None
                    pending.extend([f" ({address})"] if address else [])
                    pending.extend(["\n"] if one.tag == f"{_W}p" else [])
                    pending.extend(reversed(one))
        return _CONTROL.sub("", "".join(found)).strip("\n")


def _content(body: ET.Element) -> Iterator[ET.Element]:
    """Paragraphs and tables in order, also those inside content controls."""
    pending = list(reversed(body))
    while pending:
        one = pending.pop()
        if one.tag in {f"{_W}p", f"{_W}tbl"}:
            yield one
        elif one.tag in {f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"}:
            pending.extend(reversed(one))


def _styles(styles: ET.Element | None) -> dict[str, _Style]:
    """The styles by id, with their names in lower case, and the list that their paragraphs are in."""
    found = [] if styles is None else styles.findall(f"{_W}style")
    return {
        style.get(f"{_W}styleId", ""): _Style(
            _value(style.find(f"{_W}name")).lower(),
            _numbered_as(style.find(f"{_W}pPr/{_W}numPr"), None),
        )
        for style in found
    }


def _numbering(lists: ET.Element | None) -> dict[tuple[str, int], bool]:
    """Whether each level of each list is numbered; the others have bullets."""
    if lists is None:
        return {}
    kinds = {
        abstract.get(f"{_W}abstractNumId", ""): {
            _number(level.get(f"{_W}ilvl", "")): _value(level.find(f"{_W}numFmt")) not in {"bullet", "none"}
            for level in abstract.findall(f"{_W}lvl")
        }
        for abstract in lists.findall(f"{_W}abstractNum")
    }
    return {
        (num.get(f"{_W}numId", ""), level): is_numbered
        for num in lists.findall(f"{_W}num")
        for level, is_numbered in kinds.get(_value(num.find(f"{_W}abstractNumId")), {}).items()
    }


def _links(relations: ET.Element | None) -> dict[str, str]:
    found = [] if relations is None else list(relations)
    targets = {one.get("Id", ""): one.get("Target", "") for one in found}
    return {key: target for key, target in targets.items() if target.startswith(("https://", "http://"))}


def _numbered_as(properties: ET.Element | None, inherited: tuple[str, int] | None) -> tuple[str, int] | None:
    """The list and the level of a paragraph. The list 0 takes a paragraph out of its style's list."""
    if properties is None:
        return inherited
    list_id = _value(properties.find(f"{_W}numId")) or (inherited[0] if inherited else "0")
    return None if list_id == "0" else (list_id, _number(_value(properties.find(f"{_W}ilvl"))))


def _value(element: ET.Element | None) -> str:
    return "" if element is None else element.get(f"{_W}val", "")


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-8]", text) else 0


def _line(text: str) -> str:
    return " ".join(text.split())
