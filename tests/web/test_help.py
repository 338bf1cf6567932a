"""A node's help is read in pieces: text, and commands to copy."""

from flowpilot.web.help import Piece, inline, pieces


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


def test_nothing_has_no_pieces() -> None:
    assert pieces("") == pieces("\n") == pieces("```\n\n```") == []


def test_words_between_backticks_are_code_and_nothing_is_markup() -> None:
    assert inline("Run `a < b` as <b>") == "Run <code>a &lt; b</code> as &lt;b&gt;"
    assert inline("one ` alone") == "one ` alone"
