"""Where the words of a question are in the texts of a session."""

import pytest

from flowpilot.sessions.search.excerpts import SHOWN, Place, excerpts
from flowpilot.sessions.search.words import words_in


def _said(question: str, *texts: tuple[Place, str]) -> list[tuple[Place, str]]:
    """The excerpts, with brackets around what was found."""
    return [
        (one.place, "".join(f"[{part.text}]" if part.found else part.text for part in one.parts))
        for one in excerpts(words_in(question), texts)
    ]


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("printer", "The printer, again a Printer", "The [printer], again a [Printer]"),
        ("muller cafe", "Café Müllers till", "[Café] [Müllers] till"),
        ("cafe", "cafe\u0301 till", "[cafe\u0301] till"),
        ("strasse", "In der STRASSE, Straße 5", "In der [STRASSE], [Straße] 5"),
        ("print", "Two printers, one blueprint", "Two [printers], one blueprint"),
        ("srv-01", "On SRV-01 and SRV-02", "On [SRV]-[01] and [SRV]-02"),
        ("打印", "打印机坏了", "[打][印]机坏了"),
        ("of", "oﬀice of ﬁre", "[oﬀice] [of] ﬁre"),
        ("office", "The oﬃce\u200b closes", "The [oﬃce]\u200b closes"),
        ("second", "First line\nsecond\tline", "First line [second] line"),
    ],
)
def test_words_are_marked_as_they_are_written(question: str, text: str, expected: str) -> None:
    assert _said(question, (Place.BODY, text)) == [(Place.BODY, expected)]


def test_as_few_texts_are_shown_as_have_all_words() -> None:
    texts = (
        (Place.TITLE, "Printer offline"),
        (Place.BODY, "The printer is offline since the move"),
        (Place.NOTE, "Restarted the spooler"),
        (Place.NOTE, "Restarted the spooler of the printer, and the switch"),
        (Place.TICKET, "T-4711"),
    )
    assert _said("offline printer", *texts) == [(Place.TITLE, "[Printer] [offline]")]
    assert _said("spooler printer", *texts) == [
        (Place.NOTE, "Restarted the [spooler] of the [printer], and the switch")
    ]
    assert _said("offline 4711 spooler", *texts) == [
        (Place.TITLE, "Printer [offline]"),
        (Place.NOTE, "Restarted the [spooler]"),
        (Place.TICKET, "T-[4711]"),
    ]
    assert _said("nowhere", *texts) == _said("", *texts) == []


def test_a_long_text_is_cut_between_words_where_most_of_what_was_found_is() -> None:
    filler = "and then it went on " * 30
    text = f"The fuse blew {filler}and the fuse of the strip was replaced {filler}"
    [(_, said)] = _said("fuse strip", (Place.NOTE, text))
    assert (said[0], said[-1]) == ("…", "…")
    assert "the [fuse] of the [strip] was" in said
    assert len(said) <= SHOWN + 6
    [(_, whole)] = _said("fuse", (Place.TITLE, text))
    assert whole == text.replace("fuse", "[fuse]").strip()


def test_a_word_as_long_as_the_text_is_shown_as_it_is() -> None:
    assert _said("aaa", (Place.NOTE, "b " + "a" * 500)) == [(Place.NOTE, "b [" + "a" * 500 + "]")]
