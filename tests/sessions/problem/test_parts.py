"""What a pasted text's parts are, and that none of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowpilot.sessions.problem.parts import PartKind, own_words, parts_of
from tests.sessions.problem.mails import FRENCH, GERMAN, OUTLOOK, SPANISH

HEAD, OWN, SIGNATURE, DISCLAIMER, QUOTED = PartKind


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (OUTLOOK, [HEAD, OWN, SIGNATURE, DISCLAIMER, QUOTED]),
        (GERMAN, [OWN, SIGNATURE, QUOTED]),
        (FRENCH, [OWN, SIGNATURE, QUOTED]),
        (SPANISH, [OWN, SIGNATURE, OWN]),
        ("It is broken.\n\n> you said\n> it works\n\nIt does not.", [OWN, QUOTED, OWN]),
        ("Broken.\n--\nAnna", [OWN, SIGNATURE]),
        ("Broken.\nOn Mon, 2 March 2026, Anna\n<a@b.example> wrote:\nOld.", [OWN, QUOTED]),
        ("-----Forwarded Message-----\nFrom: Anna\nSubject: VPN is down\n\nIt is down.", [HEAD, OWN]),
        ("Thanks", [OWN]),
    ],
)
def test_parts_are_recognised(text: str, kinds: list[PartKind]) -> None:
    assert [part.kind for part in parts_of(text)] == kinds


def test_only_its_own_words_are_left() -> None:
    assert own_words(FRENCH) == "Bonjour,\nle VPN ne se connecte plus depuis hier. Pouvez-vous regarder ?"


_LINES = st.sampled_from(
    [*OUTLOOK.splitlines(), *GERMAN.splitlines(), *SPANISH.splitlines(), "> quoted", "--", "", "_" * 20]
)


@given(st.lists(_LINES | st.text(max_size=20)))
def test_nothing_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert "".join(part.text for part in parts_of(text)) == text
