"""A node's help is read in pieces: text, and commands to copy."""

from flowpilot.web.help import Piece, inline, links, pieces, within


def test_lines_between_fences_are_a_command() -> None:
    text = "Look it up:\n```\nGet-ADUser ADA |\n  Format-List\n```\nThen unlock it."
    assert pieces(text) == [
        Piece("Look it up:", is_command=False),
        Piece("Get-ADUser ADA |\n  Format-List", is_command=True),
        Piece("Then unlock it.", is_command=False),
    ]


def test_a_plain_help_is_one_piece() -> None:
    assert pieces("Switch it on.\n\nWait.") == [Piece("Switch it on.\n\nWait.", is_command=False)]


def test_a_help_may_begin_and_end_with_a_command() -> None:
    assert pieces("```\nipconfig /all\n```") == [Piece("ipconfig /all", is_command=True)]


def test_a_command_that_is_not_closed_goes_on_to_the_end() -> None:
    assert pieces("Run:\n```\nwhoami") == [Piece("Run:", is_command=False), Piece("whoami", is_command=True)]


def test_a_line_that_an_editor_broke_within_a_sentence_goes_on() -> None:
    long = "Attackers call help desks to get accounts unlocked. Knowing a name, a manager or a"
    assert pieces(f"{long}\nstaff number proves nothing.")[0].text == f"{long} staff number proves nothing."
    for kept in (f"{long}.\nThen ask.", f"{long}\n- one", f"{long}\n1. one", f"{long}\n\nNext", "Off\nand on"):
        assert pieces(kept)[0].text == kept


def test_nothing_has_no_pieces() -> None:
    assert pieces("") == pieces("\n") == pieces("```\n\n```") == []


def test_words_between_backticks_are_code_and_nothing_is_markup() -> None:
    assert inline("Run `a < b` as <b>") == "Run <code>a &lt; b</code> as &lt;b&gt;"
    assert inline("one ` alone") == "one ` alone"


def test_a_text_has_commands_of_its_own() -> None:
    assert within("Or run `klist purge`.") == [
        Piece("Or run ", is_command=False),
        Piece("klist purge", is_command=True),
        Piece(".", is_command=False),
    ]


def test_an_address_is_a_link_without_the_sentences_punctuation() -> None:
    link = '<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>'
    assert inline("See https://a.example/b?c=1.") == f"See {link.format('https://a.example/b?c=1')}."
    assert inline("(http://a.example/?a=1&b=2)") == f"({link.format('http://a.example/?a=1&amp;b=2')})"


def test_other_schemes_and_code_are_no_links() -> None:
    assert inline("javascript:alert(1) ftp://a.example") == "javascript:alert(1) ftp://a.example"
    assert inline("`https://a.example`") == "<code>https://a.example</code>"


def test_an_address_that_a_person_wrote_is_a_link_and_the_rest_is_text() -> None:
    said = links("See https://support.example.com/drum?x=1. <b>Now</b> `ping`")
    address = "https://support.example.com/drum?x=1"
    assert said == (
        f'See <a href="{address}" target="_blank" rel="noopener noreferrer">{address}</a>.'
        " &lt;b&gt;Now&lt;/b&gt; `ping`"
    )
