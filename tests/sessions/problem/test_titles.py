"""The title of a problem."""

import pytest

from flowpilot.sessions.problem.titles import MAX_TITLE, problem_of, telling, without_greeting
from tests.sessions.problem.mails import FRENCH, GERMAN, OUTLOOK, SPANISH

BLAND = OUTLOOK.replace("RE: [EXTERNAL] Outlook keeps asking for my password", "Help")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (OUTLOOK, "Outlook keeps asking for my password"),
        (BLAND, "Since this morning Outlook asks for my password every few minutes, and it does not accept it"),
        (GERMAN, "Seit heute Morgen kann ich z.B. den Drucker im 2. Stock nicht mehr benutzen"),
        (FRENCH, "Le VPN ne se connecte plus depuis hier"),
        (SPANISH, "No puedo abrir Teams"),
        ("Subject: Software: cannot print\n\nHelp", "Software: cannot print"),
        ("Subject: RE: AW: Hardware: screen is black\n\nHelp", "Hardware: screen is black"),
        ("Urgent!\nMail is down for everybody.\nSee below", "Urgent! Mail is down for everybody"),
        ("Hello screen is black\nsince Tuesday", "Hello screen is black"),
        ("Subject: [#420731] Printer on the second floor!!\n\nHelp", "Printer on the second floor"),
        ("Subject: Re: [RT #4711] Printer jams?!\n\nHelp", "Printer jams?"),
        (
            "Nobody can print at all, ticket #419862. It says offline.\nSee below",
            "Nobody can print at all, ticket #419862",
        ),
        ("Hi,\niPhone does not sync at all", "iPhone does not sync at all"),
        (
            "Since this morning nobody at Cedar Foods can print. The display of the printer says that it is off. "
            "Please help us.",
            "Since this morning nobody at Cedar Foods can print",
        ),
    ],
)
def test_it_is_the_subject_or_the_first_sentence(text: str, title: str) -> None:
    assert problem_of(text) == (title, text.strip())


def test_a_short_line_is_its_own_title() -> None:
    assert problem_of("Printer jammed. Again.") == ("Printer jammed. Again.", "")


def test_a_long_title_ends_at_a_word() -> None:
    text = "The server " + "answers slowly and " * 20
    title = problem_of(text).title
    assert len(title) <= MAX_TITLE
    assert title.endswith(("slowly…", "answers…", "and…"))


def test_it_is_compared_by_its_own_words() -> None:
    said = telling(*problem_of(OUTLOOK))
    assert said.startswith("Outlook keeps asking for my password\nHi all,")
    assert "printer" not in said
    assert "confidential" not in said


@pytest.mark.parametrize(
    ("text", "from_its_point"),
    [
        ("Hello team,\n\nsince this morning\n\nnothing prints.", "since this morning\n\nnothing prints."),
        ("Hi all, the VPN is down.\nAll of it.", "the VPN is down.\nAll of it."),
        ("Dear all,\nI hope you are well.\nMail is slow.", "Mail is slow."),
        ("Nothing prints.", "Nothing prints."),
        ("Hello,", "Hello,"),
    ],
)
def test_a_problem_is_told_from_its_point(text: str, from_its_point: str) -> None:
    assert without_greeting(text) == from_its_point
