"""What is said in a note, in Markdown: read by a Markdown reader it says the same, whatever the words."""

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from flowpilot.sessions.notes.sections import Section, as_markdown, as_text

# CommonMark, and what most ticket systems add to it.
READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

SIGNS = st.text(alphabet=" \t\n\r\\`*_{}[]()<>#|~&;!+-=.:/\"'0123456789abcxltgm\u00a0\u2028ß", max_size=60)
TEXTS = st.one_of(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=80), SIGNS)


def _read(markdown: str) -> list[tuple[str, str]]:
    """What a reader shows: headings, paragraphs and items with their words; anything else with its own kind."""
    shown: list[tuple[str, str]] = []
    inside: list[str] = []
    for token in READER.parse(markdown):
        if token.type.endswith("_open"):
            inside.append(token.type.removesuffix("_open"))
        elif token.type.endswith("_close"):
            inside.pop()
        elif token.type == "inline":
            kind = "item" if inside[:2] == ["bullet_list", "list_item"] else inside[-1]
            assert inside in (["heading"], ["paragraph"], ["bullet_list", "list_item", "paragraph"]), inside
            shown.append((kind, _words(token.children or [])))
        else:
            shown.append((token.type, token.content))
    return shown


def _words(tokens: list[Token]) -> str:
    breaks = {"softbreak": "\n", "hardbreak": "\n"}
    assert {token.type for token in tokens} <= {"text", "text_special", *breaks}
    return "".join(breaks.get(token.type, token.content) for token in tokens)


def _blocks(text: str) -> list[str]:
    """The paragraphs of a text, each line without the spaces around it."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return [block for block in re.split(r"\n\n+", lines.strip("\n")) if block]


@given(st.lists(TEXTS, max_size=3), st.lists(TEXTS, max_size=3))
@example(["Title\n===", "Title\n---", "a\n\n    code"], ["1. one", "1) one\n2) two", "- - -", "+", "\n\n- one"])
@example(["&lt;b&gt; &#42; <b>", "![a](b) [a]: b"], ["| a | b |\n|---|---|\n| 1 | 2 |", "~~gone~~", "# no title"])
@example(["C:\\temp\\*.log", "two  \nlines", "one\\\nline", "\r- cr"], ["```\ncode", "  indented", "> quoted", ""])
def test_words_mean_themselves(paragraphs: list[str], bullets: list[str]) -> None:
    note = as_markdown([Section("Problem", paragraphs, bullets), Section("State", ["Done."])])
    expected = [("heading", "Problem")]
    expected += [("paragraph", block) for text in paragraphs for block in _blocks(text)]
    expected += [("item", block) for text in bullets for block in _blocks(text)]
    assert _read(note) == [*expected, ("heading", "State"), ("paragraph", "Done.")]


@given(st.lists(TEXTS, max_size=3), st.lists(TEXTS, max_size=3))
def test_plain_text_is_left_as_it_is(paragraphs: list[str], bullets: list[str]) -> None:
    text = as_text([Section("Problem", paragraphs, bullets)])
    lines = ["PROBLEM", *(each.strip() for each in paragraphs), *(f"- {each.strip()}" for each in bullets)]
    said = [line for each in lines for line in (each.splitlines() or [""])]
    assert [line.removeprefix("  ") for line in text.split("\n")] == [line.removeprefix("  ") for line in said] + [
        ""
    ]


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("Nothing special, (really): 100 %!", "Nothing special, (really): 100 %!"),
        ("print_server_01", "print\\_server\\_01"),
        ("C:\\temp", "C:\\\\temp"),
        ("3 < 4 & 5", "3 \\< 4 & 5"),
        ("AT&amp;T", "AT\\&amp;T"),
        ("-5 degrees", "\\-5 degrees"),
        ("well-known a+b=c", "well-known a+b=c"),
        ("1. first", "1\\. first"),
        ("1.5 GB", "1.5 GB"),
        ("one\ntwo\n\nthree", "one  \ntwo\n\nthree"),
        ("one\r\n   two", "one  \ntwo"),
    ],
)
def test_no_more_is_escaped_than_has_to_be(text: str, markdown: str) -> None:
    assert as_markdown([Section("Problem", [text])]) == f"## Problem\n\n{markdown}\n"


def test_the_lines_of_a_bullet_stay_together() -> None:
    section: Any = Section("Notes", (), ["Log:\nerror 5\n\nThen it stopped.", "Next"])
    assert as_markdown([section]) == "## Notes\n\n- Log:  \n  error 5\n\n  Then it stopped.\n- Next\n"
    assert as_text([section]) == "NOTES\n- Log:\n  error 5\n\n  Then it stopped.\n- Next\n"
