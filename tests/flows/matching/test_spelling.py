"""What a misspelt word was meant to be."""

import pytest

from flowpilot.flows.matching.plain import in_plain_words
from flowpilot.flows.matching.spelling import Spelling, is_near


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("pritner", "printer"),
        ("Outllook", "outlook"),
        ("pasword", "password"),
        ("vérouillé", "verrouille"),
        ("printer", None),
        ("printers", None),
        ("plotter", None),
        ("vnp", None),
        ("0x8009", None),
        ("", None),
    ],
)
def test_a_word_is_mended_if_one_letter_is_wrong_or_two_are_swapped(word: str, meant: str | None) -> None:
    assert Spelling(["Outlook", "VPN", "outlook!"]).mend(word) == meant


@pytest.mark.parametrize(
    ("word", "other", "near"),
    [
        ("abc", "abd", True),
        ("abc", "acb", True),
        ("abc", "cba", False),
        ("abc", "abcd", True),
        ("abcd", "acd", True),
        ("abc", "abcde", False),
        ("abc", "abc", False),
    ],
)
def test_words_are_near_if_one_step_leads_from_one_to_the_other(word: str, other: str, near: bool) -> None:
    assert is_near(word, other) is near


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("Der Drucker im 2. Stock druckt nicht", "printer 2 stock print"),
        ("j'ai oublié mon mot de passe", "forgot password"),
        ("la impresora no imprime", "printer print"),
        ("Papierstau am Etikettendrucker", "paper jam printer"),
        ("info@ fehlt in outllook", "info@ disappear outlook"),
        ("打印机没有反应", "printer"),
        # "Red" is a network in Spanish, "contact" no account, and "terminal" no appointment.
        ("the red light on my terminal, please contact", "the red light my terminal please contact"),
        ("the beamer in my room", "the projector my room"),
        ("the of", "the of"),
        ("der die das", "der die das"),
        ("", ""),
    ],
)
def test_a_text_in_plain_words_has_what_it_says_in_english(said: str, plain: str) -> None:
    assert in_plain_words(said, {"outllook": "outlook"}) == plain
