"""An article as what matters for a flow: a title, and its blocks in order. Every format is read into this."""

import re
from dataclasses import dataclass
from enum import StrEnum

from flowpilot.errors import InvalidError

_WARNING = re.compile(r"(warning|caution|danger|important|attention)\s*[:!]", re.IGNORECASE)


class ArticleError(InvalidError):
    """The article cannot be read, or no flow can be made of it."""


class BlockKind(StrEnum):
    """What a block of an article is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    CODE = "code"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Block:
    """One block of an article, as text.

    Args:
        level: of a heading 1 to 6; of everything else, the number of lists around it.
        number: of an item in a numbered list; None for all else.
    """

    kind: BlockKind
    text: str
    level: int = 0
    number: int | None = None

    @property
    def is_warning(self) -> bool:
        """Whether it has to be read before what follows is done."""
        return self.kind is BlockKind.PARAGRAPH and _WARNING.match(self.text) is not None


@dataclass(frozen=True, slots=True)
class Article:
    """A title, which may be empty, and the blocks below it."""

    title: str
    blocks: tuple[Block, ...]


def titled(title: str, blocks: list[Block]) -> Article:
    """The article with its only first-level heading as the title, otherwise with the title of its format."""
    tops = [block for block in blocks if block.kind is BlockKind.HEADING and block.level == 1]
    if len(tops) == 1 or (tops and not title):
        title = tops[0].text
        blocks = [block for block in blocks if block is not tops[0]]
    return Article(title, tuple(blocks))


def as_text(article: Article) -> str:
    """The whole article to read, beside the draft that was made from it."""
    return "\n\n".join([article.title, *(written(block) for block in article.blocks)])


def written(block: Block, *, outer: int = 0) -> str:
    """A block as text: code between fences, items with their mark, indented from the list `outer` on."""
    match block.kind:
        case BlockKind.HEADING:
            return f"{'#' * block.level} {block.text}"
        case BlockKind.CODE:
            return f"```\n{block.text}\n```"
        case BlockKind.ITEM:
            mark = "-" if block.number is None else f"{block.number}."
            return f"{'  ' * (block.level - outer - 1)}{mark} {block.text}"
        case _:
            return block.text
