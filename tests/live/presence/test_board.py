"""Who is where, as one process remembers it."""

import uuid
from datetime import timedelta

from flowpilot.db.announce import Announcement
from flowpilot.live.presence.board import LIFETIME, Board, PresenceState, Sighting
from tests.company import at

START = at("2026-06-15 12:00")
ACCOUNT, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)
PLACE = uuid.UUID(int=10)
ANA, BEN = uuid.UUID(int=20), uuid.UUID(int=21)
READING, WRITING, LEFT = PresenceState.READING, PresenceState.WRITING, PresenceState.LEFT


def seen(user: uuid.UUID, state: PresenceState = READING, page: str = "a", order: int = 0) -> Sighting:
    return Sighting(PLACE, user, page, state, order)


def test_a_sighting_is_forgotten_when_it_is_not_said_again() -> None:
    board = Board()
    board.note(ACCOUNT, seen(ANA), START)
    board.note(ACCOUNT, seen(BEN), START)
    board.note(ACCOUNT, seen(BEN), START + timedelta(seconds=20))
    assert board.of(ACCOUNT, START + LIFETIME) == {PLACE: {BEN: READING}}
    assert board.of(ACCOUNT, START + LIFETIME + timedelta(seconds=20)) == {}
    assert not board._accounts


def test_each_account_has_its_own() -> None:
    board = Board()
    board.note(ACCOUNT, seen(ANA), START)
    assert board.of(OTHER, START) == {}


def test_the_last_page_that_leaves_takes_its_user_along_and_one_that_writes_counts() -> None:
    board = Board()
    board.note(ACCOUNT, seen(ANA, WRITING, "a"), START)
    board.note(ACCOUNT, seen(ANA, READING, "b"), START)
    assert board.of(ACCOUNT, START) == {PLACE: {ANA: WRITING}}
    board.note(ACCOUNT, seen(ANA, LEFT, "a"), START)
    assert board.of(ACCOUNT, START) == {PLACE: {ANA: READING}}
    board.note(ACCOUNT, seen(ANA, LEFT, "b"), START)
    assert board.of(ACCOUNT, START) == {}


def test_what_was_overtaken_on_the_way_is_passed_over() -> None:
    board = Board()
    board.note(ACCOUNT, seen(ANA, READING, order=3), START)
    board.note(ACCOUNT, seen(ANA, WRITING, order=2), START)
    assert board.of(ACCOUNT, START) == {PLACE: {ANA: READING}}
    board.note(ACCOUNT, seen(ANA, LEFT, order=5), START)
    board.note(ACCOUNT, seen(ANA, WRITING, order=4), START)
    assert board.of(ACCOUNT, START) == {}
    board.note(ACCOUNT, seen(ANA, READING, order=6), START)
    assert board.of(ACCOUNT, START) == {PLACE: {ANA: READING}}


def test_what_a_silent_account_had_is_forgotten_when_another_speaks() -> None:
    board = Board()
    board.note(ACCOUNT, seen(ANA), START)
    board.note(OTHER, seen(BEN), START + LIFETIME)
    assert list(board._accounts) == [OTHER]


def test_what_is_not_a_sighting_is_none() -> None:
    sighting = seen(ANA, order=7)
    payload = f"presence {ACCOUNT} {PLACE} {ANA} a reading 7"
    assert Sighting.read(Announcement.read(payload) or Announcement("access", ACCOUNT)) == sighting
    for details in ((), ("a",), (str(PLACE), str(ANA), "a", "dancing", "1"), ("x", str(ANA), "a", "reading", "1")):
        assert Sighting.read(Announcement("presence", ACCOUNT, details)) is None
