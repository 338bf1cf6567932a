"""Each format is read into the same outline, and what is not an article is refused."""

import pytest

from flowpilot.flows.articles.outline import Article, ArticleError, Block, BlockKind
from flowpilot.flows.articles.reading import MAX_BYTES, ArticleFormat, read_file, read_text
from tests.flows.articles.documents import BULLET, document, packed, paragraph, table
from tests.flows.articles.samples import HTML, MARKDOWN

HEADING, PARAGRAPH, ITEM = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.ITEM
STEP = paragraph("Restart it.", "Steps")


def _markdown(text: str) -> tuple[Block, ...]:
    return read_text(text, ArticleFormat.MARKDOWN).blocks


def _html(text: str) -> tuple[Block, ...]:
    return read_text(text, ArticleFormat.HTML).blocks


def test_markdown_has_headings_items_code_and_callouts() -> None:
    article = read_text(MARKDOWN, ArticleFormat.MARKDOWN)
    assert article.title == "Print jobs stay in the queue"
    assert article.blocks[6:14] == (
        Block(HEADING, "Resolution", 2),
        Block(PARAGRAPH, "Warning: All waiting documents are lost."),
        Block(ITEM, "Open Services.", 1, 1),
        Block(ITEM, "Stop the service:", 1, 2),
        Block(BlockKind.CODE, "Stop-Service Spooler", 1),
        Block(ITEM, "As administrator", 2),
        Block(ITEM, "On the print server", 2),
        Block(ITEM, "Print again. See the manual (https://learn.microsoft.com/spooler).", 1, 3),
    )


def test_html_keeps_lists_and_tables_and_drops_what_is_around_the_article() -> None:
    article = read_text(HTML, ArticleFormat.HTML)
    assert article == Article(
        "Mailbox is full",
        (
            Block(PARAGRAPH, 'The user gets "quota exceeded".'),
            Block(HEADING, "Option 1: Empty the bin", 2),
            Block(PARAGRAPH, "Warning: Nothing comes back."),
            Block(ITEM, "Open Outlook.", 1, 1),
            Block(ITEM, "On the web", 2),
            Block(ITEM, "in Edge", 3),
            Block(ITEM, "Empty Deleted Items.", 1, 2),
            Block(BlockKind.TABLE, "Plan | Limit\nE3 | 100 GB", 1),
            Block(HEADING, "Option 2: Turn the archive on", 2),
            Block(ITEM, "Run this:", 1, 1),
            Block(BlockKind.CODE, "Enable-Mailbox ada `\n  -Archive", 1),
            Block(ITEM, "Wait a day.", 1, 2),
        ),
    )


def test_word_has_styles_lists_code_and_tables() -> None:
    content = document(
        paragraph("Phone is locked", "Titel"),
        paragraph("Fix", "berschrift1"),
        STEP,
        paragraph("with the side button", properties=BULLET),
        paragraph("adb devices", "Code"),
        paragraph("adb reboot", "Code"),
        paragraph("Call & wait.", "Steps"),
        table(("Model", "Button"), ("A1", "left")),
    )
    assert read_file(content, "phone.docx") == Article(
        "Phone is locked",
        (
            Block(HEADING, "Fix", 1),
            Block(ITEM, "Restart it.", 1, 1),
            Block(ITEM, "with the side button", 2),
            Block(BlockKind.CODE, "adb devices\nadb reboot"),
            Block(ITEM, "Call & wait.", 1, 2),
            Block(BlockKind.TABLE, "Model | Button\nA1 | left"),
        ),
    )


def test_an_article_without_a_title_has_its_files_name() -> None:
    assert read_file(b"1. Restart it.", "docs/Phone is locked.md").title == "Phone is locked"


def test_html_with_missing_end_tags_is_read() -> None:
    assert _html("<h2>Fix<ol><li>One<li>Two<p>more") == (
        Block(HEADING, "Fix", 2),
        Block(ITEM, "One", 1, 1),
        Block(ITEM, "Two", 1, 2),
        Block(PARAGRAPH, "more", 1),
    )


def test_a_table_for_layout_is_not_a_table() -> None:
    assert _html('<table role="presentation"><tr><td><ol><li>One</ol></table>') == (Block(ITEM, "One", 1, 1),)


def test_a_list_that_begins_at_another_number_keeps_it() -> None:
    assert _markdown("4. Four\n5. Five") == (Block(ITEM, "Four", 1, 4), Block(ITEM, "Five", 1, 5))


def test_comments_that_never_end_and_what_cannot_be_stored_are_dropped() -> None:
    assert _html("<p>One\x00\x07\ud800</p>" + "<!--" * 100_000) == (Block(PARAGRAPH, "One"),)


def test_utf_16_is_read() -> None:
    assert read_file("# Prüfen\n1. Los".encode("utf-16"), "a.md").title == "Prüfen"


_BOMB = packed({"word/document.xml": "<a>" + " " * 9_000_000})
_ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
_WITH_DTD = document(STEP, before='<!DOCTYPE a [<!ENTITY b "c">]>')
_LOCKED = STEP and document(STEP).replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.pdf", b"%PDF", "Choose a Markdown (.md), HTML (.html) or Word file (.docx)."),
        (
            "a.md",
            b"a" * (MAX_BYTES + 1),
            "The file has more than 900,000 bytes. Remove its pictures, or split it.",
        ),
        ("a.md", b"a" * 100_001, "The article has more than 100,000 characters. Split it."),
        ("a.html", b"caf\xe9", "The file is not UTF-8 text. Save it with that encoding, and try again."),
        ("a.docx", _ENCRYPTED, "The file has a password, or is an old .doc. Save it as .docx without a password."),
        ("a.docx", _LOCKED, "The file has a password. Save it without one, and try again."),
        ("a.docx", _BOMB, "The Word file has more than 8,000,000 bytes of text, unpacked. Split it."),
        ("a.docx", packed({"a": ""}), "This is not a Word file. Choose a .docx, or paste Markdown or HTML."),
    ],
    ids=["pdf", "large", "long", "latin-1", "encrypted", "locked", "bomb", "other zip"],
)
def test_what_cannot_be_read_is_refused_with_the_way_out(name: str, content: bytes, what: str) -> None:
    with pytest.raises(ArticleError) as refused:
        read_file(content, name)
    assert refused.value.detail == what


@pytest.mark.parametrize(
    "content", [b"PK", document(STEP)[:200], document("<w:p>"), _WITH_DTD], ids=["no zip", "cut", "no XML", "DTD"]
)
def test_a_damaged_word_file_is_refused(content: bytes) -> None:
    with pytest.raises(ArticleError, match="is damaged"):
        read_file(content, "a.docx")


def test_word_cannot_be_pasted() -> None:
    with pytest.raises(ArticleError, match="cannot be pasted"):
        read_text("PK", ArticleFormat.DOCX)
